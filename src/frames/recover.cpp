#include "frames/recover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "frames/frame_array_reader.hpp"
#include "frames/metadata_file.hpp"
#include "frames/shard_file.hpp"
#include "frames/shared_chunk_versions.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::frames {

namespace fs = std::filesystem;

namespace {

/// zarr.json as it is; made anew when it is missing or damaged, which a power failure can do to it, and mended where it is not as
/// Resonance writes it.
Layout layout_on_disk(io::FileSystem& files, const fs::path& folder, const RecordedArray& array) {
  try {
    auto metadata = read_metadata(folder);
    const bool right = unlike_written(metadata).empty();
    auto layout = as_written(layout_of(std::move(metadata)));
    if (!right) write_metadata(files, folder, layout.metadata, layout.metadata.shape[0], true);
    return layout;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::not_found) throw;
  }
  auto layout = layout_like(array.geometry, array.codec, array.frames_per_chunk, array.chunks_per_shard);
  write_metadata(files, folder, layout.metadata, 0, true);
  return layout;
}

/// Sealed shards are shorter than open ones, but for full raw ones, whose sealing is a sync.
bool is_open(const fs::path& shard, const Layout& layout) { return io::file_bytes(shard) == layout.data_bytes + layout.index_bytes; }

std::span<const std::uint64_t> within(std::span<const std::uint64_t> sorted, std::uint64_t begin, std::uint64_t end) {
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), begin);
  return {first, std::lower_bound(first, sorted.end(), end)};
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// The first `bytes` of a file are zero, as in a shard that was made ahead of need.
bool begins_with_zeros(io::FileSystem& files, const fs::path& path, std::uint64_t bytes) {
  const auto file = files.open(path, io::OpenMode::read);
  std::vector<std::byte> piece(std::min<std::uint64_t>(bytes, 1 << 20));
  for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
    const auto got = file->read_at(at, std::span(piece).first(std::min<std::uint64_t>(piece.size(), bytes - at)));
    if (!all_zero(std::span(piece).first(got))) return false;
    if (got < piece.size()) return true;
  }
  return true;
}

}  // namespace

ArrayRecovery::ArrayRecovery(std::shared_ptr<io::FileSystem> files, fs::path store, const RecordedArray& array)
    : files_(std::move(files)),
      store_(std::move(store)),
      group_(array.group),
      folder_(store_ / group_),
      layout_(layout_on_disk(*files_, folder_, array)) {}

fs::path ArrayRecovery::shard_path(std::uint64_t number) const {
  const std::uint64_t position[] = {number, 0, 0};
  return folder_ / zarr::chunk_key(layout_.metadata, position);
}

std::vector<std::uint64_t> ArrayRecovery::unreadable(std::span<const NamedFrame> named) const {
  std::vector<std::uint64_t> out;
  const FrameArrayReader reader(store_, group_);
  std::vector<std::byte> pixels(layout_.geometry.frame_bytes());
  for (const auto& frame : named) {
    const WantedFrame wanted{frame.number, frame.crc32c, pixels.data()};
    std::size_t at = 0;
    try {
      reader.read({&wanted, 1}, whole_of(layout_.geometry), Check::always, at);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;  // a disk that cannot be read now may be readable later
      out.push_back(frame.number);
    }
  }
  return out;
}

std::vector<std::uint64_t> ArrayRecovery::lost(std::span<const NamedFrame> named) {
  auto out = unreadable(named);
  if (out.empty() || layout_.raw() || layout_.frames_per_chunk == 1) return out;
  go_back_to_earlier_versions(named, out);
  return unreadable(named);
}

/// For each shared chunk that has lost frames: the version that has most of those that are named.
void ArrayRecovery::go_back_to_earlier_versions(std::span<const NamedFrame> named, std::span<const std::uint64_t> lost) {
  std::optional<std::uint64_t> done;
  for (const auto number : lost) {
    const auto chunk = number / layout_.frames_per_chunk;
    if (std::exchange(done, chunk) == chunk) continue;
    const auto path = shard_path(chunk / layout_.chunks_per_shard);
    if (!files_->exists(path) || !is_open(path, layout_)) continue;
    try {
      ShardFile shard(files_, path, layout_, ShardFile::Unsealed{});
      SharedChunkVersions(layout_, shard, chunk).choose(named);
      shard.sync();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;  // its index is gone, too
    }
  }
}

void ArrayRecovery::finish(std::uint64_t frames, std::span<const std::uint64_t> lost,
                           const std::function<void(const fs::path&)>& set_aside) {
  const auto per_shard = layout_.frames_per_shard();
  fs::path missing;
  for (std::uint64_t first = 0; first < frames; first += per_shard) {
    const auto number = first / per_shard;
    const auto path = shard_path(number);
    const auto held = std::min(per_shard, frames - first);
    const auto gone = within(lost, first, first + held);
    if (gone.size() == held) {
      if (files_->exists(path)) set_aside(path);
    } else if (!files_->exists(path)) {
      if (missing.empty()) missing = path;
    } else if (is_open(path, layout_)) {
      finish_shard(number, held, gone);
    }
  }
  write_metadata(*files_, folder_, layout_.metadata, frames, true);
  clear_files((frames + per_shard - 1) / per_shard, set_aside);
  if (!missing.empty())
    throw Error(ErrorCode::corrupt, fmt::format("{} is lost", missing.string()),
                {.os_errno = 0, .file = missing, .offset = {}, .database = false});
}

void ArrayRecovery::finish_shard(std::uint64_t number, std::uint64_t held, std::span<const std::uint64_t> lost) {
  ShardFile shard(files_, shard_path(number), layout_, ShardFile::Unsealed{});
  const auto per_chunk = layout_.frames_per_chunk;
  if (!layout_.raw()) {
    const auto chunks = (held + per_chunk - 1) / per_chunk;
    shard.take_back(chunks);  // frames that no transaction named
    const auto first = number * layout_.frames_per_shard();
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
      const auto begin = first + chunk * per_chunk, end = std::min(begin + per_chunk, first + held);
      if (within(lost, begin, end).size() == end - begin) shard.set_entry(chunk, {});
    }
  }
  shard.seal(held);
}

/// What the writer was making when it died, a shard ahead of need among them, and shards without a frame that counts.
void ArrayRecovery::clear_files(std::uint64_t shards, const std::function<void(const fs::path&)>& set_aside) {
  constexpr int kDepth = 4;  // c/<shard>/0/0
  std::set<fs::path> wanted;
  for (std::uint64_t number = 0; number < shards; ++number) wanted.insert(shard_path(number));
  for (const auto& file : io::list_files(folder_, kDepth)) {
    const bool is_shard = *file.lexically_relative(folder_).begin() == "c";
    if (wanted.contains(file) || (!is_shard && file.extension() != ".partial")) continue;
    if (is_shard && begins_with_zeros(*files_, file, layout_.data_bytes))
      files_->remove(file);
    else
      set_aside(file);
  }
}

}  // namespace resonance::frames
