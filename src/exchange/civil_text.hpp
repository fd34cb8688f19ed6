/// Dates with times of day as people and programs write them.
#pragma once

#include <string_view>

#include "exchange/iso_time.hpp"

namespace resonance::exchange {

/// What comes first in "03/04/2024".
enum DateOrder : unsigned { kDayFirst = 1, kMonthFirst = 2 };
inline constexpr unsigned kAnyOrder = 3;

/// ISO 8601, "2023/03/14 19:43", "14.03.2023 19:43:33", "14-Mar-2023 19:43:33", "3/14/2023 7:43 PM"; with fractions and zones as
/// parse_zoned_clock() takes them. `order` matters where '/' or '-' stand between three numbers and the year is the last.
[[nodiscard]] std::optional<IsoTime> parse_date_time(std::string_view text, DateOrder order);

/// The orders in which it is one, as bits; 0: none.
[[nodiscard]] unsigned orders_of(std::string_view text);

/// A date alone, in the same forms.
[[nodiscard]] bool is_date(std::string_view text);

}  // namespace resonance::exchange
