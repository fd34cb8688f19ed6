/// Intensities → 8-bit grey values.
#pragma once

#include <cstdint>
#include <vector>

#include "resonance/exchange.hpp"

namespace resonance::image {

/// One grey value per pixel, C order. Percentiles are exact (nearest rank) and taken over the finite pixels; where both fall
/// on one value, the extremes stand in for them, and a frame of one value becomes mid grey. NaN and -inf are black, +inf is
/// white. The logarithmic scale shows three decades below white.
/// \throws Error(invalid_argument) byte count, percentiles that are not 0 <= low < high <= 100
[[nodiscard]] std::vector<std::uint8_t> grey_values(const FrameView& frame, const ImageScaling& scaling);

}  // namespace resonance::image
