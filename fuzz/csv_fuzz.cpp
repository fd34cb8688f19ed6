// Any bytes as CSV: refused with an Error, or every row has as many cells as the header, and every cell a value of its column's type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "exchange/cell_type.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/csv_time.hpp"
#include "exchange/text_encoding.hpp"
#include "resonance/error.hpp"

namespace {

using namespace resonance;

void read_table(const csv::CsvTable& table) {
  std::vector<exchange::CellTypeGuess> guesses(table.header().size());
  std::vector<std::string> cells;
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    if (cells.size() != guesses.size()) std::abort();
    for (std::size_t i = 0; i < cells.size(); ++i) guesses[i].see(cells[i]);
  }
  for (std::uint64_t row = 0; row < table.rows(); ++row) {
    table.read_row(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (exchange::cell_value(cells[i], guesses[i].type()).is_null() && cells[i].find_first_not_of(" \t\r\n\v\f") != std::string::npos)
        std::abort();
  }
  (void)csv::find_time_column(table);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  (void)csv::looks_like_csv(text);
  try {
    read_table(csv::CsvTable(exchange::to_utf8(std::move(text))));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
