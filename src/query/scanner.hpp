/// Cuts a query into the pieces that its grammar is about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/source.hpp"

namespace resonance::query {

/// A part of the text as it is meant: quotes and backslashes are resolved.
struct Piece {
  std::string text;
  std::vector<std::size_t> wildcards;  ///< where in `text` a * or ? stands for other characters
  bool quoted = false;
  std::size_t at = 0;  ///< byte of the query where it begins

  [[nodiscard]] bool is_star() const noexcept { return text == "*" && wildcards.size() == 1; }
};

enum class Operator : std::uint8_t { none, equal, not_equal, less, less_equal, greater, greater_equal };

[[nodiscard]] constexpr bool is_ordered(Operator operation) noexcept { return operation >= Operator::less; }

enum class Keyword : std::uint8_t { all, any, negated };

class Scanner {
 public:
  explicit Scanner(const Source& source) noexcept : source_(source) {}

  [[nodiscard]] const Source& source() const noexcept { return source_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == source_.text().size(); }
  [[nodiscard]] bool at_blank() const noexcept { return source_.blank_at(at_) != 0; }
  void skip_blanks() noexcept;
  [[nodiscard]] bool looking_at(char c) const noexcept { return source_.text().substr(at_).starts_with(c); }
  /// Bytes of AND, OR or NOT as a word of its own, or of what other languages write: "&&", "||", "!"; 0: it is not here.
  [[nodiscard]] std::size_t keyword_length(Keyword keyword) const noexcept;
  [[nodiscard]] bool looking_at_any_keyword() const noexcept;
  /// Bytes of the minus in front of a term, also one that an editor made a dash; 0: there is none.
  [[nodiscard]] std::size_t minus_length() const noexcept;
  void advance(std::size_t bytes) noexcept { at_ += bytes; }
  void go_to(std::size_t at) noexcept { at_ = at; }

  /// The word behind the blanks there, up to a blank or a parenthesis. Empty where there are no blanks, and at a keyword or a quote.
  struct RawWord {
    std::string_view text;
    std::size_t end = 0;
  };
  [[nodiscard]] RawWord word_behind(std::size_t at) const noexcept;

  /// What may be a name or a word: quoted and unquoted pieces side by side, up to a blank, a parenthesis or an operator.
  [[nodiscard]] std::vector<Piece> name();
  /// The operator here; comparisons (not ':') may have blanks in front of them and behind.
  [[nodiscard]] Operator take_operator() noexcept;
  /// What is compared with: up to a blank or a closing parenthesis. `behind` is for messages: "plan:".
  [[nodiscard]] Piece value(std::string_view behind);

 private:
  [[nodiscard]] Operator comparison() noexcept;
  [[nodiscard]] bool at_operator(std::size_t at) const noexcept;
  [[nodiscard]] bool at_end_of_term(std::size_t at) const noexcept;
  void skip_blanks_to_value() noexcept;
  /// Where the quote that opens here is closed, and how long the closing sign is; nothing where no quote opens, or it stays open.
  struct Quote {
    std::size_t opening = 0, end = 0, closing = 0;
  };
  [[nodiscard]] std::optional<Quote> quote_here(bool is_value);
  [[nodiscard]] Piece quoted(const Quote& quote);
  [[nodiscard]] std::optional<Piece> quoted_name(bool is_first);
  /// Take one character, which a backslash in front may have made an ordinary one.
  void take_character(Piece& piece);

  const Source& source_;
  std::size_t at_ = 0;
  unsigned apostrophes_ = 0;  ///< kinds of quotes of which one was found to stay open, so that all behind it do
};

}  // namespace resonance::query
