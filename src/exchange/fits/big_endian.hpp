/// Numbers as FITS stores them: the most significant byte first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace resonance::fits {

template <std::size_t Size>
using BitsOf =
    std::conditional_t<Size == 1, std::uint8_t,
                       std::conditional_t<Size == 2, std::uint16_t, std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>>;

template <class Bits>
[[nodiscard]] constexpr Bits swapped(Bits bits) noexcept {
  if constexpr (sizeof bits == 2) return __builtin_bswap16(bits);
  if constexpr (sizeof bits == 4) return __builtin_bswap32(bits);
  if constexpr (sizeof bits == 8) return __builtin_bswap64(bits);
  return bits;
}

/// The number at `at`, of the file's byte order or of the machine's.
template <class Number>
[[nodiscard]] Number load(const std::byte* at, bool of_file = true) noexcept {
  BitsOf<sizeof(Number)> bits;
  std::memcpy(&bits, at, sizeof bits);
  return std::bit_cast<Number>(of_file && std::endian::native == std::endian::little ? swapped(bits) : bits);
}

}  // namespace resonance::fits
