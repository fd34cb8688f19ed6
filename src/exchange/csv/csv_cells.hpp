/// Where cells and lines of a table begin and end. Pure: text in, places out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::csv {

inline constexpr std::size_t kMaxColumns = 16384;
inline constexpr char kBlanks = ' ';  ///< as delimiter: any number of blanks and tabs

struct Cell {
  std::string text;
  bool quoted = false;
  bool operator==(const Cell&) const = default;
};

/// Lines end with LF, CRLF or CR.
[[nodiscard]] bool at_line_end(std::string_view text, std::size_t position);
[[nodiscard]] std::size_t after_line_end(std::string_view text, std::size_t position);
/// The line that begins at `position`, without its end.
[[nodiscard]] std::string_view line_at(std::string_view text, std::size_t position);
[[nodiscard]] std::uint64_t count_lines(std::string_view text);  ///< line ends in it

/// A line with its quoted cells, which may hold line ends, from one position to the next.
class LineReader {
 public:
  LineReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  /// The end of the line that begins at `position`. False: a quoted cell is never closed; `position` is where it begins.
  [[nodiscard]] bool skip(std::size_t& position) const;

  /// Its cells; `cells` is reused and may be longer. \return how many there are \throws Error(corrupt) more than kMaxColumns
  std::size_t read(std::size_t position, std::vector<Cell>& cells) const;

 private:
  struct Place {
    std::size_t begin, end;      // of the cell's text, quotes included
    std::size_t quoted_end = 0;  // behind the closing quote; 0: not quoted
    bool open = false;           // its quote is never closed
  };
  Place take(std::size_t& position) const;
  [[nodiscard]] bool is_delimiter(char c) const noexcept { return c == delimiter_ || (delimiter_ == kBlanks && c == '\t'); }
  [[nodiscard]] std::size_t after_blanks(std::size_t position) const;
  [[nodiscard]] bool more(std::size_t& position) const;

  std::string_view text_;
  char delimiter_;
};

}  // namespace resonance::csv
