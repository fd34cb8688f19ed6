/// The `fill_value` member of zarr.json (Zarr v3, "Data types"): one element, exactly.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "resonance/json.hpp"
#include "resonance/types.hpp"

namespace resonance::zarr {

/// One element in native byte order. \throws Error(corrupt) a value of another kind or out of the type's range
[[nodiscard]] std::vector<std::byte> parse_fill_value(const Json& value, DType dtype);
/// An empty `element` is 0.
[[nodiscard]] Json dump_fill_value(std::span<const std::byte> element, DType dtype);

}  // namespace resonance::zarr
