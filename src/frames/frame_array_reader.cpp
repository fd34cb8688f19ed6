#include "frames/frame_array_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"

namespace resonance::frames {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxFrameBytes = 1ull << 32;

/// A zarr_group from a database: a relative path of plain names. \throws Error(corrupt)
void require_inside_store(const std::string& group) {
  bool bad = group.empty() || group.find('\0') != std::string::npos;
  for (const auto& part : fs::path(group)) bad = bad || part == ".." || part == "." || part == "/" || part.empty();
  if (bad) throw Error(ErrorCode::corrupt, fmt::format("the frame array name '{}' leads out of the store", group));
}

zarr::ArrayMetadata read_metadata_inside(const io::StoreFolder& store, const std::string& group) {
  for (const auto* name : {"zarr.json", ".zarray", ".zattrs"}) store.require_inside(group + "/" + name);
  return read_metadata(store.root() / group);
}

}  // namespace

FrameArrayReader::FrameArrayReader(const fs::path& store, const std::string& group) : store_(store), folder_(store / group) {
  require_inside_store(group);
  metadata_ = read_metadata_inside(store_, group);
  require_frames();
  geometry_ = {metadata_.shape[1], metadata_.shape[2], metadata_.dtype};
  const auto* mark = metadata_.attributes.find("resonance");
  ours_ = mark != nullptr && mark->is_object();
  const auto& chunk = metadata_.chunk_shape();
  whole_frames_ = chunk[1] == geometry_.height && chunk[2] == geometry_.width;
  mappable_ = whole_frames_ && metadata_.codecs.is_raw();
  files_ = std::make_unique<ChunkFiles>(store_, group, metadata_, ours_);
  ranges_ = zarr::RangeDecoder(metadata_.codecs);
}

void FrameArrayReader::require_frames() const {
  const ErrorDetail detail{.os_errno = 0, .file = folder_ / "zarr.json", .offset = {}, .database = false};
  if (metadata_.shape.size() != 3)
    throw Error(
        ErrorCode::unsupported,
        fmt::format("{} has {} dimensions; frames are read from arrays [frames, height, width]", folder_.string(), metadata_.shape.size()),
        detail);
  const Geometry geometry{metadata_.shape[1], metadata_.shape[2], metadata_.dtype};
  const std::uint64_t extents[] = {geometry.height, geometry.width, item_size(geometry.dtype)};
  if (checked_product(extents).value_or(kMaxFrameBytes) >= kMaxFrameBytes)
    throw Error(ErrorCode::unsupported, fmt::format("{}: frames of {} are too large", folder_.string(), to_string(geometry)), detail);
}

FrameArrayReader::Tile FrameArrayReader::whole_tile(std::uint64_t number) const noexcept {
  const auto& grid = metadata_.grid_shape;
  const auto& chunk = metadata_.chunk_shape();
  const auto in_file = number % grid[0] / chunk[0];
  return {{{number / grid[0], 0, 0}, in_file * (grid[1] / chunk[1]) * (grid[2] / chunk[2])}, 0, 0, geometry_.height, geometry_.width};
}

void FrameArrayReader::read(std::uint64_t number, std::span<std::byte> out) const {
  if (out.size() != geometry_.frame_bytes())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a frame of {} has {} bytes, not {}", to_string(geometry_), geometry_.frame_bytes(), out.size()));
  const WantedFrame frame{number, {}, out.data()};
  std::size_t at = 0;
  read({&frame, 1}, whole_of(geometry_), Check::usual, at);
}

std::uint64_t FrameArrayReader::offset_in_chunk(std::uint64_t number) const noexcept {
  return number % metadata_.chunk_shape()[0] * geometry_.frame_bytes();
}

/// In an array that Resonance wrote a chunk that is not there is a lost frame; in anybody else's it is the fill value.
void FrameArrayReader::require_may_lack(std::uint64_t number, const ChunkPosition& position) const {
  if (!ours_) return;
  const auto path = files_->path_of(position);
  throw Error(ErrorCode::corrupt, fmt::format("frame {} is lost: {} does not hold it", number, path.string()),
              {.os_errno = 0, .file = path, .offset = {}, .database = false});
}

void FrameArrayReader::require_raw_chunk(const FoundChunk& chunk) const {
  if (chunk.where.nbytes == metadata_.chunk_bytes()) return;
  const auto& path = chunk.file->file->path();
  throw Error(ErrorCode::corrupt,
              fmt::format("{}: a chunk at byte {} has {} bytes instead of {}", path.string(), chunk.where.offset, chunk.where.nbytes,
                          metadata_.chunk_bytes()),
              {.os_errno = 0, .file = path, .offset = chunk.where.offset, .database = false});
}

FoundChunk FrameArrayReader::find_raw(std::uint64_t number) const {
  if (!mappable_)
    throw Error(ErrorCode::unsupported, fmt::format("the frames of {} are compressed ({}) or cut up; read them instead of mapping them",
                                                    folder_.string(), codec_name()));
  const auto position = whole_tile(number).position;
  auto chunk = files_->find(position);
  if (!chunk.file) {
    require_may_lack(number, position);
    return chunk;
  }
  require_raw_chunk(chunk);
  if (chunk.where.offset % item_size(geometry_.dtype) != 0)
    throw Error(ErrorCode::unsupported, fmt::format("frame {} of {} begins at byte {} of its file, which is not aligned; read it instead "
                                                    "of mapping it",
                                                    number, folder_.string(), chunk.where.offset + offset_in_chunk(number)));
  return chunk;
}

MappedBytes FrameArrayReader::map(std::uint64_t number) const {
  const auto chunk = find_raw(number);
  if (!chunk.file) return fill_frame();
  auto mapping = files_->mapping(*chunk.file);
  const auto bytes = mapping->bytes().subspan(chunk.where.offset + offset_in_chunk(number), geometry_.frame_bytes());
  return {bytes, std::move(mapping)};
}

MappedBytes FrameArrayReader::fill_frame() const {
  std::call_once(fill_once_, [&] {
    auto pixels = std::make_shared<std::vector<std::byte>>(geometry_.frame_bytes());
    const auto& value = metadata_.fill_value;
    for (std::size_t at = 0; at < pixels->size(); at += value.size()) std::memcpy(pixels->data() + at, value.data(), value.size());
    fill_frame_ = std::move(pixels);
  });
  return {*fill_frame_, fill_frame_};
}

FrameExtent FrameArrayReader::extent(std::uint64_t number, std::uint64_t at_most) const {
  const auto frames_per_chunk = metadata_.chunk_shape()[0];
  const auto chunk = find_raw(number);
  auto frames = frames_per_chunk - number % frames_per_chunk;
  if (!chunk.file) return {nullptr, {}, std::min(frames, at_most)};
  auto end = chunk.where.offset + chunk.where.nbytes;
  while (frames < at_most) {
    const auto next = whole_tile(number + frames).position;
    if (next.file != chunk.file->position) break;
    const auto where = files_->entry(*chunk.file, next.chunk);
    if (where.offset != end || where.nbytes != chunk.where.nbytes) break;
    end += where.nbytes;
    frames += frames_per_chunk;
  }
  frames = std::min(frames, at_most);
  return {chunk.file, {chunk.file->file.get(), chunk.where.offset + offset_in_chunk(number), frames * geometry_.frame_bytes()}, frames};
}

}  // namespace resonance::frames
