/// Comma-separated values (RFC 4180) as a table of text cells. Pure: text in, cells out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::csv {

/// A table with a header row. The delimiter (comma, semicolon or tab) is the one that the header has most of. Cells may be
/// quoted and then hold delimiters, line ends and doubled quotes. Lines end with LF or CRLF; empty lines are skipped.
/// Memory: the text and 16 bytes a row; cells are cut out row by row.
class CsvTable {
 public:
  /// \throws Error(corrupt) a quoted cell without end, more than 16384 columns; Error(invalid_argument) no line at all
  explicit CsvTable(std::string text);

  [[nodiscard]] const std::vector<std::string>& header() const noexcept { return header_; }
  [[nodiscard]] std::uint64_t rows() const noexcept { return records_.size(); }
  [[nodiscard]] char delimiter() const noexcept { return delimiter_; }

  /// The cells of a row, as many as the header has. `cells` is reused from row to row.
  /// \throws Error(corrupt) naming the line, when it has fewer or more
  void read_row(std::uint64_t row, std::vector<std::string>& cells) const;

 private:
  struct Record {
    std::size_t begin;
    std::uint64_t line;  // from 1
  };
  void find_records();
  std::size_t split(std::size_t position, std::vector<std::string>& cells) const;

  std::string text_;
  char delimiter_ = ',';
  std::vector<std::string> header_;
  std::vector<Record> records_;
};

/// Whether text looks like a table with a header row: several columns, a first row as long as the header, which is not all numbers.
[[nodiscard]] bool looks_like_csv(std::string_view text);

}  // namespace resonance::csv
