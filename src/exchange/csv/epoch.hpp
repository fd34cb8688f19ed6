/// Numbers that count time from some moment on.
#pragma once

#include <string_view>

namespace resonance::csv {

/// A way to count time. `local`: the moment is midnight on the clocks of the place.
struct Epoch {
  std::string_view words;  ///< "seconds since 1970"
  std::string_view unit;   ///< that a column may name for it; "" none
  double seconds, counts;  ///< so many seconds in so many counts
  double origin;           ///< in seconds since the Unix epoch
  double earliest;         ///< in seconds since the Unix epoch: what is before that is believed to be something else
  bool local = false;
  bool dates_only = false;  ///< only of a column whose name says date: such numbers are ordinary otherwise
};

/// The way to count in which both numbers are times from 1980 to `latest`; null when there is none. `unit`: of the column, "" if it
/// names none; s, ms, us, ns, min, h, d in several spellings.
[[nodiscard]] const Epoch* epoch_of(double smallest, double largest, std::string_view unit, bool dates, double latest);

[[nodiscard]] inline double time_in(const Epoch& epoch, double count) { return count * epoch.seconds / epoch.counts + epoch.origin; }

/// Seconds in a unit of time; 0: it is none.
[[nodiscard]] double seconds_in(std::string_view unit);

}  // namespace resonance::csv
