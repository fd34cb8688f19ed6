/// Pixel values by a formula that Python (pixels.py) and JavaScript (pixels.mjs) compute as well: each dtype has a table of
/// 101 values, extremes and what is not a number among them, and a pixel is the entry (37 field + 11 frame + 5 y + 3 x) mod 101.
/// Every seventh frame, the fourth first, is all zero.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "resonance/types.hpp"

namespace resonance::interop {

inline constexpr std::uint64_t kTableSize = 101;
inline constexpr DType kDTypes[] = {DType::boolean, DType::int8,   DType::int16,  DType::int32,   DType::int64,   DType::uint8,
                                    DType::uint16,  DType::uint32, DType::uint64, DType::float16, DType::float32, DType::float64};
inline constexpr Codec kCodecs[] = {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip};

template <class T>
T whole_value(std::uint64_t m) {
  if (m == 0) return std::numeric_limits<T>::min();
  if (m == 1) return std::numeric_limits<T>::max();
  if (m == 2) return static_cast<T>(std::numeric_limits<T>::max() - 1);
  // 1, 257, 0x01010101, …: every byte of the element counts, and a hundred of them do not overflow
  const std::uint64_t step = std::numeric_limits<std::make_unsigned_t<T>>::max() / 255;
  return static_cast<T>((m - (std::is_signed_v<T> ? 50 : 0)) * step);
}

/// The bits of a float of 32 or 64 bits, or of 16 when `Bits` is std::uint16_t.
template <class Bits, class Float>
Bits float_bits(std::uint64_t m) {
  constexpr bool half = sizeof(Bits) == 2;
  constexpr int mantissa = half ? 10 : std::numeric_limits<Float>::digits - 1;
  constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  constexpr Bits infinity = static_cast<Bits>((sign - 1) >> mantissa << mantissa);
  if (m == 0) return static_cast<Bits>(infinity | Bits{1} << (mantissa - 1));  // a quiet NaN
  if (m == 1) return infinity;
  if (m == 2) return static_cast<Bits>(sign | infinity);
  if (m == 3) return sign;                               // -0
  if (m == 4) return static_cast<Bits>(infinity - 1);    // the largest
  if (m == 5) return Bits{1};                            // the smallest above 0
  const Float value = (static_cast<Float>(m) - 50) / 8;  // exact in 16 bits, too
  const auto bits = std::bit_cast<std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>>(value);
  if constexpr (!half) return bits;
  if (value == 0) return 0;
  const auto exponent = (bits >> 23 & 0xff) - 127 + 15;
  return static_cast<Bits>((value < 0 ? sign : 0) | exponent << 10 | (bits & 0x7fffff) >> 13);
}

template <class T, class Value>
void fill(std::span<std::byte> table, Value value) {
  for (std::uint64_t m = 0; m < kTableSize; ++m) {
    const T item = value(m);
    std::memcpy(table.data() + m * sizeof(T), &item, sizeof(T));
  }
}

inline std::vector<std::byte> table_of(DType dtype) {
  std::vector<std::byte> table(kTableSize * item_size(dtype));
  switch (dtype) {
    case DType::boolean:
      fill<std::uint8_t>(table, [](std::uint64_t m) { return static_cast<std::uint8_t>(m % 2); });
      break;
    case DType::int8:
      fill<std::int8_t>(table, whole_value<std::int8_t>);
      break;
    case DType::int16:
      fill<std::int16_t>(table, whole_value<std::int16_t>);
      break;
    case DType::int32:
      fill<std::int32_t>(table, whole_value<std::int32_t>);
      break;
    case DType::int64:
      fill<std::int64_t>(table, whole_value<std::int64_t>);
      break;
    case DType::uint8:
      fill<std::uint8_t>(table, whole_value<std::uint8_t>);
      break;
    case DType::uint16:
      fill<std::uint16_t>(table, whole_value<std::uint16_t>);
      break;
    case DType::uint32:
      fill<std::uint32_t>(table, whole_value<std::uint32_t>);
      break;
    case DType::uint64:
      fill<std::uint64_t>(table, whole_value<std::uint64_t>);
      break;
    case DType::float16:
      fill<std::uint16_t>(table, float_bits<std::uint16_t, float>);
      break;
    case DType::float32:
      fill<std::uint32_t>(table, float_bits<std::uint32_t, float>);
      break;
    case DType::float64:
      fill<std::uint64_t>(table, float_bits<std::uint64_t, double>);
      break;
  }
  return table;
}

/// `count` frames from number `first` on, back to back.
inline std::vector<std::byte> pixels(DType dtype, std::uint64_t field, std::uint64_t first, std::uint64_t count, std::uint64_t height,
                                     std::uint64_t width) {
  const auto table = table_of(dtype);
  const auto size = item_size(dtype);
  std::vector<std::byte> out(count * height * width * size);
  auto* at = out.data();
  for (std::uint64_t frame = first; frame < first + count; ++frame)
    for (std::uint64_t y = 0; y < height; ++y)
      for (std::uint64_t x = 0; x < width; ++x, at += size)
        if (frame % 7 != 3) std::memcpy(at, table.data() + (37 * field + 11 * frame + 5 * y + 3 * x) % kTableSize * size, size);
  return out;
}

}  // namespace resonance::interop
