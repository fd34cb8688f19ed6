/// The "-AI.txt" file of the ALS Beamline Control System as text cells. Pure: text in, cells out.
///
/// The file: some free lines ("Scan Type: From File"), one line of tab-separated column names, then one line per point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::bcs {

class ScanTable {
 public:
  /// `text` is UTF-8; lines end with LF or CRLF.
  /// \throws Error(corrupt) no line of columns in the first 1000 lines, or more than 16384 columns
  explicit ScanTable(std::string text);

  [[nodiscard]] const std::vector<std::string>& header() const noexcept { return header_; }    ///< the free lines
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }  ///< names, as the file has them
  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const noexcept;
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_.size(); }
  [[nodiscard]] std::uint64_t line_of(std::uint64_t row) const { return rows_.at(row).line; }  ///< from 1

  /// The cells of a row, as many as there are columns; they point into the table's text.
  /// \throws Error(corrupt) naming the line, when it has fewer or more
  void read_row(std::uint64_t row, std::vector<std::string_view>& cells) const;

  /// The last line when it ends in the middle, as a scan leaves it whose computer went down. It is not among the rows.
  [[nodiscard]] const std::optional<std::uint64_t>& torn_line() const noexcept { return torn_line_; }

 private:
  struct Row {
    std::size_t begin, end;
    std::uint64_t line;
  };
  void drop_torn_row();

  std::string text_;
  std::vector<std::string> header_;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
  std::optional<std::uint64_t> torn_line_;
};

/// Whether text is such a file: it says "Scan Type:", or its columns begin with "Time" and "Frame #".
[[nodiscard]] bool looks_like_scan_table(std::string_view text);

}  // namespace resonance::bcs
