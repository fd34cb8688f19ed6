/// Numbers as text without an allocation, for the writers that are called for every event.
#pragma once

#include <cstddef>

namespace resonance {

inline constexpr std::size_t kNumberBytes = 32;

/// What shortest() of base/text.hpp returns, written to `out`, which has room for kNumberBytes. \return its end
[[nodiscard]] char* write_shortest(char* out, double value, bool decimal_point) noexcept;

}  // namespace resonance
