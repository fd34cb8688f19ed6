/// What the cells of a text column are, and their values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exchange/number_form.hpp"
#include "resonance/json.hpp"

namespace resonance::exchange {

enum class CellType { integer, number, boolean, text };

/// The type of a column, and how its numbers are written.
struct ColumnType {
  CellType type = CellType::text;
  NumberForm form = kPoint;
  bool keep_integers = false;  ///< of a column of numbers, those without decimal sign stay integers
};

/// Which decimal sign the columns of a table have that leave no doubt.
struct DecimalEvidence {
  bool point = false, comma = false;
};

/// Looks at all cells of a column, then knows the narrowest type that holds them all. Missing values fit any type.
///
/// Numbers are those of look_at_number() that one form reads all. "12E4" is one beside "1.5" or "1e-9", or where `units` say that the
/// column is measured; words such as "nan" beside digits, or where all cells are such. Words for missing values ("N/A") are text
/// where the column is text.
class CellTypeGuess {
 public:
  struct Place {
    std::string text;
    std::uint64_t line = 0;
  };

  void see(std::string_view cell, std::uint64_t line = 0);
  void see_text(std::string_view cell, std::uint64_t line = 0);  ///< a cell that is text whatever it looks like
  void be_measured() noexcept { measured_ = true; }
  void be_number() noexcept { measured_ = zeros_ = said_ = true; }  ///< somebody says so: "007" is 7, "12E4" 120000
  void words_are_values() noexcept { missing_words_ = false; }      ///< "N/A" and its like are no missing values here

  [[nodiscard]] std::uint64_t values() const noexcept { return values_; }  ///< cells that are not missing

  void add_to(DecimalEvidence& evidence) const noexcept;
  /// A column without any value is text. `decimal`: '.' or ',' when somebody has said it.
  [[nodiscard]] ColumnType type(DecimalEvidence evidence = {}, std::optional<char> decimal = std::nullopt) const noexcept;

  /// Why it is no column of numbers (or, with `integers`, of integers): "line 3 says "x""; nothing when it is one.
  [[nodiscard]] std::string why_not(const ColumnType& type, bool integers) const;

  // What should be told of a column that became `type`; nothing when there is nothing.
  [[nodiscard]] std::string note_of_text(std::string_view column, const ColumnType& type) const;     ///< why it is text
  [[nodiscard]] std::string note_of_signs(std::string_view column, const ColumnType& type) const;    ///< a comma that was read
  [[nodiscard]] std::string note_of_missing(std::string_view column, const ColumnType& type) const;  ///< a word that was taken for none

 private:
  void see_number(std::string_view text, const NumberLook& look, std::uint64_t line);
  [[nodiscard]] bool is_number() const noexcept;

  bool measured_ = false, missing_words_ = true, zeros_ = false, said_ = false;
  bool boolean_ = true, integer_point_ = true, integer_comma_ = true;
  bool sure_ = false, plain_words_only_ = true, bare_exponents_ = false;  // of the numbers; sure: one has a decimal sign
  unsigned forms_ = kAllForms;
  std::uint64_t values_ = 0, numbers_ = 0, words_ = 0;
  // The first of their kind:
  std::optional<Place> other_;     // no number like those before it
  std::optional<Place> fraction_;  // a number that is no integer
  std::optional<Place> doubtful_;  // a bare exponent, or a word
  std::optional<Place> signed_;    // a number with signs that are not read the same everywhere
  std::optional<Place> missing_;   // a word for a missing value
};

/// The cell as a value of its column's type; null when it is missing.
[[nodiscard]] Json cell_value(std::string_view cell, const ColumnType& type);

/// The data key of such a column.
[[nodiscard]] Json cell_key(CellType type, std::string_view source, std::string_view units);

}  // namespace resonance::exchange
