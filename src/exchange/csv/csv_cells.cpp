#include "exchange/csv/csv_cells.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::csv {
namespace {

/// Position behind the closing quote of a cell whose opening quote is at `position`; npos when it is never closed.
std::size_t end_of_quoted(std::string_view text, std::size_t position) {
  while ((position = text.find('"', position + 1)) != std::string_view::npos) {
    if (position + 1 >= text.size() || text[position + 1] != '"') return position + 1;
    ++position;  // doubled: stands for one quote
  }
  return std::string_view::npos;
}

void unquote(std::string_view cell, std::string& out) {
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    out.push_back(cell[i]);
    if (cell[i] == '"') ++i;
  }
}

}  // namespace

bool at_line_end(std::string_view text, std::size_t position) {
  return position >= text.size() || text[position] == '\n' || text[position] == '\r';
}

std::size_t after_line_end(std::string_view text, std::size_t position) {
  if (text.substr(std::min(position, text.size())).starts_with("\r\n")) ++position;
  return std::min(position + 1, text.size());
}

std::string_view line_at(std::string_view text, std::size_t position) {
  const auto end = std::min(text.find_first_of("\r\n", position), text.size());
  return text.substr(position, end - position);
}

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++lines;
  return lines;
}

std::size_t LineReader::after_blanks(std::size_t position) const {
  while (position < text_.size() && (text_[position] == ' ' || (text_[position] == '\t' && delimiter_ != '\t'))) ++position;
  return position;
}

LineReader::Place LineReader::take(std::size_t& position) const {
  Place place{position, position};
  const auto inner = after_blanks(position);
  if (inner < text_.size() && text_[inner] == '"') {
    place.begin = inner;
    place.quoted_end = end_of_quoted(text_, inner);
    place.open = place.quoted_end == std::string_view::npos;
    if (place.open) place.quoted_end = text_.size();
    position = place.quoted_end;
  }
  while (!at_line_end(text_, position) && !is_delimiter(text_[position])) ++position;
  place.end = position;
  return place;
}

/// Past what stands between two cells; false at the end of the line.
bool LineReader::more(std::size_t& position) const {
  if (delimiter_ == kBlanks) position = after_blanks(position);
  if (at_line_end(text_, position)) return false;
  if (delimiter_ != kBlanks) ++position;
  return true;
}

bool LineReader::skip(std::size_t& position) const {
  if (delimiter_ == kBlanks) position = after_blanks(position);
  do {
    const auto place = take(position);
    if (!place.open) continue;
    position = place.begin;
    return false;
  } while (more(position));
  return true;
}

std::size_t LineReader::read(std::size_t position, std::vector<Cell>& cells) const {
  if (delimiter_ == kBlanks) position = after_blanks(position);
  std::size_t count = 0;
  do {
    if (count == kMaxColumns) throw Error(ErrorCode::corrupt, fmt::format("a line has more than {} cells", kMaxColumns));
    const auto place = take(position);
    if (cells.size() <= count) cells.emplace_back();
    auto& cell = cells[count++];
    cell.text.clear();
    cell.quoted = place.quoted_end != 0;
    if (cell.quoted) unquote(text_.substr(place.begin, place.quoted_end - place.begin), cell.text);
    const auto rest =
        text_.substr(cell.quoted ? place.quoted_end : place.begin, place.end - (cell.quoted ? place.quoted_end : place.begin));
    if (!cell.quoted || !trimmed(rest).empty()) cell.text += rest;  // text behind the quotes is against the RFC, but not lost
  } while (more(position));
  return count;
}

}  // namespace resonance::csv
