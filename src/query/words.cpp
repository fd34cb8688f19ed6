#include "query/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/fold_case.hpp"
#include "base/text.hpp"
#include "query/values.hpp"

namespace resonance::query {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex_letter(char c) noexcept { return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool looks_like_uid(std::string_view word) noexcept {
  return word.size() >= 8 && word.size() <= 32 && std::ranges::all_of(word, [](char c) { return is_digit(c) || is_hex_letter(c); }) &&
         std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_hex_letter);
}

/// A uid as uuids are written, without its hyphens.
std::string without_hyphens(std::string_view word) {
  std::string out(word);
  const auto is_hyphen = [](std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; };
  for (std::size_t at = 0; at < word.size(); ++at)
    if (word.size() != 36 || (word[at] == '-') != is_hyphen(at)) return out;
  std::erase(out, '-');
  return out;
}

std::optional<double> whole_number(std::string_view word) noexcept {
  if (word.starts_with('#')) word.remove_prefix(1);                                   // "#42"
  if (word.size() > 15 || !std::ranges::all_of(word, is_digit)) return std::nullopt;  // 15: what a double holds exactly
  return parse_double(word);
}

Node either(Node one, WordsTerm words) {
  AnyOf both;
  both.nodes.push_back(std::move(one));
  both.nodes.push_back(Node{std::move(words)});
  return Node{std::move(both)};
}

/// Where characters of the last word may follow; that is no wildcard of the kind that is refused.
bool has_star_at_end(const Piece& piece) noexcept {
  return !piece.wildcards.empty() && piece.wildcards.back() + 1 == piece.text.size() && piece.text.back() == '*';
}

}  // namespace

WordsTerm words_term(const Source& source, const Piece& piece, bool notes_only) {
  const bool star = has_star_at_end(piece);
  for (const auto at : piece.wildcards) {
    if (star && at + 1 == piece.text.size()) continue;
    if (piece.quoted && piece.text[at] == '?') continue;  // "what happened?"
    source.fail(piece.at,
                fmt::format("expected '*' at the end of a word only, as in polym*, not in '{}': elsewhere wildcards need a name in "
                            "front, as in sample:*80*",
                            printable(piece.text, 40)));
  }
  WordsTerm words{piece.text.substr(0, piece.text.size() - (star ? 1 : 0)), star, notes_only};
  if (!has_letter_or_digit(words.text))
    source.fail(
        piece.at,
        fmt::format("expected a word, a phrase, or a name with a value such as plan:nexafs, not {}: there is no letter or digit in it",
                    source.stands_at(piece.at)));
  // "znpc-*" is "znpc" and something behind the sign, not a word that begins like that.
  const auto last =
      std::ranges::find_if(words.text.rbegin(), words.text.rend(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (star) words.prefix = has_letter_or_digit(std::string_view(words.text).substr(static_cast<std::size_t>(words.text.rend() - last) - 1));
  return words;
}

Node bare_term(const Source& source, const Piece& piece) {
  if (!piece.quoted && piece.is_star()) return Node{AllOf{}};
  WordsTerm words = words_term(source, piece, false);
  if (piece.quoted || !piece.wildcards.empty()) return Node{std::move(words)};
  if (const auto uid = without_hyphens(piece.text); looks_like_uid(uid)) return either(Node{UidTerm{fold_case(uid)}}, std::move(words));
  if (const auto number = whole_number(piece.text))
    return either(Node{NumberTerm{NumberField::scan_id, compared_with(Operator::equal, *number)}}, std::move(words));
  return Node{std::move(words)};
}

}  // namespace resonance::query
