#include "text_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "terminal.hpp"

namespace resonance::cli {

namespace {

constexpr char32_t kBroken = 0xFFFFFFFF;

/// Take one character off the front; kBroken, and one byte less, where it is no UTF-8.
char32_t next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  static constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  char32_t character = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  bool good = length != 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = byte(i) >> 6 == 2;
    character = character << 6 | (byte(i) & 0x3Fu);
  }
  good = good && character >= kSmallest[length] && character <= 0x10FFFF && (character < 0xD800 || character > 0xDFFF);
  text.remove_prefix(good ? length : 1);
  return good ? character : kBroken;
}

using Range = std::pair<char32_t, char32_t>;
bool in_any(char32_t c, std::initializer_list<Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [c](Range r) { return c >= r.first && c <= r.second; });
}
bool steers(char32_t c) { return in_any(c, {{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}); }

std::size_t width_of(char32_t c) {
  if (in_any(c, {{0x300, 0x36F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}})) return 0;
  return in_any(c, {{0x1100, 0x115F},
                    {0x2E80, 0x303E},
                    {0x3041, 0xA4CF},
                    {0xAC00, 0xD7A3},
                    {0xF900, 0xFAFF},
                    {0xFE30, 0xFE6F},
                    {0xFF00, 0xFF60},
                    {0xFFE0, 0xFFE6},
                    {0x1F300, 0x1F64F},
                    {0x1F680, 0x1F6FF},
                    {0x1F900, 0x1F9FF},
                    {0x20000, 0x3FFFD}})
             ? 2
             : 1;
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = next_character(text);
    if (c == kBroken) {
      safe += "\xEF\xBF\xBD";
    } else if (steers(c)) {
      safe += c < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c)) : fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      safe += before.substr(0, before.size() - text.size());
    }
  }
  return safe;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += width_of(next_character(text));
  return width;
}

std::string fitted(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string_view rest = text;
  std::size_t taken = 0, used = 0;
  while (!rest.empty()) {
    used += width_of(next_character(rest));
    if (used > width - 1) break;
    taken = text.size() - rest.size();
  }
  return std::string(text.substr(0, taken)) + "…";
}

std::string fitted_middle(std::string_view text, std::size_t width) {
  if (display_width(text) <= width || width < 3) return fitted(text, width);
  std::string_view rest = text;
  std::size_t left = display_width(text);
  while (left > width / 2) left -= width_of(next_character(rest));  // what stays of the end
  std::string out = fitted(text, width - left);                     // with "…" behind it
  return out.append(rest);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const std::size_t length = display_width(word);
    if (column > indent && column + 1 + length > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
  }
  return out;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string human_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e12) return "?";
  if (seconds < 9.95) return fmt::format("{:.2g} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const auto pair = [](std::uint64_t a, const char* big, std::uint64_t b, const char* small) {
    return b == 0 ? fmt::format("{} {}", a, big) : fmt::format("{} {} {} {}", a, big, b, small);
  };
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return pair(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return pair(whole / 3600, "h", whole % 3600 / 60, "min");
  return pair(whole / 86400, "d", whole % 86400 / 3600, "h");
}

std::string counted(std::uint64_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

TextTable::TextTable(std::vector<Heading> headings, std::string indent) : headings_(std::move(headings)), indent_(std::move(indent)) {}

void TextTable::add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = safe_text(cell.text);
  row.resize(headings_.size(), Cell(""));
  rows_.push_back(std::move(row));
}

namespace {

/// Narrow the widest columns, letter by letter, until the line fits or none can give more; those to be cut last behind the others.
void narrow(std::vector<std::size_t>& widths, const std::vector<TextTable::Heading>& headings, std::size_t excess) {
  constexpr std::size_t kLeast = 6;
  for (const bool last : {false, true}) {
    for (; excess > 0; --excess) {
      std::size_t* widest = nullptr;
      for (std::size_t i = 0; i < widths.size(); ++i)
        if (headings[i].cut != Cut::never && (headings[i].cut == Cut::last) == last && widths[i] > kLeast &&
            (widest == nullptr || widths[i] > *widest))
          widest = &widths[i];
      if (widest == nullptr) break;
      --*widest;
    }
  }
}

}  // namespace

std::string TextTable::render(std::size_t width, bool colours) const {
  std::vector<std::size_t> widths(headings_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
  std::size_t used = 0, shown = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] == 0) continue;
    widths[i] = std::max(widths[i], display_width(headings_[i].text));
    used += widths[i];
    ++shown;
  }
  if (shown == 0) return {};
  const auto line = [&](std::size_t gap) { return indent_.size() + used + gap * (shown - 1); };
  const std::size_t gap = line(2) <= width ? 2 : 1;
  if (line(gap) > width) narrow(widths, headings_, line(gap) - width);

  std::string out;
  const auto put_row = [&](auto&& cell_at) {
    std::string text = indent_;
    std::size_t blanks = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] == 0) continue;
      const Cell& cell = cell_at(i);
      const bool at_end = headings_[i].cut == Cut::end || headings_[i].cut == Cut::never;
      const std::string cut = at_end ? fitted(cell.text, widths[i]) : fitted_middle(cell.text, widths[i]);
      const std::size_t free = widths[i] - std::min(widths[i], display_width(cut));
      text.append(blanks + (headings_[i].right ? free : 0), ' ');
      text += painted(cut, cell.colour, colours);
      blanks = gap + (headings_[i].right ? 0 : free);
      if (cut.empty() && headings_[i].right) continue;
    }
    const std::size_t end = text.find_last_not_of(' ');
    out += text.substr(0, end == std::string::npos ? 0 : end + 1) + "\n";
  };
  std::vector<Cell> head;
  for (const Heading& heading : headings_) head.emplace_back(heading.text, kDim);
  put_row([&](std::size_t i) -> const Cell& { return head[i]; });
  for (const auto& row : rows_) put_row([&](std::size_t i) -> const Cell& { return row[i]; });
  return out;
}

}  // namespace resonance::cli
