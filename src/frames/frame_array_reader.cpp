#include "frames/frame_array_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/checked.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"

namespace resonance::frames {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kOpenFiles = 8;
constexpr std::uint64_t kMaxFrameBytes = 1ull << 32;

/// A zarr_group from a database: a relative path of plain names. \throws Error(corrupt)
void require_inside_store(const std::string& group) {
  bool bad = group.empty() || group.find('\0') != std::string::npos;
  for (const auto& part : fs::path(group)) bad = bad || part == ".." || part == "." || part == "/" || part.empty();
  if (bad) throw Error(ErrorCode::corrupt, fmt::format("the frame array name '{}' leads out of the store", group));
}

[[noreturn]] void throw_corrupt(const io::File& file, std::uint64_t offset, std::string message) {
  throw Error(ErrorCode::corrupt, std::move(message), {.os_errno = 0, .file = file.path(), .offset = offset, .database = false});
}

std::vector<zarr::ChunkLocation> decode_index(const io::File& file, std::uint64_t offset, std::span<const std::byte> bytes,
                                              std::size_t chunks, bool crc32c, std::uint64_t file_bytes) {
  try {
    return zarr::decode_shard_index(bytes, chunks, crc32c, file_bytes);
  } catch (const Error& error) {
    throw_corrupt(file, offset, fmt::format("reading the shard index of {}: {}", file.path().string(), error.what()));
  }
}

}  // namespace

FrameArrayReader::FrameArrayReader(const fs::path& store, const std::string& group) : folder_(store / group) {
  require_inside_store(group);
  metadata_ = read_metadata(folder_);
  if (metadata_.shape.size() != 3)
    throw Error(
        ErrorCode::unsupported,
        fmt::format("{} has {} dimensions; frames are read from arrays [frames, height, width]", folder_.string(), metadata_.shape.size()),
        {.os_errno = 0, .file = folder_ / "zarr.json", .offset = {}, .database = false});
  geometry_ = {metadata_.shape[1], metadata_.shape[2], metadata_.dtype};
  const std::uint64_t extents[] = {geometry_.height, geometry_.width, item_size(geometry_.dtype)};
  if (checked_product(extents).value_or(kMaxFrameBytes) >= kMaxFrameBytes)
    throw Error(ErrorCode::unsupported, fmt::format("{}: frames of {} are too large", folder_.string(), to_string(geometry_)),
                {.os_errno = 0, .file = folder_ / "zarr.json", .offset = {}, .database = false});
  const auto* mark = metadata_.attributes.find("resonance");
  ours_ = mark != nullptr && mark->is_object();
  const auto& chunk = metadata_.chunk_shape();
  const bool whole_frames = chunk[1] == geometry_.height && chunk[2] == geometry_.width;
  chunk_is_frame_ = whole_frames && chunk[0] == 1;
  mappable_ = whole_frames && metadata_.codecs.is_raw();
}

void FrameArrayReader::read_index(OpenFile& open) const {
  const auto& sharding = *metadata_.sharding;
  auto& file = *open.file;
  const auto chunks = metadata_.chunks_per_shard();
  const auto file_bytes = file.size();
  std::vector<std::byte> bytes(zarr::shard_index_bytes(chunks, sharding.index_crc32c));
  if (bytes.size() > file_bytes)
    throw_corrupt(file, 0, fmt::format("{} has {} bytes, too few for its shard index", file.path().string(), file_bytes));
  open.index_offset = sharding.index_location == zarr::IndexLocation::end ? file_bytes - bytes.size() : 0;
  file.read_exact(open.index_offset, bytes);
  open.entries = decode_index(file, open.index_offset, bytes, chunks, sharding.index_crc32c, file_bytes);
  if (!ours_ || sharding.index_crc32c || open.index_offset % kPageBytes == 0) return;
  // A sealed shard: nothing is between its last chunk and its index. Else it was cut, and its entries name other frames.
  std::uint64_t end = 0;
  for (const auto& entry : open.entries)
    if (!entry.missing()) end = std::max(end, entry.offset + entry.nbytes);
  if (end != open.index_offset)
    throw_corrupt(file, open.index_offset,
                  fmt::format("{} was cut or damaged: its shard index begins at byte {}, its last frame ends at {}", file.path().string(),
                              open.index_offset, end));
}

zarr::ChunkLocation FrameArrayReader::entry_of(OpenFile& open, std::uint64_t chunk) const {
  if (!metadata_.sharding) return {0, open.file->size()};
  if (metadata_.sharding->index_crc32c) return open.entries.at(chunk);
  // Without a checksum entries may be patched at any time, also those of frames that were taken back and came again.
  const auto offset = open.index_offset + chunk * zarr::kIndexEntryBytes;
  std::array<std::byte, zarr::kIndexEntryBytes> bytes{};
  open.file->read_exact(offset, bytes);
  return decode_index(*open.file, offset, bytes, 1, false, open.file->size()).front();
}

std::shared_ptr<FrameArrayReader::OpenFile> FrameArrayReader::open_file(const std::string& key, bool again) const {
  {
    const std::lock_guard lock(mutex_);
    const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& file) { return file->key == key; });
    if (it != open_.end() && !again) {
      open_.splice(open_.begin(), open_, it);
      return open_.front();
    }
    if (it != open_.end()) open_.erase(it);
  }
  auto out = std::make_shared<OpenFile>();
  out->key = key;
  try {
    out->file = io::posix_file_system()->open(folder_ / key, io::OpenMode::read);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return nullptr;
    throw;
  }
  if (metadata_.sharding) read_index(*out);
  const std::lock_guard lock(mutex_);
  open_.push_front(out);
  if (open_.size() > kOpenFiles) open_.pop_back();
  return out;
}

std::pair<std::shared_ptr<FrameArrayReader::OpenFile>, zarr::ChunkLocation> FrameArrayReader::locate(const zarr::FramePart& part) const {
  const auto key = zarr::chunk_key(metadata_, part.grid_position);
  // An index that was read earlier may be older than the frame: look again before calling it missing.
  for (const bool again : {false, true}) {
    auto file = open_file(key, again);
    if (!file) continue;
    const auto where = entry_of(*file, part.chunk_in_shard);
    if (!where.missing()) return {std::move(file), where};
  }
  return {nullptr, {}};
}

void FrameArrayReader::report_lost(std::uint64_t number, const std::string& key) const {
  throw Error(ErrorCode::corrupt, fmt::format("frame {} is lost: {} does not hold it", number, (folder_ / key).string()),
              {.os_errno = 0, .file = folder_ / key, .offset = {}, .database = false});
}

void FrameArrayReader::decode(OpenFile& file, const zarr::ChunkLocation& where, std::span<std::byte> chunk) const {
  if (metadata_.codecs.is_raw()) {
    if (where.nbytes != chunk.size())
      throw Error(ErrorCode::corrupt,
                  fmt::format("{}: a chunk at byte {} has {} bytes instead of {}", file.file->path().string(), where.offset, where.nbytes,
                              chunk.size()),
                  {.os_errno = 0, .file = file.file->path(), .offset = where.offset, .database = false});
    return file.file->read_exact(where.offset, chunk);
  }
  // A little more than our own encoders need: other encoders cut their blocks differently.
  const auto bound = metadata_.codecs.max_encoded_bytes();
  if (where.nbytes > bound + bound / 8 + 4096)
    throw Error(ErrorCode::corrupt,
                fmt::format("{}: a chunk at byte {} claims {} bytes, more than {} can become", file.file->path().string(), where.offset,
                            where.nbytes, chunk.size()),
                {.os_errno = 0, .file = file.file->path(), .offset = where.offset, .database = false});
  thread_local std::vector<std::byte> encoded;
  encoded.resize(where.nbytes);
  file.file->read_exact(where.offset, encoded);
  try {
    metadata_.codecs.decode(encoded, chunk);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("decoding {} at byte {}: {}", file.file->path().string(), where.offset, error.what()),
                {.os_errno = 0, .file = file.file->path(), .offset = where.offset, .database = false});
  }
}

void FrameArrayReader::copy_part(const zarr::FramePart& part, std::span<const std::byte> chunk, std::span<std::byte> out) const {
  const auto& shape = metadata_.chunk_shape();
  const auto item = item_size(geometry_.dtype);
  for (std::uint64_t row = 0; row < part.rows; ++row) {
    const auto from = ((part.frame_in_chunk * shape[1] + row) * shape[2]) * item;
    const auto to = ((part.row + row) * geometry_.width + part.column) * item;
    std::memcpy(out.data() + to, chunk.data() + from, part.columns * item);
  }
}

void FrameArrayReader::read_part(const zarr::FramePart& part, std::uint64_t number, std::span<std::byte> out) const {
  const auto [file, where] = locate(part);
  if (!file) {
    if (ours_) report_lost(number, zarr::chunk_key(metadata_, part.grid_position));
    const auto item = metadata_.fill_value.size();
    for (std::uint64_t row = 0; row < part.rows; ++row)
      for (std::uint64_t column = 0; column < part.columns; ++column)
        std::memcpy(out.data() + ((part.row + row) * geometry_.width + part.column + column) * item, metadata_.fill_value.data(), item);
    return;
  }
  if (chunk_is_frame_) return decode(*file, where, out);
  if (mappable_ && where.nbytes == metadata_.chunk_bytes())  // one frame of a shared raw chunk: read no more than that
    return file->file->read_exact(where.offset + part.frame_in_chunk * out.size(), out);
  thread_local std::vector<std::byte> chunk;
  chunk.resize(metadata_.chunk_bytes());
  decode(*file, where, chunk);
  copy_part(part, chunk, out);
}

void FrameArrayReader::read(std::uint64_t number, std::span<std::byte> out) const {
  if (out.size() != geometry_.frame_bytes())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a frame of {} has {} bytes, not {}", to_string(geometry_), geometry_.frame_bytes(), out.size()));
  for (const auto& part : zarr::frame_parts(metadata_, number)) read_part(part, number, out);
}

MappedBytes FrameArrayReader::map(std::uint64_t number) const {
  if (!mappable_)
    throw Error(ErrorCode::unsupported, fmt::format("the frames of {} are compressed ({}) or cut up; read them instead of mapping them",
                                                    folder_.string(), codec_name()));
  const auto part = zarr::frame_parts(metadata_, number).front();
  const auto [file, where] = locate(part);
  if (!file) report_lost(number, zarr::chunk_key(metadata_, part.grid_position));
  std::shared_ptr<const io::Mapping> mapping;
  {
    const std::lock_guard lock(mutex_);
    if (!file->mapping) file->mapping = std::make_shared<const io::Mapping>(file->file->path());
    mapping = file->mapping;
  }
  const auto frame_bytes = geometry_.frame_bytes();
  const auto offset = where.offset + part.frame_in_chunk * frame_bytes;
  if (where.nbytes != metadata_.chunk_bytes() || offset + frame_bytes > mapping->bytes().size()) report_lost(number, file->key);
  return {mapping->bytes().subspan(offset, frame_bytes), mapping};
}

}  // namespace resonance::frames
