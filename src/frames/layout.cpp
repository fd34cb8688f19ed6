#include "frames/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/checked.hpp"
#include "resonance/error.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kSmallFrameBytes = 64 << 10;    // raw frames below this share chunks, so that readers fetch fewer
constexpr std::uint64_t kSharedChunkBytes = 256 << 10;  // and indexes stay small at thousands of frames a second
// A compressed chunk is written again as frames join it, so it is kept small.
constexpr std::uint64_t kSharedCompressedBytes = 64 << 10;
constexpr std::uint64_t kMaxFrameBytes = 1ull << 31;
constexpr const char* kMark = "resonance";  // the attribute that says who wrote the array

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

void require_sane(const Geometry& geometry, const FrameOptions& options) {
  const std::uint64_t extents[] = {geometry.height, geometry.width, item_size(geometry.dtype)};
  const auto bytes = checked_product(extents);
  if (!bytes || *bytes == 0 || *bytes >= kMaxFrameBytes)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a frame of {} cannot be stored: it must have 1 byte to 2 GiB", to_string(geometry)));
  if (options.shard_bytes < (1 << 20) || options.shard_bytes > (1ull << 36))
    throw Error(ErrorCode::invalid_argument, fmt::format("shard_bytes is {}; it must be 1 MiB to 64 GiB", options.shard_bytes));
  const auto chunk = checked_multiply(*bytes, std::max<std::uint64_t>(options.frames_per_chunk, 1));
  const auto most = options.codec == Codec::none ? kMaxFrameBytes : kMaxSharedFrames;
  if (options.frames_per_chunk > most || !chunk || *chunk >= kMaxFrameBytes)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("frames_per_chunk is {}; a chunk of {} holds at most {} frames{} and 2 GiB", options.frames_per_chunk,
                            to_string(geometry), most, options.codec == Codec::none ? "" : " where they are compressed"));
}

std::uint64_t frames_sharing_a_chunk(std::uint64_t frame_bytes, const FrameOptions& options) {
  if (options.frames_per_chunk != 0) return options.frames_per_chunk;
  if (options.codec != Codec::none) return std::clamp<std::uint64_t>(kSharedCompressedBytes / frame_bytes, 1, kMaxSharedFrames);
  return frame_bytes < kSmallFrameBytes ? std::max<std::uint64_t>(1, kSharedChunkBytes / frame_bytes) : 1;
}

/// Bytes that one chunk may take, once it is full.
std::uint64_t chunk_bytes(const Layout& layout) {
  const auto& codecs = layout.metadata.codecs;
  return layout.raw() ? codecs.decoded_bytes() : codecs.max_encoded_bytes();
}

/// As many chunks as fit `shard_bytes`. Of raw ones rather a number that fills whole pages, if there is one: then the shards
/// of an array can be mapped one behind the other.
std::uint64_t chunks_in_shard(const Layout& layout, std::uint64_t shard_bytes) {
  const auto most = std::clamp<std::uint64_t>(shard_bytes / chunk_bytes(layout), 1, kMaxChunksPerShard);
  const auto step = kPageBytes / std::gcd(chunk_bytes(layout), kPageBytes);
  return layout.raw() && step <= most ? most / step * step : most;
}

void set_file_sizes(Layout& layout) {
  // Room for each version that a shared chunk can have; the file is sparse until it is sealed.
  const auto versions = layout.raw() ? 1 : layout.frames_per_chunk;
  layout.data_bytes = layout.chunks_per_shard * versions * chunk_bytes(layout);
  // A compressed shard's index begins at a page, so that its entries can be patched without tearing.
  if (!layout.raw()) layout.data_bytes = round_up(layout.data_bytes, kPageBytes);
  layout.index_bytes = zarr::shard_index_bytes(layout.chunks_per_shard, layout.raw());
}

/// \param chunks_per_shard 0: as many as go into options.shard_bytes
Layout layout_with(const Geometry& geometry, const FrameOptions& options, std::uint64_t chunks_per_shard) {
  require_sane(geometry, options);
  Layout out;
  out.geometry = geometry;
  out.codec = options.codec;
  out.frames_per_chunk = frames_sharing_a_chunk(geometry.frame_bytes(), options);

  const std::vector<std::uint64_t> chunk_shape{out.frames_per_chunk, geometry.height, geometry.width};
  auto& metadata = out.metadata;
  metadata.codecs = zarr::CodecChain::for_frames(options.codec, options.level, geometry.dtype, chunk_shape, options.blosc);
  out.chunks_per_shard = chunks_per_shard != 0 ? chunks_per_shard : chunks_in_shard(out, options.shard_bytes);
  set_file_sizes(out);

  metadata.shape = {0, geometry.height, geometry.width};
  metadata.dtype = geometry.dtype;
  metadata.grid_shape = {out.frames_per_shard(), geometry.height, geometry.width};
  metadata.fill_value.assign(item_size(geometry.dtype), std::byte{0});
  metadata.sharding = zarr::Sharding{chunk_shape, zarr::IndexLocation::end, out.raw()};
  metadata.dimension_names = {"frame", "y", "x"};
  metadata.attributes = Json::object({{kMark, Json::object({{"format", 1}})}});
  return out;
}

}  // namespace

std::string to_string(const Geometry& geometry) {
  return fmt::format("{}x{} {}", geometry.height, geometry.width, resonance::to_string(geometry.dtype));
}

Layout make_layout(const Geometry& geometry, const FrameOptions& options) { return layout_with(geometry, options, 0); }

Layout layout_like(const Geometry& geometry, Codec codec, std::uint64_t frames_per_chunk, std::uint64_t chunks_per_shard) {
  if (frames_per_chunk == 0 || chunks_per_shard == 0 || chunks_per_shard > kMaxChunksPerShard)
    throw Error(ErrorCode::corrupt,
                fmt::format("no frame array has {} frames in a chunk and {} chunks in a shard", frames_per_chunk, chunks_per_shard));
  FrameOptions options;
  options.codec = codec;
  options.frames_per_chunk = frames_per_chunk;
  return layout_with(geometry, options, chunks_per_shard);
}

Layout layout_of(zarr::ArrayMetadata metadata) {
  if (metadata.shape.size() != 3 || !metadata.sharding || metadata.sharding->index_location != zarr::IndexLocation::end)
    throw Error(ErrorCode::unsupported, "this array has no layout that Resonance writes");
  Layout out;
  out.geometry = {metadata.shape[1], metadata.shape[2], metadata.dtype};
  out.codec = parse_codec(metadata.codecs.name());
  out.frames_per_chunk = metadata.chunk_shape()[0];
  out.chunks_per_shard = metadata.chunks_per_shard();
  if (!out.raw() && out.frames_per_chunk > kMaxSharedFrames)
    throw Error(ErrorCode::unsupported, "this array has no layout that Resonance writes");
  out.metadata = std::move(metadata);
  set_file_sizes(out);
  return out;
}

Layout as_written(Layout layout) {
  auto out = layout_like(layout.geometry, layout.codec, layout.frames_per_chunk, layout.chunks_per_shard);
  const auto mark = *out.metadata.attributes.find(kMark);
  out.metadata.shape[0] = layout.metadata.shape[0];
  out.metadata.codecs = std::move(layout.metadata.codecs);
  out.metadata.attributes = std::move(layout.metadata.attributes);
  out.metadata.attributes.set(kMark, mark);
  return out;
}

namespace {

/// What a codec chain is, but for how strongly it compresses.
Json kinds_of(const zarr::CodecChain& codecs) {
  const auto list = codecs.to_json();
  Json out = Json::array();
  for (const auto& codec : list.as_array()) {
    const auto& name = *codec.find("name");
    out.push_back(name == Json("bytes") ? codec : name);
  }
  return out;
}

std::string unlike(const zarr::ArrayMetadata& found, const zarr::ArrayMetadata& ours) {
  if (found.grid_shape != ours.grid_shape) return "chunk_grid";
  if (found.key_encoding != ours.key_encoding || found.key_separator != ours.key_separator) return "chunk_key_encoding";
  if (found.fill_value != ours.fill_value) return "fill_value";
  if (found.sharding->chunk_shape != ours.sharding->chunk_shape) return "chunk_shape of its codec sharding_indexed";
  if (found.sharding->index_crc32c != ours.sharding->index_crc32c) return "index_codecs";
  if (kinds_of(found.codecs) != kinds_of(ours.codecs)) return "codecs";
  if (found.dimension_names != ours.dimension_names) return "dimension_names";
  const auto* mark = found.attributes.find(kMark);
  return mark != nullptr && *mark == *ours.attributes.find(kMark) ? "" : "attributes.resonance";
}

}  // namespace

std::string unlike_written(const zarr::ArrayMetadata& metadata) {
  try {
    return unlike(metadata, as_written(layout_of(metadata)).metadata);
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace resonance::frames
