/// Arithmetic on sizes that come from files.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace resonance {

[[nodiscard]] inline std::optional<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// Product of all extents, or nothing when it overflows.
[[nodiscard]] inline std::optional<std::uint64_t> checked_product(std::span<const std::uint64_t> extents) noexcept {
  std::uint64_t out = 1;
  for (const auto extent : extents)
    if (__builtin_mul_overflow(out, extent, &out)) return std::nullopt;
  return out;
}

}  // namespace resonance
