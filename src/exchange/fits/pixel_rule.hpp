/// What the stored numbers of an image stand for (FITS standard 4.0, sections 4.4.2 and 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exchange/fits/fits_card.hpp"
#include "resonance/types.hpp"

namespace resonance::fits {

/// What is worth telling of the pixels seen.
struct PixelCounts {
  std::uint64_t undefined = 0;  ///< have the value of BLANK
  std::uint64_t rounded = 0;    ///< integers with more digits than the floats that they became
};

/// BSCALE, BZERO and BLANK of an image, by the rules of astropy: BZERO of the unsigned convention makes unsigned integers (of 8-bit
/// ones signed), no scaling and no BLANK leaves the type as it is, and all other integers become floats, float32 of 8 and 16 bits,
/// float64 of 32 and 64, with NaN for BLANK. The arithmetic is that of the floats that come out.
class PixelRule {
 public:
  /// \throws Error(corrupt) a card that is no number
  PixelRule(int bitpix, const std::vector<FitsCard>& cards);

  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] std::size_t stored_size() const noexcept { return static_cast<std::size_t>(bitpix_ < 0 ? -bitpix_ : bitpix_) / 8; }
  /// `stored` in the byte order of the file or of the machine; `out` has room for as many pixels of dtype().
  void convert(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const;
  /// The counts in words, one line each.
  [[nodiscard]] std::vector<std::string> words(const PixelCounts& counts) const;

 private:
  template <class Stored>
  void keep(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const;
  template <class Stored, class Real>
  void scale(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const;
  template <class Stored>
  void convert_as(std::span<const std::byte> stored, bool of_file, std::span<std::byte> out, PixelCounts& counts) const;

  int bitpix_;
  double scale_ = 1, zero_ = 0;
  std::optional<std::int64_t> blank_;
  bool flipped_ = false;  ///< the sign bit, for the unsigned convention
  bool floats_ = false;   ///< integers that become floats, or floats that are scaled
  DType dtype_ = DType::uint8;
};

}  // namespace resonance::fits
