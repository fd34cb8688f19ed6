/// The text of a query, and the way to say what is wrong with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace resonance::query {

inline constexpr std::size_t kMaxBytes = 16 * 1024;  // as a pattern it stays below SQLite's limit of 50,000 bytes, each byte in brackets

class Source {
 public:
  /// \throws Error(invalid_argument) it is too long, no UTF-8, or has control characters
  explicit Source(std::string_view text);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// Bytes of the blank at that place; 0: there is none. Blanks that web pages and documents have count.
  [[nodiscard]] std::size_t blank_at(std::size_t at) const noexcept;
  /// "'word'", or "the end", for a message
  [[nodiscard]] std::string stands_at(std::size_t at) const;

  /// "column 14: what is wrong"; columns count characters from 1. \throws Error(invalid_argument) always
  [[noreturn]] void fail(std::size_t at, std::string_view what_is_wrong) const;

 private:
  std::string_view text_;
};

}  // namespace resonance::query
