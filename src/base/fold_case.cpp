#include "base/fold_case.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "base/utf8.hpp"

namespace resonance {
namespace {

struct Character {
  std::size_t length = 0;            // in bytes
  utf8proc_int32_t code_point = -1;  // below 0: a byte that is no UTF-8
};

Character character_at(std::string_view text, std::size_t at) noexcept {
  const std::size_t length = utf8::sequence_length(text, at);
  if (length == 0) return {1, -1};
  Character found{length, -1};
  utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at, static_cast<utf8proc_ssize_t>(length), &found.code_point);
  return found;
}

// utf8proc has the full folding, which makes two letters of some ("ß" becomes "ss"). Those take their lower case.
utf8proc_int32_t folded(utf8proc_int32_t code_point) noexcept {
  utf8proc_int32_t out[4];
  int boundary = 0;
  const auto count = utf8proc_decompose_char(code_point, out, std::size(out), UTF8PROC_CASEFOLD, &boundary);
  return count == 1 ? out[0] : utf8proc_tolower(code_point);
}

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      const char c = text[at++];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    const Character found = character_at(text, at);
    if (found.code_point < 0) {
      out += text[at];
    } else {
      utf8proc_uint8_t bytes[4];
      const auto length = utf8proc_encode_char(folded(found.code_point), bytes);
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    }
    at += found.length;
  }
  return out;
}

bool has_letter_or_digit(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const Character found = character_at(text, at);
    if (found.code_point >= 0) {
      const auto category = utf8proc_category(found.code_point);
      if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return true;
      if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return true;
    }
    at += found.length;
  }
  return false;
}

}  // namespace resonance
