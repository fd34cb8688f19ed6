/// How a table of text is written, before its first line is understood.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/exchange.hpp"

namespace resonance::csv {

struct Dialect {
  char delimiter = ',';
  std::size_t begin = 0;              ///< of the first line that is neither skipped, blank, comment nor "sep=;"
  std::uint64_t line = 1;             ///< its number
  std::vector<std::string> comments;  ///< the lines of comment before it, without their sign, at most 1000
  std::string comment_sign;           ///< how they begin
  bool comment_said = false;          ///< no other line is a comment
  bool ours = false;                  ///< `resonance table` wrote it: quoted cells are text, and nothing has a second meaning
};

/// What the lines before the header say, what `reading` says, and else the delimiter (comma, semicolon, tab, bar or blanks) that cuts
/// the first 100 lines into the same number of cells, and most of them into numbers.
[[nodiscard]] Dialect find_dialect(std::string_view text, const TableReading& reading);

/// The sign with which a line of comment begins ("#", "%", "//", "!"); empty when it is none.
[[nodiscard]] std::string_view comment_sign_of(std::string_view line);

}  // namespace resonance::csv
