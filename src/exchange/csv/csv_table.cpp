#include "exchange/csv/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::csv {
namespace {

constexpr std::size_t kMaxColumns = 16384;

bool at_line_end(std::string_view text, std::size_t position) {
  return position >= text.size() || text[position] == '\n' || (text[position] == '\r' && text.substr(position).starts_with("\r\n"));
}

std::size_t after_line_end(std::string_view text, std::size_t position) {
  if (position < text.size() && text[position] == '\r') ++position;
  return std::min(position + 1, text.size());
}

/// Position behind the closing quote of a cell that begins at `position`; npos when it is never closed.
std::size_t end_of_quoted(std::string_view text, std::size_t position) {
  while ((position = text.find('"', position + 1)) != std::string_view::npos) {
    if (position + 1 >= text.size() || text[position + 1] != '"') return position + 1;
    ++position;  // doubled: stands for one quote
  }
  return std::string_view::npos;
}

std::string unquoted(std::string_view cell) {
  std::string out;
  out.reserve(cell.size());
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    out.push_back(cell[i]);
    if (cell[i] == '"') ++i;
  }
  return out;
}

char guess_delimiter(std::string_view text) {
  std::array<std::pair<char, std::size_t>, 3> counts{{{',', 0}, {';', 0}, {'\t', 0}}};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) break;
    for (auto& [delimiter, count] : counts)
      if (c == delimiter && !quoted) ++count;
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

bool has_header_and_columns(std::string_view text) {
  try {
    const CsvTable table{std::string(text)};
    if (table.header().size() < 2) return false;
    if (std::ranges::all_of(table.header(), [](const auto& name) { return parse_double(trimmed(name)).has_value(); })) return false;
    std::vector<std::string> cells;
    if (table.rows() > 0) table.read_row(0, cells);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

CsvTable::CsvTable(std::string text) : text_(std::move(text)) {
  // Blanks and empty lines before the header would otherwise count as a header of one column.
  const auto start = text_.find_first_not_of("\r\n");
  if (start == std::string::npos) throw Error(ErrorCode::invalid_argument, "the table is empty");
  delimiter_ = guess_delimiter(std::string_view(text_).substr(start));
  find_records();
  split(records_.front().begin, header_);
  records_.erase(records_.begin());
}

void CsvTable::find_records() {
  const std::string_view text = text_;
  std::uint64_t line = 1;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    const std::uint64_t begin_line = line;
    for (bool cell_begins = true; !at_line_end(text, position);) {
      if (cell_begins && text[position] == '"') {
        const auto end = end_of_quoted(text, position);
        if (end == std::string_view::npos) throw Error(ErrorCode::corrupt, fmt::format("line {}: a quoted cell is not closed", line));
        line += static_cast<std::uint64_t>(std::ranges::count(text.substr(position, end - position), '\n'));
        position = end;
        cell_begins = false;
      } else {
        cell_begins = text[position] == delimiter_;
        ++position;
      }
    }
    if (position > begin) records_.push_back({begin, begin_line});
    position = after_line_end(text, position);
    ++line;
  }
}

std::size_t CsvTable::split(std::size_t position, std::vector<std::string>& cells) const {
  const std::string_view text = text_;
  std::size_t count = 0;
  while (true) {
    const std::size_t begin = position;
    std::size_t quoted_end = begin;
    if (!at_line_end(text, position) && text[position] == '"') quoted_end = position = end_of_quoted(text, position);
    while (!at_line_end(text, position) && text[position] != delimiter_) ++position;
    if (count == kMaxColumns) throw Error(ErrorCode::corrupt, fmt::format("a line has more than {} cells", kMaxColumns));
    if (cells.size() <= count) cells.emplace_back();
    auto& cell = cells[count++];
    if (quoted_end > begin) {
      cell = unquoted(text.substr(begin, quoted_end - begin));
      cell += text.substr(quoted_end, position - quoted_end);  // text behind the quotes is against the RFC, but not lost
    } else {
      cell = text.substr(begin, position - begin);
    }
    if (at_line_end(text, position)) return count;
    ++position;
  }
}

void CsvTable::read_row(std::uint64_t row, std::vector<std::string>& cells) const {
  const auto& record = records_.at(row);
  const auto count = split(record.begin, cells);
  if (count != header_.size())
    throw Error(ErrorCode::corrupt, fmt::format("line {} has {} cells, the header has {}", record.line, count, header_.size()));
  cells.resize(count);
}

bool looks_like_csv(std::string_view text) {
  if (text.substr(0, 65536).find('\0') != std::string_view::npos) return false;
  // A prefix is enough, except when it ends inside a quoted cell.
  constexpr std::size_t kPrefix = 1 << 20;
  return has_header_and_columns(text.substr(0, text.size() > kPrefix ? text.rfind('\n', kPrefix) + 1 : text.size())) ||
         (text.size() > kPrefix && has_header_and_columns(text));
}

}  // namespace resonance::csv
