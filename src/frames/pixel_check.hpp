/// Are these the pixels that were recorded?
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace resonance::frames {

/// CRC-32C of a frame as frame_checksums has it: pixels little-endian, in C order.
[[nodiscard]] std::uint32_t pixel_checksum(std::span<const std::byte> pixels, std::size_t item_bytes);

/// `recorded` is known and another one: Error(corrupt) that names where the pixels come from.
void require_checksum(std::span<const std::byte> pixels, std::size_t item_bytes, std::optional<std::uint32_t> recorded,
                      const std::filesystem::path& file, std::optional<std::uint64_t> offset);

/// Bytes of a file, the first at `offset` of it, reach into a page of the file of which they are all zero. Costs a look at the
/// first bytes of each page. A page that was lost in a power cut reads so.
[[nodiscard]] bool has_zero_page(std::span<const std::byte> bytes, std::uint64_t offset) noexcept;

}  // namespace resonance::frames
