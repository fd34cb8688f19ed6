/// A CSV file as one run: one event per row, one data key per column.
///
/// Times of the events come from a column `timestamp`, `time`, `epoch` or `datetime` that holds seconds since the Unix epoch or
/// ISO 8601 text; without one, all events get the file's modification time, and a note says so. A column `time` or `seq_num`
/// that only repeats what every event has is not stored twice; one that says something else becomes "time (file)".
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "exchange/cell_type.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/csv_time.hpp"
#include "exchange/importers.hpp"
#include "exchange/run_recorder.hpp"
#include "exchange/text_encoding.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

namespace resonance::exchange {
namespace {

struct CsvColumn {
  std::string name;
  std::string units;
  CellType type = CellType::text;
  bool stored = true;
};

/// "energy (eV)" and "Energy [eV]" tell the unit. The name stays as it is.
std::string units_in(std::string_view name) {
  const char last = name.empty() ? ' ' : name.back();
  const auto open = last == ')' ? name.rfind('(') : last == ']' ? name.rfind('[') : std::string_view::npos;
  if (open == std::string_view::npos || open == 0) return {};
  return std::string(trimmed(name.substr(open + 1, name.size() - open - 2)));
}

std::vector<CsvColumn> columns_of(const csv::CsvTable& table) {
  std::vector<CellTypeGuess> guesses(table.header().size());
  std::vector<std::string> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) guesses[i].see(cells[i]);
  }
  std::vector<CsvColumn> columns;
  const auto names = to_column_names(table.header());
  for (std::size_t i = 0; i < names.size(); ++i) columns.push_back({names[i], units_in(names[i]), guesses[i].type()});
  return columns;
}

bool counts_the_rows(const csv::CsvTable& table, std::size_t column) {
  std::vector<std::string> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    const auto value = parse_int64(trimmed(cells[column]));
    if (!value || *value != static_cast<std::int64_t>(row + 1)) return false;
  }
  return true;
}

/// A table of events has its own `seq_num` and `time`: columns of these names would be there twice.
void settle_reserved_names(const csv::CsvTable& table, const std::optional<csv::TimeColumn>& time, std::vector<CsvColumn>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto& column = columns[i];
    if (column.name == "time")
      column.stored = !(time && time->index == i && time->exact);
    else if (column.name == "seq_num")
      column.stored = !counts_the_rows(table, i);
    else
      continue;
    if (column.stored) column.name += " (file)";
  }
}

Json data_keys_of(const std::vector<CsvColumn>& columns) {
  Json keys = Json::object();
  for (const auto& column : columns)
    if (column.stored) keys.set(column.name, cell_key(column.type, "csv", column.units));
  return keys;
}

Json metadata_of(const SourceFile& source, const csv::CsvTable& table, const std::optional<csv::TimeColumn>& time) {
  Json header = Json::array();
  for (const auto& name : table.header()) header.push_back(name);
  Json facts = Json::object({{"header", std::move(header)}, {"delimiter", std::string(1, table.delimiter())}});
  if (time) facts.set("time_column", table.header()[time->index]);
  return Json::object(
      {{"source_file", to_label(source.path.filename().string(), "csv")}, {"source_format", "csv"}, {"csv", std::move(facts)}});
}

Json data_of(const std::vector<CsvColumn>& columns, const std::vector<std::string>& cells) {
  Json::Object data;
  data.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].stored) data.emplace_back(columns[i].name, cell_value(cells[i], columns[i].type));
  return Json(std::move(data));
}

void note_times(const std::optional<csv::TimeColumn>& time, ImportReport& report) {
  if (!time)
    report.notes.emplace_back("no column tells the time of the rows: all events have the modification time of the file");
  else if (time->without_zone)
    report.notes.emplace_back("the times in the file name no time zone; they were taken as UTC");
}

}  // namespace

bool is_csv(std::string_view bytes) { return csv::looks_like_csv(bytes); }

void import_csv(SourceFile source, const Target& target) {
  const csv::CsvTable table(to_utf8(source.bytes));
  if (table.rows() == 0) throw Error(ErrorCode::invalid_argument, "the table has a header and no rows: there is nothing to import");
  const auto time = csv::find_time_column(table);
  const double start = time ? *std::ranges::min_element(time->times) : io::modification_time(source.path);
  const auto uid = import_uid(time ? std::optional(start) : std::nullopt, source.bytes);
  RunRecorder recorder(target);
  if (recorder.already_there(uid)) return;
  note_times(time, target.report);

  auto columns = columns_of(table);
  settle_reserved_names(table, time, columns);
  recorder.open({uid, "csv", std::nullopt, metadata_of(source, table, time), data_keys_of(columns), start, table.rows()});
  std::vector<std::string> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    recorder.add(time ? time->times[row] : start, data_of(columns, cells));
  }
  recorder.close();
}

}  // namespace resonance::exchange
