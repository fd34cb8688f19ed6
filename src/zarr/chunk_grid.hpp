/// Where frame i of an array lies: which file, which chunk in it, which part of the chunk.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "zarr/metadata.hpp"

namespace resonance::zarr {

/// Path of a chunk file relative to the array's folder: "c/3/0/0", "c.3.0.0", "3.0.0".
[[nodiscard]] std::string chunk_key(const ArrayMetadata& metadata, std::span<const std::uint64_t> grid_position);

/// A part of one frame and where its pixels are.
struct FramePart {
  std::vector<std::uint64_t> grid_position;  ///< of the file
  std::uint64_t chunk_in_shard = 0;          ///< entry of the shard index; 0 when not sharded
  std::uint64_t frame_in_chunk = 0;          ///< first-axis position inside the decoded chunk
  std::uint64_t row = 0, column = 0;         ///< where the part begins in the frame
  std::uint64_t rows = 0, columns = 0;       ///< its size, cut at the edge of the array
};

/// The parts that make up frame `number` of a [frames, height, width] array, in C order. One part when a chunk spans the frame.
/// \throws Error(unsupported) an array that has not 3 dimensions
[[nodiscard]] std::vector<FramePart> frame_parts(const ArrayMetadata& metadata, std::uint64_t number);

}  // namespace resonance::zarr
