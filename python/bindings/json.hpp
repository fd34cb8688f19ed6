/// Python values ↔ Json, without loss and without text in between.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <string_view>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::python {

/// None, bool, int of any size, float, str, dict, list and tuple, and what NumPy has of these: scalars, and arrays as nested lists.
/// \throws TypeError naming where in `value` something else is; ValueError for more than 128 levels and for text that is not Unicode
[[nodiscard]] Json to_json(nanobind::handle value);
/// The same for the value of a key, which errors name.
[[nodiscard]] Json to_json(nanobind::handle value, std::string_view key);
/// The same for what must be an object; None is an empty one. `what` is for the error.
[[nodiscard]] Json to_json_object(nanobind::handle value, const char* what);

/// A new dict, of what `dict(value)` takes: any mapping, a data frame's columns. What is done with a value may run code that changes
/// the caller's dict; this one stays as it is. \throws TypeError
[[nodiscard]] nanobind::dict to_dict(nanobind::handle value);

/// Text, or a TypeError that names the argument: "a field of frames is text, not 5".
[[nodiscard]] std::string to_text(nanobind::handle value, const char* what);
/// The same for a sequence of texts, which is not one text.
[[nodiscard]] std::vector<std::string> to_texts(nanobind::handle value, const char* what);

[[nodiscard]] nanobind::object to_python(const Json& value);
[[nodiscard]] nanobind::object to_python(std::string_view text);  ///< bytes that are no UTF-8 are replaced

}  // namespace resonance::python
