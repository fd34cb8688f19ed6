#include "catalog/row_scanner.hpp"

#include <charconv>
#include <cstring>

namespace resonance::catalog {

// Called for every value of every event of a table, so they are made part of next().

[[gnu::always_inline]] inline void RowScanner::skip_blanks() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
}

[[gnu::always_inline]] inline bool RowScanner::token(char wanted) noexcept {
  skip_blanks();
  if (at_ == end_ || *at_ != wanted) return false;
  ++at_;
  return true;
}

[[gnu::always_inline]] inline bool RowScanner::quoted(std::string_view& out) noexcept {
  if (!token('"')) return false;
  const char* begin = at_;
  while (at_ != end_ && *at_ >= ' ' && *at_ != '"' && *at_ != '\\') ++at_;  // char is signed here: bytes beyond ASCII are below ' '
  if (at_ == end_ || *at_ != '"') return false;
  out = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return true;
}

bool RowScanner::word(std::string_view text) noexcept {
  if (static_cast<std::size_t>(end_ - at_) < text.size() || std::memcmp(at_, text.data(), text.size()) != 0) return false;
  at_ += text.size();
  return true;
}

[[gnu::always_inline]] inline bool RowScanner::digits() noexcept {
  const char* begin = at_;
  while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
  return at_ != begin;
}

[[gnu::always_inline]] inline bool RowScanner::number(Member& out) noexcept {
  const char* begin = at_;
  if (*at_ == '-') ++at_;
  const char* whole = at_;
  if (!digits() || (*whole == '0' && at_ - whole > 1)) return false;
  bool integer = true;
  if (at_ != end_ && *at_ == '.') {
    integer = false;
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    integer = false;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  const auto result = integer ? std::from_chars(begin, at_, out.integer) : std::from_chars(begin, at_, out.number);
  if (integer && *begin == '-' && *whole == '0') return false;  // "-0": no integer holds the sign
  out.kind = integer ? Kind::integer : Kind::number;
  return result.ec == std::errc() && result.ptr == at_;
}

[[gnu::always_inline]] inline bool RowScanner::value(Member& out) noexcept {
  skip_blanks();
  if (at_ == end_) return false;
  switch (*at_) {
    case '"':
      out.kind = Kind::text;
      return quoted(out.text);
    case 't':
    case 'f':
      out.kind = Kind::boolean;
      out.boolean = *at_ == 't';
      return word(out.boolean ? "true" : "false");
    case 'n':
      out.kind = Kind::null;
      return word("null");
    default:
      return number(out);
  }
}

[[gnu::always_inline]] inline bool RowScanner::end() noexcept {
  if (!token('}')) return false;
  skip_blanks();
  finished_ = at_ == end_;
  return true;
}

bool RowScanner::next(Member& out) noexcept {
  if (first_) {
    first_ = false;
    if (!token('{') || end()) return false;
  } else if (end() || !token(',')) {
    return false;
  }
  return quoted(out.key) && token(':') && value(out);
}

void ScannedRows::add(std::string_view text) {
  const auto begin = members_.size();
  RowScanner scanner(text);
  for (RowScanner::Member member; scanner.next(member);) members_.push_back(member);
  if (!scanner.plain()) members_.resize(begin);
  rows_.push_back({begin, members_.size(), scanner.plain()});
}

std::optional<std::span<const RowScanner::Member>> ScannedRows::row(std::size_t i) const noexcept {
  const auto& row = rows_[i];
  if (!row.plain) return std::nullopt;
  return std::span(members_).subspan(row.begin, row.end - row.begin);
}

}  // namespace resonance::catalog
