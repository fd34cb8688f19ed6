#include "exchange/csv/csv_time.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "exchange/iso_time.hpp"

namespace resonance::csv {
namespace {

constexpr double kEarliest = 1e8;
constexpr double kLatest = 1e11;

bool may_be_time(std::string_view header) {
  std::string name(trimmed(header.substr(0, header.find_first_of("(["))));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> names{"timestamp", "time", "epoch", "datetime", "date"};
  return std::ranges::find(names, name) != names.end();
}

std::optional<double> time_of(std::string_view cell, TimeColumn& column) {
  if (const auto number = parse_double(trimmed(cell))) {
    column.exact = true;
    return *number >= kEarliest && *number <= kLatest ? number : std::nullopt;
  }
  const auto time = exchange::parse_iso_time(cell);
  if (!time) return std::nullopt;
  if (!time->utc_offset) column.without_zone = true;
  return time->epoch();
}

std::optional<TimeColumn> times_in(const CsvTable& table, std::size_t index) {
  TimeColumn column;
  column.index = index;
  column.times.reserve(table.rows());
  std::vector<std::string> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    const auto time = time_of(cells[index], column);
    if (!time) return std::nullopt;
    column.times.push_back(*time);
  }
  return column;
}

}  // namespace

std::optional<TimeColumn> find_time_column(const CsvTable& table) {
  for (std::size_t i = 0; i < table.header().size(); ++i) {
    if (!may_be_time(table.header()[i])) continue;
    if (auto column = times_in(table, i)) return column;
  }
  return std::nullopt;
}

}  // namespace resonance::csv
