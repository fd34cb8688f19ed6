/// Foreign text → UTF-8, foreign names → names that data keys may have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace resonance::exchange {

/// The text as UTF-8 without byte order mark. UTF-16 is known by its byte order mark or its zeros; what else is not valid UTF-8 is
/// taken as Windows-1252, which is Latin-1 and some signs, byte by byte, which always works. \throws Error(corrupt) UTF-16 with half a
/// character
[[nodiscard]] std::string to_utf8(std::string text);

/// Whether to_utf8() takes each byte for a character, as the text is neither UTF-8 nor UTF-16.
[[nodiscard]] bool is_byte_text(std::string_view text);

/// A name for a data key: blanks at the ends cut, control characters as blanks, at most 240 bytes; `otherwise` when nothing is left.
[[nodiscard]] std::string to_label(std::string_view text, std::string_view otherwise);

/// to_label() for the columns of a table: nameless ones become "column 5", repeated ones "name (2)".
[[nodiscard]] std::vector<std::string> to_column_names(const std::vector<std::string>& names);

}  // namespace resonance::exchange
