/// The codecs of tile-compressed images (FITS standard 4.0, section 10.4) and their floats (section 10.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace resonance::fits {

/// All give exactly out.size() integers, or \throws Error(corrupt); nothing outside `in` and `out` is touched.

/// RICE_1 of integers of 1 (unsigned), 2 or 4 bytes, in blocks of `block` pixels.
void decode_rice(std::span<const std::byte> in, std::uint64_t block, int bytes_per_pixel, std::span<std::int64_t> out);
/// PLIO_1: a list of runs, 16-bit words in the byte order of the file. Pixels behind the list are 0.
void decode_plio(std::span<const std::byte> in, std::span<std::int64_t> out);
/// HCOMPRESS_1 of an image that must have `out`'s size. \throws Error(unsupported) more than 2^26 pixels
void decode_hcompress(std::span<const std::byte> in, bool smooth, std::span<std::int64_t> out);

enum class Dither : std::uint8_t { none, first, second };  ///< NO_DITHER, SUBTRACTIVE_DITHER_1 and _2

/// How integers stand for floats.
struct Quantization {
  double scale = 1, zero = 0;
  Dither dither = Dither::none;
  std::int64_t seed = 1;              ///< ZDITHER0
  std::optional<std::int64_t> blank;  ///< stands for NaN
};

/// The floats of tile number `tile`, counted from 0.
void dequantize(const Quantization& how, std::uint64_t tile, std::span<const std::int64_t> in, std::span<double> out);

}  // namespace resonance::fits
