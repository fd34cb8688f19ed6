// Any bytes as CSV, read as it seems or as one is told: refused with an Error, or every row has as many cells as there are names, and
// every cell that is not missing a value of its column's type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/csv_time.hpp"
#include "exchange/text_columns.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace {

using namespace resonance;

/// What is told, from one byte.
TableReading reading_of(std::uint8_t choice) {
  constexpr char kDelimiters[] = {',', ';', '\t', ' '};
  TableReading reading;
  if ((choice & 1) != 0) reading.delimiter = kDelimiters[(choice >> 1) & 3];
  if ((choice & 8) != 0) reading.decimal = (choice & 16) != 0 ? ',' : '.';
  if ((choice & 32) != 0) reading.comment = (choice & 64) != 0 ? "#" : "";
  if ((choice & 128) != 0) reading.skip = choice & 3;
  return reading;
}

void read_table(const csv::CsvTable& table, TableReading reading) {
  if (reading.skip == 1) reading.columns.emplace_back(table.names().front(), ColumnKind::number);
  if (reading.skip == 2) reading.columns.emplace_back(table.names().back(), ColumnKind::time);
  exchange::TextColumns columns(table.names(), table.header().units, reading);
  std::vector<csv::Cell> cells;
  std::vector<std::string> notes;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    if (cells.size() != table.names().size()) std::abort();
    for (std::size_t i = 0; i < cells.size(); ++i) columns.see(i, cells[i].text, table.line_of(row));
  }
  columns.settle(notes);
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (columns.value(i, cells[i].text).is_null() && !exchange::is_missing_text(trimmed(cells[i].text))) std::abort();
  }
  if (table.rows() > 0 && csv::find_times({table, columns, TimeZone(), 1.7e9}, notes).times.size() != table.rows()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto& reading : {TableReading{}, reading_of(size == 0 ? 0 : data[size - 1])}) {
    try {
      read_table(csv::CsvTable(exchange::to_utf8(text), reading), reading);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::internal) std::abort();
    }
  }
  return 0;
}
