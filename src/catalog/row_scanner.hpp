/// The members of a JSON object that has nothing but plain values, one by one, without making a Json of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace resonance::catalog {

/// Most events are such objects. Whatever is not plain (nested values, escapes, bytes beyond ASCII, integers beyond int64, NaN,
/// errors) stops the scanner, and the whole text goes to Json::parse(), which knows all of it.
class RowScanner {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, text };
  struct Member {
    std::string_view key;
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string_view text;
  };

  explicit RowScanner(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}

  /// The next member; false at the end and where something is not plain, which plain() then tells apart.
  bool next(Member& out) noexcept;
  /// After next() said false: the text was an object of plain members from its first to its last byte.
  [[nodiscard]] bool plain() const noexcept { return finished_; }

 private:
  bool token(char wanted) noexcept;
  bool quoted(std::string_view& out) noexcept;
  bool value(Member& out) noexcept;
  bool word(std::string_view text) noexcept;
  bool number(Member& out) noexcept;
  void skip_blanks() noexcept;
  bool digits() noexcept;
  bool end() noexcept;

  const char* at_;
  const char* end_;
  bool first_ = true;
  bool finished_ = false;
};

/// Rows that were scanned by another thread than the one that fills columns with them. Their members refer to the rows' texts.
class ScannedRows {
 public:
  void add(std::string_view text);
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  /// Nothing when the row is not plain.
  [[nodiscard]] std::optional<std::span<const RowScanner::Member>> row(std::size_t i) const noexcept;

 private:
  struct Row {
    std::size_t begin, end;
    bool plain;
  };
  std::vector<RowScanner::Member> members_;
  std::vector<Row> rows_;
};

}  // namespace resonance::catalog
