/// zarr.json of arrays and groups (Zarr v3 core specification), as text in and text out. Knows no files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"
#include "resonance/types.hpp"
#include "zarr/codec.hpp"

namespace resonance::zarr {

enum class IndexLocation : std::uint8_t { start, end };

/// The `sharding_indexed` codec: how the file of a shard is divided and where its index lies.
struct Sharding {
  std::vector<std::uint64_t> chunk_shape;  ///< shape of the inner chunk
  IndexLocation index_location = IndexLocation::end;
  bool index_crc32c = false;  ///< index_codecs end in crc32c
};

struct ArrayMetadata {
  std::vector<std::uint64_t> shape;
  DType dtype = DType::uint16;
  std::vector<std::uint64_t> grid_shape;  ///< chunk_grid.chunk_shape: the shape of one file (of a shard, when sharded)
  std::string key_encoding = "default";   ///< "default" or "v2"
  char key_separator = '/';
  std::vector<std::byte> fill_value;  ///< one element, native byte order, item_size(dtype) bytes
  std::optional<Sharding> sharding;
  CodecChain codecs;                         ///< of one chunk (of an inner chunk, when sharded)
  std::vector<std::string> dimension_names;  ///< empty, or one per dimension ("" for null)
  Json attributes = Json::object();

  /// Shape of the unit that is compressed: sharding->chunk_shape, else grid_shape.
  [[nodiscard]] const std::vector<std::uint64_t>& chunk_shape() const noexcept { return sharding ? sharding->chunk_shape : grid_shape; }
  [[nodiscard]] std::uint64_t chunk_bytes() const noexcept;       ///< decoded bytes of one (inner) chunk
  [[nodiscard]] std::uint64_t chunks_per_shard() const noexcept;  ///< 1 when not sharded
};

/// Limits for hostile files: zarr.json at most 16 MiB, 32 dimensions, a decoded chunk at most 4 GiB, 2^20 chunks a shard.
/// \throws Error(corrupt)     not JSON, missing or malformed members, shapes whose products overflow, zero chunk lengths,
///                            inner chunks that do not divide the shard
/// \throws Error(unsupported) zarr_format other than 3, unknown data type, codec, grid, key encoding or must-understand
///                            member; the message names it
[[nodiscard]] ArrayMetadata parse_array_metadata(std::string_view text);

/// Text of zarr.json, indented by 2, ending in a newline. parse_array_metadata() gives the same back.
[[nodiscard]] std::string dump_array_metadata(const ArrayMetadata& metadata);

[[nodiscard]] std::string dump_group_metadata(const Json& attributes = Json::object());

}  // namespace resonance::zarr
