/// Python values ↔ Json, without loss and without text in between.
#pragma once

#include <nanobind/nanobind.h>

#include "resonance/json.hpp"

namespace resonance::python {

/// None, bool, int of any size, float, str, dict, list and tuple, and what NumPy has of these: scalars, and arrays as nested lists.
/// \throws TypeError naming where in `value` something else is; ValueError for more than 128 levels and for text that is not Unicode
[[nodiscard]] Json to_json(nanobind::handle value);
/// The same for what must be an object; None is an empty one. `what` is for the error.
[[nodiscard]] Json to_json_object(nanobind::handle value, const char* what);

/// A dict, or what `dict(value)` makes of it: any mapping, a data frame's columns. \throws TypeError
[[nodiscard]] nanobind::dict to_dict(nanobind::handle value);

[[nodiscard]] nanobind::object to_python(const Json& value);
[[nodiscard]] nanobind::object to_python(std::string_view text);  ///< bytes that are no UTF-8 are replaced

}  // namespace resonance::python
