#include "query/joined_values.hpp"

#include <fmt/format.h>

#include <string>

#include "query/times.hpp"
#include "query/values.hpp"

namespace resonance::query {
namespace {

/// Words behind a place, one after the other.
class Words {
 public:
  Words(const Scanner& scanner, std::size_t at, ValueKind kind) : scanner_(&scanner), kind_(kind), end_(at) {}

  [[nodiscard]] std::string_view peek() const { return scanner_->word_behind(end_).text; }
  std::string_view take() {
    const auto word = scanner_->word_behind(end_);
    if (!word.text.empty()) end_ = word.end;
    return word.text;
  }
  [[nodiscard]] std::size_t end() const { return end_; }

  /// The unit behind a number that has none yet.
  [[nodiscard]] UnitWord unit_behind(std::string_view number) const {
    const auto quantity = parse_quantity(number);
    return quantity && quantity->unit.empty() ? unit_word_of(kind_, peek()) : UnitWord::no;
  }

 private:
  const Scanner* scanner_;
  ValueKind kind_;
  std::size_t end_;
};

Piece piece_of(std::string text, std::size_t at) {
  Piece piece;
  piece.text = std::move(text);
  piece.at = at;
  return piece;
}

/// "280 - 290", "280 eV to 290 eV", "280 ..290" from the number on; nothing where no second number follows.
std::optional<Joined> number_range(Words words, std::string low, std::size_t at) {
  if (!parse_quantity(low)) return std::nullopt;
  if (words.unit_behind(low) == UnitWord::yes) low.append(" ").append(words.take());
  std::string_view high = words.take();
  if (high.starts_with("..") && high.size() > 2)
    high.remove_prefix(2);
  else if (is_range_word(high))
    high = words.take();
  else
    return std::nullopt;
  if (!parse_quantity(high)) return std::nullopt;
  return Joined{piece_of(fmt::format("{}..{}", low, high), at), words.end(), {}};
}

std::optional<Joined> joined_number(const Scanner& scanner, const Piece& value, ValueKind kind, Operator operation) {
  Words words(scanner, scanner.at(), kind);
  std::optional<Joined> out;
  if (!is_ordered(operation)) out = number_range(words, value.text, value.at);
  if (out) words = Words(scanner, out->end, kind);
  std::string text = out ? out->value.text : value.text;
  const auto dots = text.rfind("..");
  const std::string_view last = dots == text.npos ? std::string_view(text) : std::string_view(text).substr(dots + 2);
  auto unit = words.unit_behind(last);
  if (dots == text.npos && unit == UnitWord::no && !is_ordered(operation))  // "280-290 eV"
    if (const auto range = parse_spelled_range(text); range && range->high->unit.empty()) unit = unit_word_of(kind, words.peek());
  if (unit == UnitWord::no) return out;
  const auto word = words.take();
  return Joined{piece_of(fmt::format("{} {}", text, word), value.at), words.end(), unit == UnitWord::perhaps ? word : std::string_view()};
}

/// A time of one word or more, which begins with `text`.
std::optional<std::string> longer_time(Words& words, std::string text, const ParseContext& context) {
  const bool is_time = parse_time(text, context).has_value();
  std::optional<std::string> found;
  Words ahead = words;
  for (int more = 0; more < 2; ++more) {
    const auto next = ahead.take();
    const bool is_clock = next.find(':') != next.npos, is_ago = next == "ago";
    if (next.empty() || next.front() == '@' || (is_time && !found && !is_clock && !is_ago)) break;
    text.append(" ").append(next);
    if (!parse_time(text, context)) {
      if (found) break;
      continue;
    }
    found = text;
    words = ahead;
  }
  return found;
}

std::optional<Joined> joined_time(const Scanner& scanner, const Piece& value, Operator operation, const ParseContext& context) {
  Words words(scanner, scanner.at(), ValueKind::time);
  auto found = longer_time(words, value.text, context);
  if (!is_ordered(operation) && parse_time(found.value_or(value.text), context)) {
    Words ahead = words;
    if (is_range_word(ahead.take())) {
      std::string last(ahead.take());
      if (const auto longer = longer_time(ahead, last, context)) last = *longer;
      if (parse_time(last, context)) {
        found = fmt::format("{}..{}", found.value_or(value.text), last);
        words = ahead;
      }
    }
  }
  if (!found) return std::nullopt;
  return Joined{piece_of(*found, value.at), words.end(), {}};
}

}  // namespace

std::optional<Joined> joined_value(const Scanner& scanner, const Piece& value, ValueKind kind, Operator operation,
                                   const ParseContext& context) {
  if (value.quoted || !value.wildcards.empty() || kind == ValueKind::text) return std::nullopt;
  const bool is_number = parse_quantity(value.text).has_value();
  if (kind == ValueKind::time) return joined_time(scanner, value, operation, context);
  if (kind == ValueKind::date && !is_number)
    if (auto time = joined_time(scanner, value, operation, context)) return time;
  return joined_number(scanner, value, kind, operation);
}

std::optional<Joined> between_value(const Scanner& scanner, ValueKind kind) {
  Words words(scanner, scanner.at(), kind);
  const std::size_t at = scanner.at() + 1;
  if (kind == ValueKind::text || kind == ValueKind::time || words.take() != "between") return std::nullopt;
  std::string low(words.take());
  if (!parse_quantity(low)) return std::nullopt;
  if (words.unit_behind(low) == UnitWord::yes) low.append(" ").append(words.take());
  const auto conjunction = words.peek();
  if (conjunction != "and" && !is_range_word(conjunction)) return std::nullopt;
  words.take();
  std::string high(words.take());
  if (!parse_quantity(high)) return std::nullopt;
  if (words.unit_behind(high) == UnitWord::yes) high.append(" ").append(words.take());
  return Joined{piece_of(fmt::format("{}..{}", low, high), at), words.end(), {}};
}

}  // namespace resonance::query
