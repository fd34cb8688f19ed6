/// How the frames of one array are laid out in shard files (docs/format.md, section 2). Arithmetic only.
#pragma once

#include <cstdint>
#include <string>

#include "resonance/run_writer.hpp"
#include "zarr/metadata.hpp"

namespace resonance::frames {

struct Geometry {
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  DType dtype = DType::uint16;
  bool operator==(const Geometry&) const = default;
  [[nodiscard]] std::uint64_t frame_bytes() const noexcept { return height * width * item_size(dtype); }
};

/// "500x500 uint16"
[[nodiscard]] std::string to_string(const Geometry& geometry);

inline constexpr std::uint64_t kPageBytes = 4096;         ///< the index of an open compressed shard begins at a multiple of it
inline constexpr std::uint64_t kMaxChunksPerShard = 255;  ///< so that a shard index fits a page
inline constexpr std::uint64_t kMaxSharedFrames = 16;     ///< in a compressed chunk

/// Everything that is fixed when an array is made.
struct Layout {
  Geometry geometry;
  Codec codec = Codec::none;
  std::uint64_t frames_per_chunk = 1;
  std::uint64_t chunks_per_shard = 1;
  std::uint64_t data_bytes = 0;  ///< of a shard file before its index
  std::uint64_t index_bytes = 0;
  zarr::ArrayMetadata metadata;  ///< with shape[0] = 0

  [[nodiscard]] std::uint64_t frames_per_shard() const noexcept { return frames_per_chunk * chunks_per_shard; }
  [[nodiscard]] bool raw() const noexcept { return codec == Codec::none; }
};

/// \throws Error(invalid_argument) empty or too large frames, bad level or shard size
[[nodiscard]] Layout make_layout(const Geometry& geometry, const FrameOptions& options);

/// The layout of an array whose zarr.json is lost, from its row in frame_stores. How strongly it was compressed is not known, and
/// need not be: chunks say so themselves. \throws Error(corrupt, invalid_argument) numbers that no array of ours has
[[nodiscard]] Layout layout_like(const Geometry& geometry, Codec codec, std::uint64_t frames_per_chunk, std::uint64_t chunks_per_shard);

/// The layout of an array that make_layout() once described, from its zarr.json.
/// \throws Error(unsupported) an array that Resonance does not write
[[nodiscard]] Layout layout_of(zarr::ArrayMetadata metadata);

/// The same, with every member that Resonance always writes alike as it writes it: the compressor's settings and other attributes
/// stay. \throws as layout_of(), layout_like()
[[nodiscard]] Layout as_written(Layout layout);

/// The first member of an array's zarr.json that is not as Resonance writes it, in words. Empty: all are.
[[nodiscard]] std::string unlike_written(const zarr::ArrayMetadata& metadata);

}  // namespace resonance::frames
