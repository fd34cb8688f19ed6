/// Text for people: safe to print, cut and padded by display width, in tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::cli {

/// Text that cannot steer a terminal: control and direction characters are written as \xNN or \uNNNN, broken UTF-8 as U+FFFD.
[[nodiscard]] std::string safe_text(std::string_view text);
/// Columns that UTF-8 text takes on a terminal: 2 for East Asian wide characters, 0 for combining ones.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// The text, or as much of its beginning as fits in `width` columns with "…" behind it.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);
/// The same with "…" in the middle: names often differ in their ends.
[[nodiscard]] std::string fitted_middle(std::string_view text, std::size_t width);

/// Words in lines of at most `width` columns, the lines behind the first one indented; the first one begins at that column.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

[[nodiscard]] std::string human_bytes(std::uint64_t bytes);                     ///< "512 B", "1.5 KiB", "34 MiB"
[[nodiscard]] std::string human_duration(double seconds);                       ///< "0.35 s", "48 s", "2 min 5 s", "1 h 12 min", "3 d 4 h"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);  ///< "1 frame", "49 frames"

/// A value of a table and how it is painted where there are colours.
struct Cell {
  Cell(std::string cell_text) : text(std::move(cell_text)) {}
  Cell(const char* cell_text) : text(cell_text) {}
  Cell(std::string cell_text, const char* cell_colour) : text(std::move(cell_text)), colour(cell_colour) {}
  std::string text;
  const char* colour = "";  ///< one of the constants in terminal.hpp
};

/// Where the text of a column is cut when the line is too long.
enum class Cut {
  never,
  end,
  middle,
  last  ///< in the middle, and only when the other columns can give no more: paths
};

/// Columns of text under their headings. Cells are made safe here.
class TextTable {
 public:
  struct Heading {
    std::string text;
    bool right = false;  ///< numbers
    Cut cut = Cut::never;
  };
  explicit TextTable(std::vector<Heading> headings, std::string indent = {});
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Lines of at most `width` columns, as far as columns may be cut. Columns without any text are left out.
  [[nodiscard]] std::string render(std::size_t width, bool colours) const;

 private:
  std::vector<Heading> headings_;
  std::vector<std::vector<Cell>> rows_;
  std::string indent_;
};

}  // namespace resonance::cli
