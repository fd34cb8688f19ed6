/// One step of UTF-8 validation, shared by the text helpers and the JSON reader and writer.
#pragma once

#include <cstddef>
#include <string_view>

namespace resonance::utf8 {

/// Length of the well-formed sequence at `text[at]` (Unicode, table 3-7), or 0: overlong forms, surrogates, code points above
/// U+10FFFF and sequences that are cut off are not well-formed. `at` is less than text.size().
[[nodiscard]] inline std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const std::size_t left = text.size() - at;
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < left && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return continues(1) ? 2 : 0;
  if (lead < 0xF0) return continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && continues(2) ? 3 : 0;
  if (lead > 0xF4) return 0;
  return continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && continues(2) && continues(3) ? 4 : 0;
}

}  // namespace resonance::utf8
