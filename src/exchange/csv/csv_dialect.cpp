#include "exchange/csv/csv_dialect.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "base/text.hpp"
#include "exchange/csv/csv_cells.hpp"
#include "exchange/number_form.hpp"
#include "resonance/error.hpp"

namespace resonance::csv {
namespace {

constexpr std::size_t kSampleLines = 100;
constexpr std::size_t kMostComments = 1000;

/// Moves over the lines of a text.
struct Lines {
  std::string_view text;
  Dialect& at;

  [[nodiscard]] bool any() const { return at.begin < text.size(); }
  [[nodiscard]] std::string_view line() const { return line_at(text, at.begin); }
  void next() {
    at.begin = after_line_end(text, at.begin + line().size());
    ++at.line;
  }
};

/// "sep=;" as Excel writes it, in quotes or not; the sign may be a blank, a tab or "\t".
std::optional<char> separator_of(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  const bool quoted = line.starts_with('"');
  if (quoted) line.remove_prefix(1);
  if (line.size() < 4 || (line.substr(0, 4) != "sep=" && line.substr(0, 4) != "SEP=" && line.substr(0, 4) != "Sep=")) return std::nullopt;
  line.remove_prefix(4);
  if (quoted && line.find('"') != std::string_view::npos) line = line.substr(0, line.find('"'));
  if (line == "\\t") return '\t';
  if (const auto sign = trimmed(line); sign.size() == 1) line = sign;
  if (line.empty()) return std::nullopt;
  // A program that knows nothing of this line may have filled it up with delimiters.
  if (line.find_first_not_of(line[0]) != std::string_view::npos && !trimmed(line.substr(1)).empty()) return std::nullopt;
  return std::string_view(",;\t| :").find(line[0]) != std::string_view::npos ? std::optional(line[0]) : std::nullopt;
}

/// A line that begins with ';' is a comment where the table itself is cut at something else.
bool semicolon_comments(Lines lines) {
  if (!lines.line().starts_with(';')) return false;
  Dialect ahead = lines.at;
  Lines look{lines.text, ahead};
  while (look.any() && (look.line().starts_with(';') || trimmed(look.line()).empty())) look.next();
  return look.any() && look.line().find(';') == std::string_view::npos;
}

/// "#,energy": a column is called "#" where the line below it has as many cells.
bool names_a_column(Lines lines) {
  const auto line = trimmed(lines.line());
  if (line.size() < 2 || line[0] != '#' || std::string_view(",;\t|").find(line[1]) == std::string_view::npos) return false;
  Dialect ahead = lines.at;
  Lines look{lines.text, ahead};
  look.next();
  return look.any() && std::ranges::count(trimmed(look.line()), line[1]) == std::ranges::count(line, line[1]);
}

void read_comments(Lines& lines, const TableReading& reading) {
  auto& sign = lines.at.comment_sign;
  if (reading.comment) sign = *reading.comment;
  while (lines.any()) {
    const auto line = trimmed(lines.line());
    if (!line.empty()) {
      std::string_view found = names_a_column(lines) ? std::string_view() : comment_sign_of(line);
      if (reading.comment)
        found = !sign.empty() && line.starts_with(sign) ? std::string_view(sign) : std::string_view();
      else if (found.empty() && (sign == ";" ? line.starts_with(';') : sign.empty() && semicolon_comments(lines)))
        found = ";";
      if (found.empty()) return;
      if (lines.at.comments.size() < kMostComments) lines.at.comments.emplace_back(trimmed(line.substr(found.size())));
      if (!reading.comment) sign = found;
    }
    lines.next();
  }
}

/// How well a delimiter cuts the first lines.
struct Fit {
  bool several = false;  // cells in the first line
  double same = 0;       // the part of the other lines that has as many
  double numbers = 0;    // the part of their cells that are numbers
  std::size_t cells = 0;
  char delimiter = ',';

  bool operator<(const Fit& other) const {
    return std::tie(several, same, numbers, cells) < std::tie(other.several, other.same, other.numbers, other.cells);
  }
};

std::size_t without_empty_end(const std::vector<Cell>& cells, std::size_t count) {
  return count > 1 && trimmed(cells[count - 1].text).empty() && !cells[count - 1].quoted ? count - 1 : count;
}

std::size_t count_numbers(const std::vector<Cell>& cells, std::size_t count) {
  return static_cast<std::size_t>(std::count_if(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(count),
                                                [](const Cell& cell) { return exchange::look_at_number(trimmed(cell.text)).forms != 0; }));
}

/// Lines and cells below the first line, counted; the cells of the first one if it is alone.
struct Sample {
  std::size_t whole = 0, lines = 0, same = 0, cells = 0, numbers = 0;

  void see(const std::vector<Cell>& line, std::size_t count, Fit& fit) {
    if (fit.cells == 0) {
      whole = cells = count;
      numbers = count_numbers(line, count);
      fit.cells = without_empty_end(line, count);
      return;
    }
    if (lines++ == 0) cells = numbers = 0;
    if (count == whole || without_empty_end(line, count) == fit.cells) ++same;
    cells += count;
    numbers += count_numbers(line, count);
  }
};

Fit fit_of(std::string_view text, const Dialect& dialect, char delimiter) try {
  Fit fit;
  fit.delimiter = delimiter;
  const LineReader reader(text, delimiter);
  std::vector<Cell> cells;
  Sample sample;
  for (std::size_t position = dialect.begin, seen = 0; position < text.size() && seen < kSampleLines; ++seen) {
    const auto line = line_at(text, position);
    const auto begin = position;
    if (trimmed(line).empty() || (!dialect.comment_sign.empty() && trimmed(line).starts_with(dialect.comment_sign))) {
      position = after_line_end(text, position + line.size());
      continue;
    }
    if (!reader.skip(position)) break;
    position = after_line_end(text, position);
    const auto count = reader.read(begin, cells);
    sample.see(cells, count, fit);
  }
  fit.several = fit.cells > 1;
  fit.same = sample.lines == 0 ? 1 : static_cast<double>(sample.same) / static_cast<double>(sample.lines);
  fit.numbers = sample.cells == 0 ? 0 : static_cast<double>(sample.numbers) / static_cast<double>(sample.cells);
  // Words of prose are no columns.
  return delimiter == kBlanks && (fit.same < 1 || fit.numbers < 0.5) ? Fit{} : fit;
} catch (const Error&) {  // too many cells
  return {};
}

char guess_delimiter(std::string_view text, const Dialect& dialect) {
  Fit best = fit_of(text, dialect, ',');
  for (const char delimiter : {';', '\t', '|', kBlanks}) {
    const auto fit = fit_of(text, dialect, delimiter);
    if (best < fit) best = fit;
  }
  return best.delimiter;
}

}  // namespace

std::string_view comment_sign_of(std::string_view line) {
  if (exchange::is_spreadsheet_error(line.substr(0, line.find_first_of(",;\t| ")))) return {};
  for (const std::string_view sign : {"#", "%", "//", "!"})
    if (line.starts_with(sign)) return sign;
  return {};
}

Dialect find_dialect(std::string_view text, const TableReading& reading) {
  Dialect dialect;
  Lines lines{text, dialect};
  dialect.comment_said = reading.comment.has_value();
  dialect.ours = reading.skip == 0 && !reading.comment && !reading.delimiter &&
                 (text.starts_with("seq_num,time,") || line_at(text, 0) == "seq_num,time");
  if (dialect.ours) return dialect;
  for (std::uint64_t i = 0; i < reading.skip && lines.any(); ++i) lines.next();
  read_comments(lines, reading);
  const auto separator = lines.any() ? separator_of(lines.line()) : std::nullopt;
  if (separator) {
    lines.next();
    read_comments(lines, reading);
  }
  if (reading.delimiter)
    dialect.delimiter = *reading.delimiter;
  else
    dialect.delimiter = separator ? *separator : guess_delimiter(text, dialect);
  return dialect;
}

}  // namespace resonance::csv
