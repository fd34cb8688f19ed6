#include "catalog/frame_finder.hpp"

#include <fmt/format.h>

#include "frames/metadata_file.hpp"
#include "io/page_cache.hpp"
#include "resonance/error.hpp"

namespace resonance::catalog {

FrameFinder::FrameFinder(const std::filesystem::path& store, const std::string& group, bool ours, bool fresh)
    : store_(store),
      metadata_(frames::read_metadata(store_.root() / group)),
      ours_(ours),
      fresh_(fresh),
      files_(store_, group, metadata_, ours) {}

std::string FrameFinder::fault_of(const zarr::ChunkLocation& where) const {
  const auto& codecs = metadata_.codecs;
  if (codecs.is_raw() && where.nbytes != metadata_.chunk_bytes())
    return fmt::format("it has {} bytes instead of {}", where.nbytes, metadata_.chunk_bytes());
  const auto most = codecs.max_encoded_bytes();
  if (where.nbytes > most + most / 8 + 4096) return fmt::format("it claims {} bytes, more than its codec can make of it", where.nbytes);
  return where.nbytes == 0 ? "it has no bytes" : "";
}

FrameFinder::Finding FrameFinder::look(const zarr::FramePart& part) {
  const auto& grid = part.grid_position;
  const frames::ChunkPosition position{{grid[0], grid[1], grid[2]}, part.chunk_in_shard};
  if (const auto bad = bad_files_.find(position.file); bad != bad_files_.end()) return bad->second;
  const auto frames = metadata_.grid_shape[0];
  Finding out{.file = files_.path_of(position), .first = grid[0] * frames, .count = frames};
  frames::FoundChunk found;
  try {
    found = files_.look_up(position);
  } catch (const Error& error) {
    out.state = State::bad_file;
    out.offset = error.detail().offset;
    out.why = error.what();
  }
  if (out.state == State::there && !found.file && ours_) out.state = State::no_file;
  if (out.state != State::there) {
    bad_files_.clear();
    bad_files_.emplace(position.file, out);
    return out;
  }
  if (!found.file) return out;
  if (fresh_ && last_ != position.file) io::drop_from_cache(*found.file->file);
  last_ = position.file;
  if (found.where.missing()) {
    if (ours_) out.state = State::no_entry;
    return out;
  }
  out.why = fault_of(found.where);
  if (out.why.empty()) return out;
  out.state = State::bad_entry;
  out.offset = found.where.offset;
  return out;
}

FrameFinder::Finding FrameFinder::find(std::uint64_t number) {
  Finding found;
  for (const auto& part : zarr::frame_parts(metadata_, number)) {
    found = look(part);
    if (found.state != State::there) break;
  }
  return found;
}

}  // namespace resonance::catalog
