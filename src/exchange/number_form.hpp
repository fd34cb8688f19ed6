/// Text as a number: which signs it uses, and its value without a lost digit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resonance/json.hpp"

namespace resonance::exchange {

/// The ways to write numbers. Each is a bit, as text such as "12" or "1.234" can be read in several.
enum NumberForm : unsigned {
  kPoint = 1,         ///< 1234.5
  kComma = 2,         ///< 1234,5
  kPointGrouped = 4,  ///< 1,234.5
  kCommaGrouped = 8,  ///< 1.234,5
};
inline constexpr unsigned kAllForms = 15;
inline constexpr unsigned kPointForms = kPoint | kPointGrouped;
inline constexpr unsigned kCommaForms = kComma | kCommaGrouped;

/// What a cell can be as a number.
struct NumberLook {
  unsigned forms = 0;          ///< in which it is one; none: it is text
  bool bare_exponent = false;  ///< "12E4", which is as often a name: no decimal sign, no sign in the exponent
  bool word = false;           ///< NaN or an infinity in words
  bool plain_word = false;     ///< as JSON, Python and C write them: "NaN", "nan", "Infinity", "-Infinity"
};

/// Looks at text without blanks at its ends. Codes such as "007" are no numbers, unless `zeros` lets them be; nor is what a double
/// cannot hold, such as 1e999 or 1e-999. Fortran's exponents (1.5D-9) and the words of C and Windows ("inf", "1.#QNAN") are.
[[nodiscard]] NumberLook look_at_number(std::string_view text, bool zeros = false);

/// A text that look_at_number() finds to be an integer in that form: no decimal sign, no exponent.
[[nodiscard]] bool is_integer_text(std::string_view text, NumberForm form);

/// The value of a text that is a number in that form: an integer with all its digits, or a double. `as_double`: an integer, too,
/// unless a double would change it; so are whole numbers with a decimal sign ("9007199254740993.0") kept.
[[nodiscard]] Json number_value(std::string_view text, NumberForm form, bool as_double);

/// What spreadsheets write for a value that could not be computed: #N/A, #DIV/0! and their like.
[[nodiscard]] bool is_spreadsheet_error(std::string_view text);

/// Words that stand for a value that is not there: N/A, NA, null, None, -, -- and their like, errors of a spreadsheet, and nothing at all.
[[nodiscard]] bool is_missing_text(std::string_view text);

}  // namespace resonance::exchange
