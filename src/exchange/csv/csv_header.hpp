/// Names and units of the columns, from the first lines of a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exchange/csv/csv_cells.hpp"

namespace resonance::csv {

using Row = std::vector<Cell>;

/// What stands above the rows of numbers.
struct Header {
  std::vector<std::string> names;              ///< as the file has them, without blanks at their ends; empty where it has none
  std::vector<std::string> units;              ///< as many; empty where nothing tells
  std::vector<std::vector<std::string>> more;  ///< lines between the names and the rows, the one with the units included
  std::size_t unit_line = 0;                   ///< which of them
  std::size_t lines = 1;                       ///< records that are no rows; 0: the names are not among them
  bool nameless = false;                       ///< the file names no columns
};

/// `first`: the first records, at most kHeaderRows; `comment`: the last line of comment above them, cut like a record, or empty.
///
/// The first record has the names, unless it has a number and `comment` has as many cells and none, or all of it are numbers. Up to
/// three records behind it without any number are units and the like, if their words stand where all other records have numbers.
inline constexpr std::size_t kHeaderRows = 50;
[[nodiscard]] Header read_header(const std::vector<Row>& first, const Row& comment);

}  // namespace resonance::csv
