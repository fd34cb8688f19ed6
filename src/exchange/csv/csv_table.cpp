#include "exchange/csv/csv_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "exchange/number_form.hpp"
#include "resonance/error.hpp"

namespace resonance::csv {
namespace {

constexpr std::size_t kLookAhead = 100;

bool is_empty(const Cell& cell) { return !cell.quoted && trimmed(cell.text).empty(); }

}  // namespace

CsvTable::CsvTable(std::string text, const TableReading& reading) : text_(std::move(text)) {
  require_text();
  dialect_ = find_dialect(text_, reading);
  find_records();
  if (records_.empty()) throw Error(ErrorCode::invalid_argument, "the table is empty");
  if (dialect_.ours) {
    const auto rows = first_rows();
    for (const auto& cell : rows.front()) header_.names.push_back(cell.text);
    header_.units.resize(header_.names.size());
  } else {
    header_ = read_header(first_rows(), last_comment());
  }
  for (std::size_t i = 1; i < header_.lines; ++i) more_lines_.push_back(records_[i].line);
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(header_.lines));
  if (dialect_.ours) return;
  drop_nameless_end();
  note_oddities();
}

void CsvTable::require_text() const {
  const auto nul = text_.find('\0');
  if (nul == std::string::npos) return;
  const auto line = count_lines(std::string_view(text_).substr(0, nul)) + 1;
  // In the first line it is a file of another kind, further down a table that was damaged.
  throw Error(line == 1 ? ErrorCode::unsupported : ErrorCode::corrupt, fmt::format("line {} holds a byte 0: this is no text", line));
}

std::vector<Row> CsvTable::first_rows() const {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < std::min(records_.size(), kHeaderRows); ++i) {
    Row row;
    row.resize(reader().read(records_[i].begin, row));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The last line of comment before the table, cut as its lines are, or at blanks if that gives as many cells.
Row CsvTable::last_comment() const {
  Row row;
  if (dialect_.comments.empty()) return row;
  const std::string_view text = dialect_.comments.back();
  const auto wanted = first_rows().front().size();
  for (const char delimiter : {dialect_.delimiter, '\t', ',', ';', kBlanks}) {
    std::size_t end = 0;
    const LineReader cutter(text, delimiter);
    if (!cutter.skip(end) || end != text.size()) continue;
    row.resize(cutter.read(0, row));
    if (row.size() == wanted) return row;
  }
  return {};
}

/// Whether rows may begin with "#" and its like: where no row without it begins with a number.
bool CsvTable::signs_begin_rows() const {
  std::size_t position = dialect_.begin;
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < kLookAhead && position < text_.size(); ++i) {
    const auto line = line_at(text_, position);
    if (i > 0 && !trimmed(line).empty() && comment_sign_of(trimmed(line)).empty()) {
      LineReader(line, dialect_.delimiter).read(0, cells);
      if (exchange::look_at_number(trimmed(cells.front().text)).forms != 0) return false;
    }
    position = after_line_end(text_, position + line.size());
  }
  return true;
}

bool CsvTable::is_comment(std::string_view line) const {
  const auto& sign = dialect_.comment_sign;
  if (dialect_.ours) return false;
  if (dialect_.comment_said || sign == ";") return !sign.empty() && line.starts_with(sign);
  return !comment_sign_of(line).empty();
}

/// 0 where a quoted cell is never closed.
std::size_t CsvTable::cells_at(std::size_t position) const {
  Row cells;
  auto end = position;
  return reader().skip(end) ? reader().read(position, cells) : 0;
}

void CsvTable::add_record(std::size_t& position, std::uint64_t& line) {
  const auto begin = position;
  const auto closed = reader().skip(position);
  const auto lines = count_lines(std::string_view(text_).substr(begin, position - begin));
  if (!closed) throw Error(ErrorCode::corrupt, fmt::format("line {}: a quoted cell is not closed", line + lines));
  records_.push_back({begin, line});
  line += lines;
}

void CsvTable::find_records() {
  const std::string_view text = text_;
  const bool signs = !dialect_.comment_said && signs_begin_rows();
  std::size_t wanted = 0;
  std::uint64_t line = dialect_.line;
  for (std::size_t position = dialect_.begin; position < text.size(); ++line) {
    const auto whole = line_at(text, position);
    const bool blank = trimmed(whole).empty();
    bool comment = !blank && !records_.empty() && is_comment(trimmed(whole));
    if (comment && signs) {
      if (wanted == 0) wanted = cells_at(records_.front().begin);
      comment = cells_at(position) != wanted;
    }
    if (comment && comments_.lines++ == 0) comments_.first_line = line;
    if (blank || comment)
      position += whole.size();
    else
      add_record(position, line);
    position = after_line_end(text, position);
  }
}

void CsvTable::note_oddities() {
  if (comments_.lines == 1) notes_.push_back(fmt::format("line {} was left out as a comment", comments_.first_line));
  if (comments_.lines > 1)
    notes_.push_back(fmt::format("{} lines were left out as comments, the first is line {}", comments_.lines, comments_.first_line));
  if (header_.nameless) notes_.emplace_back("the file names no columns: they are called column 1, column 2, ...");
  for (std::size_t i = 0; i < header_.more.size(); ++i)
    notes_.push_back(fmt::format("line {} was taken for {} of the columns: {}", more_lines_[i],
                                 i == header_.unit_line ? "the units" : "a description",
                                 printable(fmt::format("{}", fmt::join(header_.more[i], ", ")))));
  for (const auto& name : header_.names) {
    if (exchange::look_at_number(name).forms == 0) continue;
    notes_.push_back(fmt::format("the first line was taken for the names of the columns, though one of them is {}", printable(name)));
    break;
  }
}

/// A delimiter behind the last name makes a column only if a row has something there.
void CsvTable::drop_nameless_end() {
  auto& names = header_.names;
  std::size_t used = names.size();
  while (used > 1 && names[used - 1].empty() && header_.units[used - 1].empty()) --used;
  if (header_.nameless) used = 1;
  if (used == names.size()) return;
  std::vector<Cell> cells;
  for (const auto& record : records_) {
    const auto count = reader().read(record.begin, cells);
    for (std::size_t i = used; i < std::min(count, names.size()); ++i)
      if (!is_empty(cells[i])) used = i + 1;
  }
  names.resize(used);
  header_.units.resize(used);
}

void CsvTable::read_row(std::uint64_t row, std::vector<Cell>& cells) const {
  const auto& record = records_.at(row);
  auto count = reader().read(record.begin, cells);
  const auto wanted = header_.names.size();
  while (!dialect_.ours && count > wanted && is_empty(cells[count - 1])) --count;
  if (count != wanted) throw Error(ErrorCode::corrupt, fmt::format("line {} has {} cells, the header has {}", record.line, count, wanted));
  cells.resize(count);
}

}  // namespace resonance::csv
