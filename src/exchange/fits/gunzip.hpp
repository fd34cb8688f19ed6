/// gzip in memory, within a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace resonance::fits {

[[nodiscard]] bool is_gzip(std::span<const std::byte> bytes) noexcept;

/// All members, one behind the other; zeros behind the last are padding.
/// \throws Error(corrupt) damaged or cut off; Error(unsupported) more than `most` bytes
[[nodiscard]] std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::uint64_t most);

}  // namespace resonance::fits
