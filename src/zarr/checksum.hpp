/// CRC-32C (Castagnoli), as Zarr's crc32c codec and shard indexes use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace resonance::zarr {

/// `before`: the checksum of the bytes in front of these, to go on from.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

}  // namespace resonance::zarr
