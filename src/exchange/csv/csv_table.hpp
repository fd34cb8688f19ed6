/// Comma-separated values and their relatives as a table of text cells. Pure: text in, cells out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/csv/csv_cells.hpp"
#include "exchange/csv/csv_dialect.hpp"
#include "exchange/csv/csv_header.hpp"

namespace resonance::csv {

/// A table with its header. Cells may be quoted and then hold delimiters, line ends and doubled quotes. Empty lines are skipped, lines
/// of comment too; empty cells behind the last column count for nothing.
/// Memory: the text and 16 bytes a row; cells are cut out row by row.
class CsvTable {
 public:
  /// \throws Error(corrupt) a quoted cell without end, a NUL, more than 16384 columns; Error(invalid_argument) no line at all
  explicit CsvTable(std::string text, const TableReading& reading = {});

  [[nodiscard]] const Dialect& dialect() const noexcept { return dialect_; }
  [[nodiscard]] const Header& header() const noexcept { return header_; }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return header_.names; }
  [[nodiscard]] std::uint64_t rows() const noexcept { return records_.size(); }
  [[nodiscard]] std::uint64_t line_of(std::uint64_t row) const { return records_.at(row).line; }
  [[nodiscard]] char delimiter() const noexcept { return dialect_.delimiter; }
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// The cells of a row, as many as there are names. `cells` is reused from row to row.
  /// \throws Error(corrupt) naming the line, when it has fewer or more
  void read_row(std::uint64_t row, std::vector<Cell>& cells) const;

 private:
  struct Record {
    std::size_t begin;
    std::uint64_t line;  // from 1
  };
  struct Comments {
    std::uint64_t first_line = 0, lines = 0;
  };
  [[nodiscard]] LineReader reader() const { return {text_, dialect_.delimiter}; }
  [[nodiscard]] std::vector<Row> first_rows() const;
  [[nodiscard]] Row last_comment() const;
  [[nodiscard]] bool signs_begin_rows() const;
  [[nodiscard]] bool is_comment(std::string_view line) const;
  [[nodiscard]] std::size_t cells_at(std::size_t position) const;
  void require_text() const;
  void add_record(std::size_t& position, std::uint64_t& line);
  void find_records();
  void drop_nameless_end();
  void note_oddities();

  std::string text_;
  Dialect dialect_;
  Header header_;
  std::vector<Record> records_;
  std::vector<std::uint64_t> more_lines_;  // of header_.more
  Comments comments_;                      // behind the header
  std::vector<std::string> notes_;
};

}  // namespace resonance::csv
