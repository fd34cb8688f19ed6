#include "zarr/chunk_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "resonance/error.hpp"

namespace resonance::zarr {
namespace {

constexpr std::uint64_t kMaxParts = std::uint64_t{1} << 20;  // a foreign array may be cut into single pixels

std::uint64_t pieces(std::uint64_t extent, std::uint64_t length) noexcept { return extent / length + (extent % length != 0 ? 1 : 0); }

/// Number in C order of the inner chunk that holds `position`, within its shard.
std::uint64_t chunk_in_shard(const ArrayMetadata& metadata, std::span<const std::uint64_t> position) {
  const auto& shard = metadata.grid_shape;
  const auto& chunk = metadata.chunk_shape();
  std::uint64_t number = 0;
  for (std::size_t axis = 0; axis < position.size(); ++axis)
    number = number * (shard[axis] / chunk[axis]) + position[axis] % shard[axis] / chunk[axis];
  return number;
}

}  // namespace

std::string chunk_key(const ArrayMetadata& metadata, std::span<const std::uint64_t> grid_position) {
  const bool v2 = metadata.key_encoding == "v2";
  if (v2 && grid_position.empty()) return "0";
  std::string key = v2 ? "" : "c";
  for (const auto index : grid_position) {
    if (!key.empty()) key += metadata.key_separator;
    key += std::to_string(index);
  }
  return key;
}

std::vector<FramePart> frame_parts(const ArrayMetadata& metadata, std::uint64_t number) {
  if (metadata.shape.size() != 3)
    throw Error(ErrorCode::unsupported,
                fmt::format("frames need an array of 3 dimensions (frame, row, column); this one has {}", metadata.shape.size()));
  const auto& chunk = metadata.chunk_shape();
  const std::uint64_t height = metadata.shape[1], width = metadata.shape[2];
  const std::uint64_t down = pieces(height, chunk[1]), across = pieces(width, chunk[2]);
  const auto count = checked_multiply(down, across);
  if (!count || *count > kMaxParts)
    throw Error(ErrorCode::unsupported, fmt::format("one frame is cut into {} by {} chunks; at most {} are read", down, across, kMaxParts));

  std::vector<FramePart> parts;
  parts.reserve(*count);
  for (std::uint64_t i = 0; i < *count; ++i) {
    FramePart part;
    part.row = i / across * chunk[1];
    part.column = i % across * chunk[2];
    part.rows = std::min(chunk[1], height - part.row);
    part.columns = std::min(chunk[2], width - part.column);
    part.frame_in_chunk = number % chunk[0];
    const std::uint64_t position[] = {number, part.row, part.column};
    for (std::size_t axis = 0; axis < 3; ++axis) part.grid_position.push_back(position[axis] / metadata.grid_shape[axis]);
    part.chunk_in_shard = chunk_in_shard(metadata, position);
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace resonance::zarr
