#include "query/scanner.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/fold_case.hpp"
#include "base/utf8.hpp"

namespace resonance::query {

void Scanner::skip_blanks() noexcept {
  while (const auto length = source_.blank_at(at_)) at_ += length;
}

std::size_t Scanner::keyword_length(Keyword keyword) const noexcept {
  struct Spelling {
    Keyword keyword;
    std::string_view text;
    bool is_word;  ///< something that divides words must follow
  };
  constexpr Spelling kSpellings[] = {{Keyword::all, "AND", true},    {Keyword::all, "&&", false}, {Keyword::all, "&", true},
                                     {Keyword::any, "OR", true},     {Keyword::any, "||", false}, {Keyword::any, "|", true},
                                     {Keyword::negated, "NOT", true}};
  const auto rest = source_.text().substr(at_);
  if (keyword == Keyword::negated && rest.starts_with('!') && !rest.starts_with("!=")) return 1;
  for (const auto& [meaning, text, is_word] : kSpellings) {
    if (meaning != keyword || !rest.starts_with(text)) continue;
    const std::size_t end = at_ + text.size();
    if (!is_word || end == source_.text().size() || source_.blank_at(end) != 0 ||
        std::string_view("()\"").find(source_.text()[end]) != std::string_view::npos)
      return text.size();
  }
  return 0;
}

bool Scanner::looking_at_any_keyword() const noexcept {
  return keyword_length(Keyword::all) != 0 || keyword_length(Keyword::any) != 0 || keyword_length(Keyword::negated) != 0;
}

std::size_t Scanner::minus_length() const noexcept {
  for (const std::string_view minus : {"-", "\u2212", "\u2013", "\u2014"})
    if (source_.text().substr(at_).starts_with(minus)) return minus.size();
  return 0;
}

Scanner::RawWord Scanner::word_behind(std::size_t at) const noexcept {
  Scanner there(source_);
  there.at_ = at;
  there.skip_blanks();
  const auto text = source_.text();
  if (there.at_ == at || there.at_end() || there.looking_at_any_keyword()) return {};
  std::size_t end = there.at_;
  while (end < text.size() && source_.blank_at(end) == 0 && text[end] != '(' && text[end] != ')' && text[end] != '"') ++end;
  return {text.substr(there.at_, end - there.at_), end};
}

bool Scanner::at_operator(std::size_t at) const noexcept {
  const auto rest = source_.text().substr(at);
  if (rest.empty()) return false;
  if (std::string_view(":=<>").find(rest.front()) != std::string_view::npos) return true;
  return rest.starts_with("!=") || rest.starts_with("\u2264") || rest.starts_with("\u2265") || rest.starts_with("\u2260");
}

bool Scanner::at_end_of_term(std::size_t at) const noexcept {
  return at >= source_.text().size() || source_.blank_at(at) != 0 || source_.text()[at] == ')' || at_operator(at);
}

Operator Scanner::comparison() noexcept {
  constexpr std::pair<std::string_view, Operator> kSigns[] = {{"==", Operator::equal},
                                                              {"!=", Operator::not_equal},
                                                              {"<=", Operator::less_equal},
                                                              {">=", Operator::greater_equal},
                                                              {"=>", Operator::greater_equal},
                                                              {"=<", Operator::less_equal},
                                                              {"=", Operator::equal},
                                                              {"<", Operator::less},
                                                              {">", Operator::greater},
                                                              {"\u2264", Operator::less_equal},
                                                              {"\u2265", Operator::greater_equal},
                                                              {"\u2260", Operator::not_equal}};
  for (const auto& [sign, meaning] : kSigns) {
    if (!source_.text().substr(at_).starts_with(sign)) continue;
    if (sign == "=>" || sign == "=<") {  // "mode=<none>" is a text
      std::size_t next = at_ + 2;
      while (const auto length = source_.blank_at(next)) next += length;
      if (next >= source_.text().size() || std::string_view("+-.0123456789").find(source_.text()[next]) == std::string_view::npos) continue;
    }
    at_ += sign.size();
    return meaning;
  }
  return Operator::none;
}

/// "plan: nexafs": a value may follow after blanks, but not what would be a term of its own.
void Scanner::skip_blanks_to_value() noexcept {
  Scanner there(source_);
  there.at_ = at_;
  there.skip_blanks();
  const auto next = word_behind(at_);
  const auto minus = there.minus_length();
  const bool is_number = minus != 0 && minus < next.text.size() && next.text[minus] >= '0' && next.text[minus] <= '9';
  const bool is_word = !next.text.empty() && next.text.find_first_of(":=<>!") == std::string_view::npos && (minus == 0 || is_number);
  if (is_word || there.looking_at('"')) at_ = there.at_;
}

Operator Scanner::take_operator() noexcept {
  const std::size_t start = at_;
  skip_blanks();
  if (looking_at(':')) {
    ++at_;
    if (at_operator(at_) && !looking_at(':') && !looking_at('=')) return comparison();  // "energy:>280" is common elsewhere
    skip_blanks_to_value();
    return Operator::equal;
  }
  const auto found = comparison();
  if (found == Operator::none)
    at_ = start;
  else
    skip_blanks();
  return found;
}

void Scanner::take_character(Piece& piece) {
  const auto text = source_.text();
  const std::size_t next = at_ + 1;
  if (text[at_] == '\\' && next < text.size() && !has_letter_or_digit(text.substr(next, utf8::sequence_length(text, next))))
    at_ = next;
  else if (text[at_] == '*' || text[at_] == '?')
    piece.wildcards.push_back(piece.text.size());
  const std::size_t length = utf8::sequence_length(text, at_);
  piece.text += text.substr(at_, length);
  at_ += length;
}

namespace {

/// Signs that open a quotation as people and their editors write it, and those that close it. '"' is apart: it always is one.
struct QuoteSigns {
  std::string_view open;
  std::array<std::string_view, 3> close;
};
constexpr QuoteSigns kQuoteSigns[] = {{"'", {"'", "\u2019", "'"}},
                                      {"\u2018", {"\u2019", "\u2018", "'"}},
                                      {"\u2019", {"\u2019", "'", "\u2018"}},
                                      {"\u201a", {"\u2018", "\u2019", "'"}},
                                      {"\u201c", {"\u201d", "\u201c", "\""}},
                                      {"\u201d", {"\u201d", "\"", "\u201c"}},
                                      {"\u201e", {"\u201c", "\u201d", "\""}},
                                      {"\u00ab", {"\u00bb", "\u00ab", "\u00bb"}},
                                      {"\u00bb", {"\u00ab", "\u00bb", "\u00ab"}}};

}  // namespace

std::optional<Scanner::Quote> Scanner::quote_here(bool is_value) {
  const auto text = source_.text();
  const std::size_t start = at_;
  if (looking_at('"')) {
    Quote quote{1, at_ + 1, 1};
    while (quote.end < text.size() && text[quote.end] != '"') {
      Piece unused;
      at_ = quote.end;
      take_character(unused);
      quote.end = at_;
    }
    at_ = start;
    if (quote.end >= text.size()) source_.fail(start, "this quote is never closed: expected another \" behind it");
    return quote;
  }
  for (unsigned kind = 0; kind < std::size(kQuoteSigns); ++kind) {
    const auto& [open, close] = kQuoteSigns[kind];
    if (!text.substr(start).starts_with(open)) continue;
    for (std::size_t at = start + open.size(); at < text.size() && (apostrophes_ >> kind & 1) == 0;) {
      for (const auto sign : close)
        if (text.substr(at).starts_with(sign) && at_end_of_term(at + sign.size())) return Quote{open.size(), at, sign.size()};
      Piece unused;
      at_ = at;
      take_character(unused);
      at = at_;
      at_ = start;
    }
    apostrophes_ |= 1U << kind;
    if (is_value)
      source_.fail(start, fmt::format("this quote is never closed: expected another {} behind it, or a \\ in front of it", close[0]));
  }
  return std::nullopt;  // an apostrophe
}

Piece Scanner::quoted(const Quote& quote) {
  Piece piece;
  piece.quoted = true;
  piece.at = at_;
  at_ += quote.opening;
  while (at_ < quote.end) take_character(piece);
  at_ = quote.end + quote.closing;
  return piece;
}

/// Quotes of other kinds than " open at the beginning of a name or of a part of it only: elsewhere they are apostrophes.
std::optional<Piece> Scanner::quoted_name(bool is_first) {
  if (!looking_at('"') && !is_first && source_.text()[at_ - 1] != '.') return std::nullopt;
  const auto quote = quote_here(false);
  return quote ? std::optional(quoted(*quote)) : std::nullopt;
}

std::vector<Piece> Scanner::name() {
  std::vector<Piece> pieces;
  while (!at_end() && !at_blank() && !looking_at('(') && !looking_at(')') && !at_operator(at_)) {
    if (auto piece = quoted_name(pieces.empty())) {
      pieces.push_back(std::move(*piece));
      continue;
    }
    if (pieces.empty() || pieces.back().quoted) pieces.emplace_back().at = at_;
    take_character(pieces.back());
  }
  return pieces;
}

Piece Scanner::value(std::string_view behind) {
  if (at_end() || at_blank() || looking_at(')'))
    source_.fail(at_, fmt::format("expected a value directly behind '{}', not {}", behind, source_.stands_at(at_)));
  if (looking_at('('))
    source_.fail(
        at_, fmt::format("expected one value behind '{}', not '('; write a term for each, as in (plan:a OR plan:b), or quote it", behind));
  if (const auto quote = quote_here(true)) {
    Piece piece = quoted(*quote);
    if (!at_end() && !at_blank() && !looking_at(')'))
      source_.fail(at_, fmt::format("expected a blank behind the closing quote, not {}", source_.stands_at(at_)));
    return piece;
  }
  Piece piece;
  piece.at = at_;
  while (!at_end() && !at_blank() && !looking_at(')')) {
    if (looking_at('"') || looking_at('('))
      source_.fail(at_, fmt::format("a value with '{}' in it must be in quotes as a whole", source_.text()[at_]));
    take_character(piece);
  }
  return piece;
}

}  // namespace resonance::query
