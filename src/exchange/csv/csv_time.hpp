/// Which column of a CSV table tells when its rows were measured.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "exchange/csv/csv_table.hpp"

namespace resonance::csv {

struct TimeColumn {
  std::size_t index = 0;
  std::vector<double> times;  ///< of all rows, seconds since the Unix epoch, UTC
  bool exact = false;         ///< the cells are these numbers
  bool without_zone = false;  ///< the text names no time zone; it was taken as UTC
};

/// The first column named timestamp, time, epoch, datetime or date (in any case, with or without a unit) whose every cell is a
/// plausible time: 1e8 to 1e11 seconds since the Unix epoch (1973 and later), or ISO 8601 text.
[[nodiscard]] std::optional<TimeColumn> find_time_column(const CsvTable& table);

}  // namespace resonance::csv
