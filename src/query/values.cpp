#include "query/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace resonance::query {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Bytes of the number that the text begins with.
std::size_t number_length(std::string_view text) noexcept {
  const std::size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  const std::size_t digit = sign + (text.substr(sign).starts_with('.') ? 1 : 0);
  if (digit >= text.size() || !is_digit(text[digit])) return 0;
  double unused = 0;
  return static_cast<std::size_t>(std::from_chars(text.data() + sign, text.data() + text.size(), unused).ptr - text.data());
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

}  // namespace

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
  return pattern;
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trimmed(text);
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
