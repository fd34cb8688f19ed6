#include "exchange/csv/csv_header.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "exchange/number_form.hpp"
#include "exchange/text_columns.hpp"

namespace resonance::csv {
namespace {

constexpr std::size_t kLongestUnit = 24;
constexpr std::size_t kMostMore = 3;  // records with units, long names, comments

bool is_number(const Cell& cell) { return exchange::look_at_number(trimmed(cell.text)).forms != 0; }
bool is_empty(const Cell& cell) { return trimmed(cell.text).empty(); }
bool is_missing(const Cell& cell) { return exchange::is_missing_text(trimmed(cell.text)); }
bool is_no_unit(const Cell& cell) { return !is_empty(cell) && trimmed(cell.text).find_first_not_of('-') == std::string_view::npos; }
bool has_number(const Row& row) { return std::ranges::any_of(row, is_number); }

/// Not one name among them.
bool is_all_numbers(const Row& row) {
  return has_number(row) && std::ranges::all_of(row, [](const Cell& cell) { return is_number(cell) || is_missing(cell); });
}

/// A record that says of columns what they are: words where all rows have numbers, and no number itself.
bool describes(const Row& row, const std::vector<Row>& rows, std::size_t first) {
  const auto numbers = [&](std::size_t column) {
    return std::all_of(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(), [column](const Row& other) {
      return column >= other.size() || is_number(other[column]) || is_missing(other[column]);
    });
  };
  bool any = false;
  for (std::size_t i = 0; i < std::min(row.size(), rows[first].size()); ++i) {
    if (is_empty(row[i]) || !is_number(rows[first][i]) || !numbers(i)) continue;
    if (is_no_unit(row[i])) continue;
    if (is_missing(row[i])) return false;  // "N/A": a row of values
    any = true;
  }
  return any;
}

/// Records behind the names and before the first row.
std::size_t count_more(const std::vector<Row>& rows) {
  std::size_t next = 1;
  while (next < rows.size() && !has_number(rows[next])) ++next;
  if (next == 1 || next >= rows.size() || next > kMostMore + 1) return 0;
  for (std::size_t i = 1; i < next; ++i)
    if (!describes(rows[i], rows, next)) return 0;
  return next - 1;
}

std::string without_brackets(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && ((text.front() == '[' && text.back() == ']') || (text.front() == '(' && text.back() == ')')))
    text = trimmed(text.substr(1, text.size() - 2));
  const bool none = text.size() > kLongestUnit || text.find_first_not_of('-') == std::string_view::npos;
  return std::string(none ? "" : text);
}

/// The line with the units: one in brackets, else the one with the shortest words.
std::size_t unit_line(const std::vector<std::vector<std::string>>& lines) {
  const auto length = [](const std::vector<std::string>& line) {
    std::size_t longest = 0;
    for (const auto& cell : line) longest = std::max(longest, cell.starts_with('[') || cell.starts_with('(') ? 1 : cell.size());
    return longest;
  };
  return static_cast<std::size_t>(std::ranges::min_element(lines, {}, length) - lines.begin());
}

std::vector<std::string> texts_of(const Row& row) {
  std::vector<std::string> texts;
  for (const auto& cell : row) texts.emplace_back(trimmed(cell.text));
  return texts;
}

}  // namespace

Header read_header(const std::vector<Row>& first, const Row& comment) {
  Header header;
  const Row& top = first.front();
  if (has_number(top) && comment.size() == top.size() && comment.size() > 1 && !has_number(comment)) {
    header.names = texts_of(comment);
    header.lines = 0;
  } else if (is_all_numbers(top)) {
    header.names.resize(top.size());
    header.lines = 0;
    header.nameless = true;
  } else {
    header.names = texts_of(top);
    for (std::size_t i = count_more(first); i > 0; --i) header.more.push_back(texts_of(first[header.lines++]));
  }
  for (const auto& name : header.names) header.units.push_back(exchange::units_in(name));
  if (header.more.empty()) return header;
  header.unit_line = unit_line(header.more);
  const auto& units = header.more[header.unit_line];
  for (std::size_t i = 0; i < std::min(units.size(), header.units.size()); ++i)
    if (auto unit = without_brackets(units[i]); !unit.empty()) header.units[i] = std::move(unit);
  return header;
}

}  // namespace resonance::csv
