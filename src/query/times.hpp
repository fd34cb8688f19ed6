/// Times as people write them.
#pragma once

#include <optional>
#include <string_view>

#include "query/parse.hpp"

namespace resonance::query {

/// A stretch of time, in seconds since the Unix epoch: the month, the day, the minute or the second that was named.
struct TimeSpan {
  double begin = 0;
  double end = 0;          ///< not in it
  bool is_moment = false;  ///< "now", "2h", fractions of a second: no stretch; end is begin
};

/// ISO 8601 ("2026", "2026-03", "2026-03-14", "2026-03-14T19:43", "2026-03-14 19:43:33.5+01:00", "…Z"), "now", "today",
/// "yesterday", a weekday (the last one; today counts), "last week", "this month" and their kin, an age ("90s", "30m", "2h", "3d ago",
/// "1w"), "15.03.2026", "2026/03/15", or "@" with seconds since the Unix epoch. Nothing for any other text.
[[nodiscard]] std::optional<TimeSpan> parse_time(std::string_view text, const ParseContext& context);

/// The time as text that is read again as exactly that, with the clocks of the context; a date where that says it.
[[nodiscard]] std::string time_text(double time, const ParseContext& context);

/// Seconds of "s", "min", "h", "days" …; nothing for any other word.
[[nodiscard]] std::optional<double> seconds_of_unit(std::string_view unit);

}  // namespace resonance::query
