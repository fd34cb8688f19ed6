#include "query/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "query/units.hpp"

namespace resonance::query {
namespace {

constexpr std::string_view kDashes[] = {"\u2212", "\u2013", "\u2014", "\u2011", "\u2010"};
constexpr std::string_view kRangeWords[] = {"-", "..", "...", "\u2026", "to"};

constexpr std::size_t kLongestRange = 200;  // bytes; it is tried at each dash

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Bytes of the number that the text begins with.
std::size_t number_length(std::string_view text) noexcept {
  const std::size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  const std::size_t digit = sign + (text.substr(sign).starts_with('.') ? 1 : 0);
  if (digit >= text.size() || !is_digit(text[digit])) return 0;
  double unused = 0;
  return static_cast<std::size_t>(std::from_chars(text.data() + sign, text.data() + text.size(), unused).ptr - text.data());
}

/// A minus that an editor made a dash in front of the number.
std::string plain_minus(std::string_view text) {
  text = trimmed(text);
  for (const auto dash : kDashes)
    if (text.starts_with(dash)) return std::string("-").append(text.substr(dash.size()));
  return std::string(text);
}

/// "eV", "°", "%", "1/s" is none: a unit does not begin like the rest of a date or of a version.
bool is_unit(std::string_view text) noexcept {
  if (text.empty() || text.find("..") != std::string_view::npos) return false;
  const std::size_t first = utf8::sequence_length(text, 0);
  return text[0] == '%' || text.starts_with("°") || (!is_digit(text[0]) && has_letter_or_digit(text.substr(0, first)));
}

void share_unit(QuantityRange& range) {
  if (!range.low || !range.high) return;
  if (range.low->unit.empty()) range.low->unit = range.high->unit;
  if (range.high->unit.empty()) range.high->unit = range.low->unit;
}

/// In quotes, so that it is read again as the same, wherever it stands.
std::string written(const Piece& value) {
  std::string out = "\"";
  auto wildcard = value.wildcards.begin();
  for (std::size_t at = 0; at < value.text.size(); ++at) {
    const bool is_wildcard = wildcard != value.wildcards.end() && *wildcard == at;
    if (is_wildcard) ++wildcard;
    if (!is_wildcard && std::string_view("*?\"\\").find(value.text[at]) != std::string_view::npos) out += '\\';
    out += value.text[at];
  }
  return out + '"';
}

/// The two around one of these signs or words, each a quantity, the first one below.
std::optional<QuantityRange> around(std::string_view text, std::size_t at, std::size_t length) {
  QuantityRange range{parse_quantity(text.substr(0, at)), parse_quantity(text.substr(at + length))};
  if (!range.low || !range.high) return std::nullopt;
  share_unit(range);
  const auto factor = conversion(range.low->unit, range.high->unit);
  return factor && range.low->number * *factor < range.high->number ? std::optional(range) : std::nullopt;
}

}  // namespace

bool has_decimal_comma(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == text.npos || comma == 0 || comma + 1 >= text.size() || !is_digit(text[comma - 1]) || !is_digit(text[comma + 1]))
    return false;
  std::string with_point(text);
  with_point[comma] = '.';
  return parse_quantity_range(with_point).has_value();
}

bool is_range_word(std::string_view word) noexcept {
  return std::ranges::find(kRangeWords, word) != std::end(kRangeWords) || std::ranges::find(kDashes, word) != std::end(kDashes);
}

std::string plain_dashes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto dash = std::ranges::find_if(kDashes, [&](auto sign) { return text.substr(at).starts_with(sign); });
    out += dash == std::end(kDashes) ? text[at] : '-';
    at += dash == std::end(kDashes) ? 1 : dash->size();
  }
  return out;
}

Pattern pattern_of(const Piece& value) {
  Pattern pattern;
  auto wildcard = value.wildcards.begin();
  for (std::size_t at = 0; at < value.text.size(); ++at) {
    const char c = value.text[at];
    if (wildcard != value.wildcards.end() && *wildcard == at) {
      ++wildcard;
      if (c != '*' || !pattern.wild || !pattern.glob.ends_with('*') || value.text[at - 1] != '*') pattern.glob += c;
      pattern.wild = true;
    } else if (c == '*' || c == '?' || c == '[') {
      pattern.glob.append({'[', c, ']'});
    } else {
      pattern.glob += c;
    }
  }
  pattern.glob = fold_case(pattern.glob);
  pattern.literal = fold_case(value.text);
  pattern.written = written(value);
  return pattern;
}

std::optional<Quantity> parse_quantity(std::string_view given) {
  const std::string plain = plain_minus(given);
  const auto text = trimmed(plain);
  const std::size_t length = number_length(text);
  if (length == 0) return std::nullopt;
  const auto number = parse_double(text.substr(0, length));
  const auto unit = trimmed(text.substr(length));
  if (!number || !std::isfinite(*number) || !(unit.empty() || is_unit(unit))) return std::nullopt;
  return Quantity{*number, std::string(unit)};
}

std::optional<std::pair<std::string_view, std::string_view>> split_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  return std::pair{trimmed(text.substr(0, dots)), trimmed(text.substr(dots + 2))};
}

std::optional<QuantityRange> parse_quantity_range(std::string_view text) {
  const auto sides = split_range(text);
  if (!sides) {
    const auto single = parse_quantity(text);
    if (!single) return std::nullopt;
    return QuantityRange{single, single};
  }
  QuantityRange range{parse_quantity(sides->first), parse_quantity(sides->second)};
  const bool low_is_wrong = !sides->first.empty() && !range.low, high_is_wrong = !sides->second.empty() && !range.high;
  if (low_is_wrong || high_is_wrong || (!range.low && !range.high)) return std::nullopt;
  share_unit(range);
  return range;
}

std::optional<QuantityRange> parse_spelled_range(std::string_view text) {
  if (text.size() > kLongestRange || split_range(text) || parse_quantity(text)) return std::nullopt;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text.substr(at).starts_with(" to "))
      if (const auto range = around(text, at, 4)) return range;
    for (const auto dash : {std::string_view("-"), kDashes[0], kDashes[1], kDashes[2], kDashes[3], kDashes[4]})
      if (text.substr(at).starts_with(dash))
        if (const auto range = around(text, at, dash.size())) return range;
  }
  return std::nullopt;
}

Interval closed_interval(const Source& source, std::size_t at, std::optional<double> low, std::optional<double> high) {
  if (low && high && *low > *high) source.fail(at, "the ends of the range are swapped: expected the smaller one first");
  return {low, high, false, false};
}

Interval compared_with(Operator operation, double number) {
  switch (operation) {
    case Operator::less:
      return {std::nullopt, number, false, true};
    case Operator::less_equal:
      return {std::nullopt, number, false, false};
    case Operator::greater:
      return {number, std::nullopt, true, false};
    case Operator::greater_equal:
      return {number, std::nullopt, false, false};
    case Operator::none:
    case Operator::equal:
    case Operator::not_equal:
      break;
  }
  return {number, number, false, false};
}

}  // namespace resonance::query
