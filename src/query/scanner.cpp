#include "query/scanner.hpp"

#include <fmt/format.h>

#include "base/fold_case.hpp"
#include "base/utf8.hpp"

namespace resonance::query {

void Scanner::skip_blanks() noexcept {
  while (const auto length = source_.blank_at(at_)) at_ += length;
}

bool Scanner::looking_at_keyword(std::string_view keyword) const noexcept {
  if (!source_.text().substr(at_).starts_with(keyword)) return false;
  const std::size_t end = at_ + keyword.size();
  return end == source_.text().size() || source_.blank_at(end) != 0 ||
         std::string_view("()\"").find(source_.text()[end]) != std::string_view::npos;
}

bool Scanner::looking_at_any_keyword() const noexcept {
  return looking_at_keyword("AND") || looking_at_keyword("OR") || looking_at_keyword("NOT");
}

bool Scanner::at_operator() const noexcept {
  if (at_end()) return false;
  return std::string_view(":=<>").find(source_.text()[at_]) != std::string_view::npos || source_.text().substr(at_).starts_with("!=");
}

Operator Scanner::comparison() noexcept {
  constexpr std::pair<std::string_view, Operator> kSigns[] = {
      {"==", Operator::equal}, {"!=", Operator::not_equal}, {"<=", Operator::less_equal}, {">=", Operator::greater_equal},
      {"=", Operator::equal},  {"<", Operator::less},       {">", Operator::greater}};
  for (const auto& [sign, meaning] : kSigns) {
    if (!source_.text().substr(at_).starts_with(sign)) continue;
    at_ += sign.size();
    return meaning;
  }
  return Operator::none;
}

Operator Scanner::take_operator() noexcept {
  if (looking_at(':')) {
    ++at_;
    return looking_at('<') || looking_at('>') ? comparison() : Operator::equal;  // "energy:>280" is common elsewhere
  }
  const std::size_t start = at_;
  skip_blanks();
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

Piece Scanner::quoted() {
  Piece piece;
  piece.quoted = true;
  piece.at = at_++;
  while (!looking_at('"')) {
    if (at_end()) source_.fail(piece.at, "this quote is never closed: expected another \" behind it");
    take_character(piece);
  }
  ++at_;
  return piece;
}

std::vector<Piece> Scanner::name() {
  std::vector<Piece> pieces;
  while (!at_end() && !at_blank() && !looking_at('(') && !looking_at(')') && !at_operator()) {
    if (looking_at('"')) {
      pieces.push_back(quoted());
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
  if (looking_at('"')) {
    Piece piece = quoted();
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
