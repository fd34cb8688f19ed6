#include "query/source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "resonance/error.hpp"

namespace resonance::query {
namespace {

constexpr std::string_view kBlanks[] = {" ", "\t", "\n", "\r", "\v", "\f", "\u00a0", "\u2009", "\u202f", "\u3000"};

bool continues_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Source::Source(std::string_view text) : text_(text) {
  if (text.size() > kMaxBytes) fail(kMaxBytes, fmt::format("the query has {} bytes: at most {} are possible", text.size(), kMaxBytes));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8::sequence_length(text, at);
    if (length == 0) fail(at, "the query is not valid UTF-8");
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && blank_at(at) == 0) || byte == 0x7F)
      fail(at, fmt::format("a control character (\\x{:02x}) cannot be searched for", byte));
    at += length;
  }
}

std::size_t Source::blank_at(std::size_t at) const noexcept {
  const std::string_view rest = text_.substr(std::min(at, text_.size()));
  for (const auto blank : kBlanks)
    if (rest.starts_with(blank)) return blank.size();
  return 0;
}

std::string Source::stands_at(std::size_t at) const {
  if (at >= text_.size()) return "the end";
  if (blank_at(at) != 0) return "a blank";
  if (const auto closing = text_[at] == '"' ? text_.find('"', at + 1) : text_.npos; closing != text_.npos)
    return fmt::format("'{}'", printable(text_.substr(at, closing + 1 - at), 40));
  std::size_t end = at + 1;
  if (text_[at] != '(' && text_[at] != ')')
    while (end < text_.size() && blank_at(end) == 0 && text_[end] != '(' && text_[end] != ')') ++end;
  return fmt::format("'{}'", printable(text_.substr(at, end - at), 40));
}

void Source::fail(std::size_t at, std::string_view what_is_wrong) const {
  const auto before = text_.substr(0, at);
  const auto characters = std::ranges::count_if(before, [](char c) { return !continues_character(c); });
  throw Error(ErrorCode::invalid_argument, fmt::format("column {}: {}", characters + 1, what_is_wrong));
}

}  // namespace resonance::query
