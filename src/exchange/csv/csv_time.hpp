/// Which column of a CSV table tells when its rows were measured.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/time_zone.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/text_columns.hpp"

namespace resonance::csv {

struct RowTimes {
  std::vector<double> times;          ///< of all rows, seconds since the Unix epoch
  std::optional<std::size_t> column;  ///< that tells them; none: all rows have the modification time of the file
  bool exact = false;                 ///< its cells are these numbers
  bool dated = false;                 ///< the content alone tells them
};

struct TimeQuestion {
  const CsvTable& table;
  const exchange::TextColumns& columns;  ///< settled
  const TimeZone& zone;                  ///< of times that do not tell theirs
  double modified;                       ///< when the file was
  double now;
};

/// The column that was said to be the time; else the first one named like a time (timestamp, time, epoch, date and their like) whose
/// every cell is one: a count since 1970, 1904 or another epoch that gives dates from 1980 to tomorrow, or a date with a time of day. Else
/// one with times of day alone, or that counts from the start of the scan: these end when the file was modified. What was believed,
/// and of the first column so named why it was not, is in `notes`.
/// \throws Error(invalid_argument) the column that was said to be the time is none, with line and cell
[[nodiscard]] RowTimes find_times(const TimeQuestion& question, std::vector<std::string>& notes);

}  // namespace resonance::csv
