/// NumPy's array file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "resonance/types.hpp"

namespace resonance::image {

/// The header of an .npy file (format 1.0) in C order and native byte order; the elements follow it as they are.
[[nodiscard]] std::vector<std::byte> npy_header(std::span<const std::uint64_t> shape, DType dtype);

}  // namespace resonance::image
