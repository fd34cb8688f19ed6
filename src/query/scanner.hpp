/// Cuts a query into the pieces that its grammar is about.
#pragma once

#include <cstddef>
#include <cstdint>
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

class Scanner {
 public:
  explicit Scanner(const Source& source) noexcept : source_(source) {}

  [[nodiscard]] const Source& source() const noexcept { return source_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == source_.text().size(); }
  [[nodiscard]] bool at_blank() const noexcept { return source_.blank_at(at_) != 0; }
  void skip_blanks() noexcept;
  [[nodiscard]] bool looking_at(char c) const noexcept { return source_.text().substr(at_).starts_with(c); }
  /// AND, OR or NOT, as a word of its own
  [[nodiscard]] bool looking_at_keyword(std::string_view keyword) const noexcept;
  [[nodiscard]] bool looking_at_any_keyword() const noexcept;
  void advance(std::size_t bytes) noexcept { at_ += bytes; }

  /// What may be a name or a word: quoted and unquoted pieces side by side, up to a blank, a parenthesis or an operator.
  [[nodiscard]] std::vector<Piece> name();
  /// The operator here; comparisons (not ':') may have blanks in front of them and behind.
  [[nodiscard]] Operator take_operator() noexcept;
  /// What is compared with: up to a blank or a closing parenthesis. `behind` is for messages: "plan:".
  [[nodiscard]] Piece value(std::string_view behind);

 private:
  [[nodiscard]] Operator comparison() noexcept;
  [[nodiscard]] bool at_operator() const noexcept;
  [[nodiscard]] Piece quoted();
  /// Take one character, which a backslash in front may have made an ordinary one.
  void take_character(Piece& piece);

  const Source& source_;
  std::size_t at_ = 0;
};

}  // namespace resonance::query
