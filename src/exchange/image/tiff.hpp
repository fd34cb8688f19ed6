/// TIFF 6.0 and BigTIFF, one grey page per frame, uncompressed and exact.
#pragma once

#include <cstdint>

#include "resonance/exchange.hpp"

namespace resonance::image {

/// Write pages one after the other; each byte is known when its turn comes, so nothing is ever rewritten.
///
/// Integers keep width and sign, bool becomes 8 bits, float16 is widened to float32. Bytes are in native order, as the file's
/// first two letters say.
class TiffWriter {
 public:
  /// `big`: BigTIFF, needed as soon as the file is over 4 GiB.
  TiffWriter(ByteSink sink, bool big);

  /// \param last  no page follows
  /// \throws Error(invalid_argument) byte count, extents over 2^32 - 1, or a classic file that grows over 4 GiB
  void add_page(const FrameView& frame, bool last);

  /// Upper bound of a page's bytes, for the choice of `big`.
  [[nodiscard]] static std::uint64_t page_bytes_bound(std::uint64_t height, std::uint64_t width, DType dtype) noexcept;

 private:
  void put(std::span<const std::byte> bytes);

  ByteSink sink_;
  bool big_;
  std::uint64_t position_ = 0;
};

}  // namespace resonance::image
