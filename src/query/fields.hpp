/// Terms of the form `name operator value`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/expression.hpp"
#include "query/parse.hpp"
#include "query/scanner.hpp"
#include "query/units.hpp"

namespace resonance::query {

struct Comparison {
  std::string name;        ///< without quotes
  bool is_quoted = false;  ///< then it is a path, also when a field has that name
  std::size_t at = 0;      ///< where the name begins
  std::string shown;       ///< name and operator for messages: "energy>"
  Operator operation = Operator::equal;
  std::size_t operator_at = 0;
  Piece value;
};

/// What is compared with a name: decides what may stand behind a value and belong to it ("280 eV", "2026-03-14 19:43").
enum class ValueKind : std::uint8_t { text, count, bytes, seconds, time, date, value };
[[nodiscard]] ValueKind value_kind(std::string_view name, bool is_quoted);

/// Whether the word behind a number that a value of that kind is compared with is its unit.
[[nodiscard]] UnitWord unit_word_of(ValueKind kind, std::string_view word);

/// Names of fields of a run, for suggestions.
[[nodiscard]] const std::vector<std::string_view>& field_names();

/// \throws Error(invalid_argument) the value is none that the field can be compared with in that way
[[nodiscard]] Node comparison_term(const Source& source, const Comparison& comparison, const ParseContext& context);

/// "280<energy<290": the two comparisons of one name as one interval.
[[nodiscard]] Node two_sided_term(const Source& source, Comparison one, Comparison other, const ParseContext& context);

}  // namespace resonance::query
