/// What a value in a query can mean: a pattern, a number with a unit, a range of these.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "query/expression.hpp"
#include "query/scanner.hpp"

namespace resonance::query {

[[nodiscard]] Pattern pattern_of(const Piece& value);

/// "280", "-1.5e3eV", "280 eV"
struct Quantity {
  double number = 0;
  std::string unit;
};
[[nodiscard]] std::optional<Quantity> parse_quantity(std::string_view text);

/// "280", "280..290", "280..", "..290eV": the unit of one end is also that of the other, if that has none.
struct QuantityRange {
  std::optional<Quantity> low, high;
};
[[nodiscard]] std::optional<QuantityRange> parse_quantity_range(std::string_view text);
/// "280-290", "280 to 290 eV": the same, as people write it who mean no text; nothing where the first is not below the second.
[[nodiscard]] std::optional<QuantityRange> parse_spelled_range(std::string_view text);
/// "280,5": a number as it is written in other countries.
[[nodiscard]] bool has_decimal_comma(std::string_view text);
/// "-", "..", "to" and others as a word of its own.
[[nodiscard]] bool is_range_word(std::string_view word) noexcept;
/// With '-' for what editors make of it.
[[nodiscard]] std::string plain_dashes(std::string_view text);

/// The two sides of "a..b"; nothing without "..".
[[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> split_range(std::string_view text);

/// \throws Error(invalid_argument) low is above high; `at` is where the range stands
[[nodiscard]] Interval closed_interval(const Source& source, std::size_t at, std::optional<double> low, std::optional<double> high);
/// Numbers that are to `number` as the operator says; of not_equal, the number itself.
[[nodiscard]] Interval compared_with(Operator operation, double number);

}  // namespace resonance::query
