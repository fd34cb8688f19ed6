/// ISO 8601 date and time text.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace resonance::exchange {

/// A date and a time of day as written, and how far from UTC the text says they are.
struct IsoTime {
  std::chrono::sys_days day;  ///< the calendar day; of no time zone yet
  double second_of_day = 0;
  std::optional<double> utc_offset;  ///< seconds east of Greenwich; absent when the text does not tell

  /// Seconds since the Unix epoch; without a zone taken as UTC.
  [[nodiscard]] double epoch() const;
};

/// "2023-03-14T19:43:33", with blank instead of T, fraction, and Z or ±hh:mm or ±hhmm behind. Nothing for any other text,
/// a date alone included. Seconds may be missing; a comma may stand before their fraction.
[[nodiscard]] std::optional<IsoTime> parse_iso_time(std::string_view text);

/// A time of day, and how far from UTC it says to be.
struct ZonedClock {
  double second_of_day = 0;
  std::optional<double> utc_offset;
};
/// "19:43:33", "7:43 PM", "19:43:33.5Z", "19:43:33 +01:00", "19:43:33 UTC"
[[nodiscard]] std::optional<ZonedClock> parse_zoned_clock(std::string_view text);

/// "19:43:33" or "7:43:33.25 PM" as seconds of the day.
[[nodiscard]] std::optional<double> parse_clock(std::string_view text);

}  // namespace resonance::exchange
