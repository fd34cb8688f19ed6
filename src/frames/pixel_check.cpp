#include "frames/pixel_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "frames/layout.hpp"
#include "resonance/error.hpp"
#include "zarr/byte_order.hpp"
#include "zarr/checksum.hpp"

namespace resonance::frames {

std::uint32_t pixel_checksum(std::span<const std::byte> pixels, std::size_t item_bytes) {
  if (std::endian::native == std::endian::little || item_bytes == 1) return zarr::crc32c(pixels);
  std::vector<std::byte> little(pixels.begin(), pixels.end());
  zarr::swap_elements(little, item_bytes);
  return zarr::crc32c(little);
}

void require_checksum(std::span<const std::byte> pixels, std::size_t item_bytes, std::optional<std::uint32_t> recorded,
                      const std::filesystem::path& file, std::optional<std::uint64_t> offset) {
  if (!recorded) return;
  const auto found = pixel_checksum(pixels, item_bytes);
  if (found == *recorded) return;
  const auto place = offset ? fmt::format("{} at byte {}", file.string(), *offset) : file.string();
  throw Error(
      ErrorCode::corrupt,
      fmt::format("its pixels in {} are not those that were recorded (crc32c {:08x}, recorded was {:08x})", place, found, *recorded),
      {.os_errno = 0, .file = file, .offset = offset, .database = false});
}

bool has_zero_page(std::span<const std::byte> bytes, std::uint64_t offset) noexcept {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), kPageBytes - offset % kPageBytes));
    const auto head = part.first(std::min<std::size_t>(part.size(), sizeof(std::uint64_t)));
    std::uint64_t word = 0;
    std::memcpy(&word, head.data(), head.size());
    if (word == 0 && std::all_of(part.begin(), part.end(), [](std::byte byte) { return byte == std::byte{0}; })) return true;
    bytes = bytes.subspan(part.size());
    offset += part.size();
  }
  return false;
}

}  // namespace resonance::frames
