/// Little-endian numbers in byte buffers, and the byte swap of the `bytes` codec.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace resonance::zarr {

template <class Unsigned>
[[nodiscard]] constexpr Unsigned byte_swapped(Unsigned value) noexcept {
  if constexpr (sizeof(Unsigned) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(Unsigned) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Unsigned) == 8) return __builtin_bswap64(value);
  return value;
}

template <class Unsigned>
void store_little(std::byte* to, Unsigned value) noexcept {
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

template <class Unsigned>
[[nodiscard]] Unsigned load_little(const std::byte* from) noexcept {
  Unsigned value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  return value;
}

template <class Unsigned>
void swap_each(std::span<std::byte> bytes) noexcept {
  for (std::size_t at = 0; at + sizeof(Unsigned) <= bytes.size(); at += sizeof(Unsigned)) {
    Unsigned value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    value = byte_swapped(value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
}

/// Reverse the bytes of every element of `item_bytes` (1, 2, 4 or 8) bytes.
inline void swap_elements(std::span<std::byte> bytes, std::size_t item_bytes) noexcept {
  if (item_bytes == 2) swap_each<std::uint16_t>(bytes);
  if (item_bytes == 4) swap_each<std::uint32_t>(bytes);
  if (item_bytes == 8) swap_each<std::uint64_t>(bytes);
}

}  // namespace resonance::zarr
