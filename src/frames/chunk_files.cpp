#include "frames/chunk_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "frames/layout.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::frames {

namespace {

constexpr std::size_t kOpenFiles = 16;

[[noreturn]] void throw_corrupt(const io::StoreFile& file, std::uint64_t offset, std::string message) {
  throw Error(ErrorCode::corrupt, std::move(message), {.os_errno = 0, .file = file.path(), .offset = offset, .database = false});
}

/// All of a shard index, or one entry of it, from byte `offset` of the file on.
std::vector<zarr::ChunkLocation> decode_index(const ChunkFile& open, std::uint64_t offset, std::span<const std::byte> bytes,
                                              std::size_t chunks, bool crc32c) {
  try {
    return zarr::decode_shard_index(bytes, chunks, crc32c, open.data_end, open.data_begin);
  } catch (const Error& error) {
    throw_corrupt(*open.file, offset, fmt::format("reading the shard index of {}: {}", open.file->path().string(), error.what()));
  }
}

std::uint64_t open_bytes_of(const zarr::ArrayMetadata& metadata) {
  try {
    const auto layout = layout_of(metadata);
    return layout.data_bytes + layout.index_bytes;
  } catch (const Error&) {  // marked as ours, but not as we write them
    return 0;
  }
}

}  // namespace

ChunkFiles::ChunkFiles(const io::StoreFolder& store, std::string group, const zarr::ArrayMetadata& metadata, bool ours)
    : store_(store), group_(std::move(group)), metadata_(metadata), ours_(ours), open_bytes_(ours ? open_bytes_of(metadata) : 0) {}

std::string ChunkFiles::name_of(const std::array<std::uint64_t, 3>& position) const {
  return group_ + "/" + zarr::chunk_key(metadata_, position);
}

std::filesystem::path ChunkFiles::path_of(const ChunkPosition& position) const { return store_.root() / name_of(position.file); }

void ChunkFiles::read_index(ChunkFile& open) const {
  const auto& sharding = *metadata_.sharding;
  const auto& file = *open.file;
  const auto chunks = metadata_.chunks_per_shard();
  std::vector<std::byte> bytes(zarr::shard_index_bytes(chunks, sharding.index_crc32c));
  if (bytes.size() > file.bytes())
    throw_corrupt(file, 0, fmt::format("{} has {} bytes, too few for its shard index", file.path().string(), file.bytes()));
  const bool at_end = sharding.index_location == zarr::IndexLocation::end;
  open.index_offset = at_end ? file.bytes() - bytes.size() : 0;
  open.data_begin = at_end ? 0 : bytes.size();
  open.data_end = at_end ? open.index_offset : file.bytes();
  file.read_exact(open.index_offset, bytes);
  open.entries = decode_index(open, open.index_offset, bytes, chunks, sharding.index_crc32c);
  open.growing = !sharding.index_crc32c && may_grow(open);
}

bool ChunkFiles::may_grow(const ChunkFile& open) const {
  const auto& file = *open.file;
  if (!ours_ || file.bytes() == open_bytes_) return true;
  // Nothing is between the last chunk of a sealed shard and its index. Else it was cut, and its entries name other frames.
  const auto end = zarr::end_of_chunks(open.entries);
  if (end == open.index_offset) return false;
  if (open.index_offset % kPageBytes == 0) return true;  // open, by a codec library that asks for other room than ours
  throw_corrupt(file, open.index_offset,
                fmt::format("{} was cut or damaged: its shard index begins at byte {}, its last frame ends at {}", file.path().string(),
                            open.index_offset, end));
}

zarr::ChunkLocation ChunkFiles::entry(const ChunkFile& open, std::uint64_t chunk) const {
  if (!metadata_.sharding) return {0, open.file->bytes()};
  if (!open.growing) return open.entries.at(chunk);
  const auto offset = open.index_offset + chunk * zarr::kIndexEntryBytes;
  std::array<std::byte, zarr::kIndexEntryBytes> bytes{};
  open.file->read_exact(offset, bytes);
  return decode_index(open, offset, bytes, 1, false).front();
}

std::shared_ptr<ChunkFile> ChunkFiles::cached(const std::array<std::uint64_t, 3>& position) const {
  std::shared_ptr<ChunkFile> out;
  {
    const std::lock_guard lock(mutex_);
    const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& file) { return file->position == position; });
    if (it == open_.end()) return nullptr;
    open_.splice(open_.begin(), open_, it);
    out = open_.front();
  }
  return ours_ || store_.is_current(name_of(position), *out->file) ? out : nullptr;
}

std::shared_ptr<ChunkFile> ChunkFiles::open(const std::array<std::uint64_t, 3>& position) const {
  auto out = std::make_shared<ChunkFile>();
  out->position = position;
  out->file = store_.open(name_of(position));
  if (out->file && metadata_.sharding) read_index(*out);
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& file) { return file->position == position; });
  if (!out->file) return nullptr;
  open_.push_front(out);
  if (open_.size() > kOpenFiles) open_.pop_back();
  return out;
}

FoundChunk ChunkFiles::find(const ChunkPosition& position) const {
  if (auto file = cached(position.file)) {
    const auto where = entry(*file, position.chunk);
    if (!where.missing()) return {std::move(file), where};
  }
  return find_anew(position);
}

FoundChunk ChunkFiles::look_up(const ChunkPosition& position) const {
  if (auto found = find(position); found.file) return found;
  return {cached(position.file), {}};
}

FoundChunk ChunkFiles::find_anew(const ChunkPosition& position) const {
  auto file = open(position.file);
  if (!file) return {};
  const auto where = entry(*file, position.chunk);
  if (where.missing()) return {};
  return {std::move(file), where};
}

std::shared_ptr<const io::Mapping> ChunkFiles::mapping(ChunkFile& open) const {
  const std::lock_guard lock(mutex_);
  if (!open.mapping) open.mapping = std::make_shared<const io::Mapping>(*open.file);
  return open.mapping;
}

}  // namespace resonance::frames
