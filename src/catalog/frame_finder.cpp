#include "catalog/frame_finder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "frames/layout.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::catalog {

namespace {

constexpr std::size_t kShards = 4;  // whose indexes are kept; that of a foreign shard may have a million entries

/// Where the data of a sealed shard end.
std::uint64_t end_of(std::span<const zarr::ChunkLocation> entries) noexcept {
  std::uint64_t end = 0;
  for (const auto& entry : entries)
    if (!entry.missing()) end = std::max(end, entry.offset + entry.nbytes);
  return end;
}

}  // namespace

FrameFinder::FrameFinder(std::filesystem::path folder, zarr::ArrayMetadata metadata, bool ours,
                         std::function<void(const std::filesystem::path&)> opening)
    : folder_(std::move(folder)), metadata_(std::move(metadata)), ours_(ours), opening_(std::move(opening)) {}

void FrameFinder::load(Shard& shard) const {
  const auto path = folder_ / shard.key;
  try {
    const auto file = io::posix_file_system()->open(path, io::OpenMode::read);
    shard.file_bytes = file->size();
    if (!metadata_.sharding) return;
    const auto& sharding = *metadata_.sharding;
    std::vector<std::byte> bytes(zarr::shard_index_bytes(metadata_.chunks_per_shard(), sharding.index_crc32c));
    if (bytes.size() > shard.file_bytes)
      throw Error(ErrorCode::corrupt, fmt::format("it has {} bytes, too few for its shard index", shard.file_bytes));
    const auto at = sharding.index_location == zarr::IndexLocation::end ? shard.file_bytes - bytes.size() : 0;
    shard.offset = at;
    file->read_exact(at, bytes);
    shard.entries = zarr::decode_shard_index(bytes, metadata_.chunks_per_shard(), sharding.index_crc32c, shard.file_bytes);
    // As FrameArrayReader: the index of a sealed shard without a checksum begins where its data end, or the file was cut.
    if (!ours_ || sharding.index_crc32c || at % frames::kPageBytes == 0) return;
    if (const auto end = end_of(shard.entries); end != at)
      throw Error(ErrorCode::corrupt,
                  fmt::format("it was cut or damaged: its shard index begins at byte {}, its last frame ends at {}", at, end));
  } catch (const Error& error) {
    shard.state = error.code() == ErrorCode::not_found ? State::no_file : State::bad_file;
    shard.why = error.what();
  }
}

FrameFinder::Shard& FrameFinder::shard(const std::string& key, bool again) {
  const auto it = std::find_if(shards_.begin(), shards_.end(), [&](const auto& shard) { return shard.key == key; });
  if (it != shards_.end() && !again) {
    shards_.splice(shards_.begin(), shards_, it);
    return shards_.front();
  }
  if (it != shards_.end()) shards_.erase(it);
  if (opening_ && !again) opening_(folder_ / key);
  load(shards_.emplace_front(Shard{.key = key}));
  if (shards_.size() > kShards) shards_.pop_back();
  return shards_.front();
}

std::string FrameFinder::fault_of(const zarr::ChunkLocation& where) const {
  const auto& codecs = metadata_.codecs;
  if (codecs.is_raw() && where.nbytes != metadata_.chunk_bytes())
    return fmt::format("it has {} bytes instead of {}", where.nbytes, metadata_.chunk_bytes());
  const auto most = codecs.max_encoded_bytes();
  if (where.nbytes > most + most / 8 + 4096) return fmt::format("it claims {} bytes, more than its codec can make of it", where.nbytes);
  return where.nbytes == 0 ? "it has no bytes" : "";
}

FrameFinder::Finding FrameFinder::look(const zarr::FramePart& part, bool again) {
  const auto key = zarr::chunk_key(metadata_, part.grid_position);
  const auto& found = shard(key, again);
  const auto frames = metadata_.grid_shape[0];
  Finding out{.file = folder_ / key, .first = part.grid_position[0] * frames, .count = frames};
  if (found.state != State::there) {
    out.offset = found.state == State::bad_file ? found.offset : std::nullopt;
    out.why = found.why;
    if (found.state == State::bad_file || ours_) out.state = found.state;
    return out;
  }
  const auto where = metadata_.sharding ? found.entries.at(part.chunk_in_shard) : zarr::ChunkLocation{0, found.file_bytes};
  if (where.missing()) {
    if (ours_) out.state = State::no_entry;
    return out;
  }
  out.why = fault_of(where);
  if (!out.why.empty()) {
    out.state = State::bad_entry;
    out.offset = where.offset;
  }
  return out;
}

FrameFinder::Finding FrameFinder::find(std::uint64_t number) {
  Finding found;
  for (const auto& part : zarr::frame_parts(metadata_, number)) {
    found = look(part, false);
    if (found.state != State::there) found = look(part, true);
    if (found.state != State::there) break;
  }
  return found;
}

}  // namespace resonance::catalog
