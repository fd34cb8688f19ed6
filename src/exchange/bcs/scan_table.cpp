#include "exchange/bcs/scan_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::bcs {
namespace {

constexpr std::uint64_t kMaxHeaderLines = 1000;
constexpr std::size_t kMaxColumns = 16384;

/// The line at `position`, without its end; `position` moves to the next one.
std::string_view take_line(std::string_view text, std::size_t& position) {
  const auto end = std::min(text.find('\n', position), text.size());
  auto line = text.substr(position, end - position);
  position = std::min(end + 1, text.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void split(std::string_view line, std::vector<std::string_view>& cells) {
  cells.clear();
  while (true) {
    const auto tab = line.find('\t');
    cells.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos || cells.size() > kMaxColumns) return;
    line.remove_prefix(tab + 1);
  }
}

/// A line of columns has at least two, all named, and says when or which frame. (A trailing tab makes a last one without name.)
bool names_columns(std::vector<std::string_view>& cells) {
  if (cells.size() > 2 && trimmed(cells.back()).empty()) cells.pop_back();
  if (cells.size() < 2 || std::ranges::any_of(cells, [](auto cell) { return trimmed(cell).empty(); })) return false;
  return std::ranges::any_of(cells, [](auto cell) { return trimmed(cell) == "Time" || trimmed(cell) == "Frame #"; });
}

}  // namespace

ScanTable::ScanTable(std::string text) : text_(std::move(text)) {
  std::vector<std::string_view> cells;
  std::size_t position = 0;
  std::uint64_t line_number = 0;
  while (columns_.empty()) {
    if (position >= text_.size() || line_number >= kMaxHeaderLines)
      throw Error(ErrorCode::corrupt,
                  fmt::format("none of the first {} lines names the columns (\"Time\" or \"Frame #\" between tabs)", line_number));
    const auto line = take_line(text_, position);
    ++line_number;
    split(line, cells);
    if (cells.size() > kMaxColumns)
      throw Error(ErrorCode::corrupt, fmt::format("line {} has more than {} cells", line_number, kMaxColumns));
    if (names_columns(cells))
      columns_.assign(cells.begin(), cells.end());
    else
      header_.emplace_back(line);
  }
  while (position < text_.size()) {
    const auto begin = position;
    const auto line = take_line(text_, position);
    ++line_number;
    if (!trimmed(line).empty()) rows_.push_back({begin, begin + line.size(), line_number});
  }
  drop_torn_row();
}

void ScanTable::drop_torn_row() {
  if (rows_.empty() || text_.ends_with('\n')) return;
  const auto line = std::string_view(text_).substr(rows_.back().begin, rows_.back().end - rows_.back().begin);
  if (static_cast<std::size_t>(std::ranges::count(line, '\t')) + 1 >= columns_.size()) return;
  torn_line_ = rows_.back().line;
  rows_.pop_back();
}

std::optional<std::size_t> ScanTable::column(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(columns_, [name](const auto& column) { return trimmed(column) == name; });
  if (at == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - columns_.begin());
}

void ScanTable::read_row(std::uint64_t row, std::vector<std::string_view>& cells) const {
  const auto& place = rows_.at(row);
  split(std::string_view(text_).substr(place.begin, place.end - place.begin), cells);
  if (cells.size() == columns_.size() + 1 && trimmed(cells.back()).empty()) cells.pop_back();
  if (cells.size() != columns_.size())
    throw Error(ErrorCode::corrupt, fmt::format("line {} has {} cells, there are {} columns", place.line, cells.size(), columns_.size()));
}

bool looks_like_scan_table(std::string_view text) {
  text = text.substr(0, 65536);
  if (text.find('\0') != std::string_view::npos) return false;
  if (text.starts_with("Time\tFrame #") || text.find("\nTime\tFrame #") != std::string_view::npos) return true;
  return text.starts_with("Scan Type:") || text.find("\nScan Type:") != std::string_view::npos;
}

}  // namespace resonance::bcs
