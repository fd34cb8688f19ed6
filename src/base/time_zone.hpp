/// Dates and times of day as the clocks of a place show them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace resonance {

/// What calendar and clock show.
struct CivilTime {
  std::int64_t day = 0;      ///< days since 1970-01-01 of that calendar
  double second_of_day = 0;  ///< as the clock shows it: 9:00 is 32400 also on a day that is an hour short
};

/// The rules of one zone of the IANA database. A value; safe from any thread. Times are seconds since the Unix epoch; they are
/// taken as 10^14 when they are farther from it, which is three million years.
class TimeZone {
 public:
  TimeZone() noexcept = default;  ///< UTC
  /// "Europe/Berlin", "UTC". \throws Error(invalid_argument) there is no such zone
  [[nodiscard]] static TimeZone load(std::string_view iana_name);

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] CivilTime civil(double time) const;
  /// When the clocks show that. Of a time that they show twice, the first; of one that they skip, the moment of the skip: so
  /// later civil times are never earlier moments.
  [[nodiscard]] double time_of(const CivilTime& civil) const;

  [[nodiscard]] std::int64_t day_of(double time) const { return civil(time).day; }
  /// The first moment of the day, which is not midnight where clocks skip that.
  [[nodiscard]] double start_of_day(std::int64_t day) const { return time_of({day, 0}); }

 private:
  struct Rules;
  std::shared_ptr<const Rules> rules_;  ///< none: UTC
};

}  // namespace resonance
