#include "schema/event_checksum.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <span>

#include "zarr/checksum.hpp"

namespace resonance::schema {

namespace {

std::uint32_t add_text(std::string_view text, std::uint32_t before) noexcept {
  constexpr std::byte kEnd[] = {std::byte{0}};  // which no text holds
  return zarr::crc32c(kEnd, zarr::crc32c(std::as_bytes(std::span(text)), before));
}

std::uint32_t add_number(std::uint64_t number, std::uint32_t before) noexcept {
  std::array<std::byte, 8> bytes{};  // little-endian
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(number >> (8 * i));
  return zarr::crc32c(bytes, before);
}

}  // namespace

std::uint32_t event_checksum(const EventContent& event, std::uint32_t before) noexcept {
  auto sum = add_text(event.uid, before);
  sum = add_number(static_cast<std::uint64_t>(event.seq_num), sum);
  sum = add_number(std::bit_cast<std::uint64_t>(event.time + 0.0), sum);  // SQLite keeps no sign of a zero
  sum = add_text(event.data, sum);
  return add_text(event.timestamps, sum);
}

}  // namespace resonance::schema
