/// IEEE 754 binary16, which C++20 has no type for.
#pragma once

#include <bit>
#include <cstdint>

namespace resonance::image {

/// The bits of one float16 element.
struct Half {
  std::uint16_t bits = 0;
};

/// Exact: every float16 is a float.
[[nodiscard]] inline float to_float(Half half) noexcept {
  const std::uint32_t sign = (half.bits & 0x8000u) << 16;
  const std::uint32_t exponent = (half.bits >> 10) & 0x1Fu;
  const std::uint32_t fraction = half.bits & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

/// A whole number as float16. Exact for -2048 … 2048; `whole` must be in this range.
[[nodiscard]] inline Half half_of_whole(int whole) noexcept {
  if (whole == 0) return {};
  const std::uint32_t sign = whole < 0 ? 0x8000u : 0u;
  const auto magnitude = static_cast<std::uint32_t>(whole < 0 ? -whole : whole);
  const auto exponent = static_cast<std::uint32_t>(std::bit_width(magnitude)) - 1;  // at most 11
  const std::uint32_t fraction = exponent <= 10 ? magnitude << (10 - exponent) : magnitude >> (exponent - 10);
  return {static_cast<std::uint16_t>(sign | ((exponent + 15u) << 10) | (fraction & 0x3FFu))};
}

}  // namespace resonance::image
