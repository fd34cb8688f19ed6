/// A part of a chunk out of a codec that compresses in blocks.
#pragma once

#include <cstddef>
#include <span>

#include "zarr/codec.hpp"

namespace resonance::zarr {

/// Decodes ranges of a chunk, and of the chunk no more than the blocks that they touch. Only chunks that are `bytes` in native
/// order and then `blosc` can be decoded so; every other chain has to be decoded as a whole.
class RangeDecoder {
 public:
  RangeDecoder() = default;
  explicit RangeDecoder(const CodecChain& codecs);

  /// The chain allows it.
  [[nodiscard]] bool possible() const noexcept { return possible_; }

  /// Bytes of a block of this chunk; 0 when its ranges cannot be decoded and the whole chunk has to be.
  [[nodiscard]] std::size_t block_bytes(std::span<const std::byte> encoded) const;

  /// Bytes [offset, offset + out.size()) of a chunk whose block_bytes() are not 0.
  /// \return false when they do not fall on elements as the chunk has them; \throws Error(corrupt)
  bool decode(std::span<const std::byte> encoded, std::size_t offset, std::span<std::byte> out) const;

 private:
  bool possible_ = false;
  std::size_t decoded_bytes_ = 0;
};

}  // namespace resonance::zarr
