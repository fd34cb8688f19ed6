/// CRC-32C (Castagnoli), as Zarr's crc32c codec and shard indexes use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace resonance::zarr {

[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept;

}  // namespace resonance::zarr
