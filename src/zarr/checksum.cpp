#include "zarr/checksum.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace resonance::zarr {

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
  constexpr std::size_t kStep = std::size_t{1} << 30;  // ISA-L takes the length as an int
  std::uint32_t state = ~before;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kStep));
    // ISA-L only reads the buffer; its signature merely lacks the const.
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(part.data()));
    state = crc32_iscsi(data, static_cast<int>(part.size()), state);
    bytes = bytes.subspan(part.size());
  }
  return ~state;
}

}  // namespace resonance::zarr
