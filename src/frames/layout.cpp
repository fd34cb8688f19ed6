#include "frames/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "resonance/error.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kSmallFrameBytes = 64 << 10;    // raw frames below this share chunks, so that readers fetch fewer
constexpr std::uint64_t kSharedChunkBytes = 256 << 10;  // and indexes stay small at thousands of frames a second
constexpr std::uint64_t kMaxFrameBytes = 1ull << 31;

void require_sane(const Geometry& geometry, const FrameOptions& options) {
  const std::uint64_t extents[] = {geometry.height, geometry.width, item_size(geometry.dtype)};
  const auto bytes = checked_product(extents);
  if (!bytes || *bytes == 0 || *bytes >= kMaxFrameBytes)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a frame of {} cannot be stored: it must have 1 byte to 2 GiB", to_string(geometry)));
  if (options.shard_bytes < (1 << 20) || options.shard_bytes > (1ull << 36))
    throw Error(ErrorCode::invalid_argument, fmt::format("shard_bytes is {}; it must be 1 MiB to 64 GiB", options.shard_bytes));
}

}  // namespace

std::string to_string(const Geometry& geometry) {
  return fmt::format("{}x{} {}", geometry.height, geometry.width, resonance::to_string(geometry.dtype));
}

Layout make_layout(const Geometry& geometry, const FrameOptions& options) {
  require_sane(geometry, options);
  Layout out;
  out.geometry = geometry;
  out.codec = options.codec;
  const auto frame_bytes = geometry.frame_bytes();
  if (out.raw() && frame_bytes < kSmallFrameBytes) out.frames_per_chunk = std::max<std::uint64_t>(1, kSharedChunkBytes / frame_bytes);

  const std::vector<std::uint64_t> chunk_shape{out.frames_per_chunk, geometry.height, geometry.width};
  auto& metadata = out.metadata;
  metadata.codecs = zarr::CodecChain::for_frames(options.codec, options.level, geometry.dtype, chunk_shape);
  const std::uint64_t chunk_room = out.raw() ? metadata.codecs.decoded_bytes() : metadata.codecs.max_encoded_bytes();
  out.chunks_per_shard = std::clamp<std::uint64_t>(options.shard_bytes / chunk_room, 1, kMaxChunksPerShard);
  out.data_bytes = out.chunks_per_shard * chunk_room;
  // A compressed shard's index begins at a page, so that its entries can be patched without tearing.
  if (!out.raw()) out.data_bytes = (out.data_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  out.index_bytes = zarr::shard_index_bytes(out.chunks_per_shard, out.raw());

  metadata.shape = {0, geometry.height, geometry.width};
  metadata.dtype = geometry.dtype;
  metadata.grid_shape = {out.frames_per_shard(), geometry.height, geometry.width};
  metadata.fill_value.assign(item_size(geometry.dtype), std::byte{0});
  metadata.sharding = zarr::Sharding{chunk_shape, zarr::IndexLocation::end, out.raw()};
  metadata.dimension_names = {"frame", "y", "x"};
  metadata.attributes = Json::object({{"resonance", Json::object({{"format", 1}})}});
  return out;
}

}  // namespace resonance::frames
