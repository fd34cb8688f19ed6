/// Where a page of runs ends, as text that a caller gives back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "index/sql.hpp"

namespace resonance::index {

/// The sort that the pages are in, and the value, the uid and the number of the last run. A rebuild gives runs other numbers, and a
/// run that is deleted has none: one of the two finds the place.
struct Cursor {
  std::string sort;
  std::optional<SqlValue> value;  ///< none: the run has no such value
  std::string uid;
  std::int64_t run = 0;
};

[[nodiscard]] std::string to_text(const Cursor& cursor);
/// \throws Error(invalid_argument) not made by to_text(), or for another sort
[[nodiscard]] Cursor parse_cursor(std::string_view text, std::string_view sort);

}  // namespace resonance::index
