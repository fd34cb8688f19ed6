/// Letters of all scripts, for comparisons that do not look at case.
#pragma once

#include <string>
#include <string_view>

namespace resonance {

/// The text with each character replaced by the one that stands for all its cases (Unicode's simple case folding): "Ä" and "ä"
/// become equal, and the number of characters stays. Bytes that are no UTF-8 stay as they are.
[[nodiscard]] std::string fold_case(std::string_view text);

/// Whether there is a letter or a digit in it, of any script. Signs, blanks and bytes that are no UTF-8 are none.
[[nodiscard]] bool has_letter_or_digit(std::string_view text) noexcept;

}  // namespace resonance
