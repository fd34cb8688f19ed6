/// Units of measurement, as far as comparing numbers needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "query/expression.hpp"

namespace resonance::query {

/// How many `to` one `from` is, for units that are the same but for an SI prefix ("keV" to "eV": 1000), for spellings of one
/// unit, and for s, min, h. Case counts only where it makes a difference ("mW" and "MW"; "KEV" is keV). Nothing when they are
/// different units, or one of them is empty and the other is not.
[[nodiscard]] std::optional<double> conversion(std::string_view from, std::string_view to);

/// Whether a word behind a number is its unit. `perhaps`: it may as well be a word to look for, as "C" or "Mg" is.
enum class UnitWord : std::uint8_t { no, perhaps, yes };
[[nodiscard]] UnitWord unit_word(std::string_view word);

/// The interval in another unit; nothing where there is no conversion. So that what multiplying rounds decides nothing, each end
/// is moved by 10^-14 of its size, closed ones outwards, open ones inwards: 0.2851 keV equals 285.1 eV, and is not above it.
[[nodiscard]] std::optional<Interval> converted(const Interval& interval, std::string_view from, std::string_view to);

}  // namespace resonance::query
