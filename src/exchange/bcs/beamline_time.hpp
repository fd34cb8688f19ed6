/// The clock on the beamline's wall → seconds since the Unix epoch.
#pragma once

#include <chrono>
#include <span>
#include <vector>

namespace resonance::bcs {

inline constexpr const char* kBeamlineZone = "America/Los_Angeles";

/// Local time at the ALS → seconds since the Unix epoch, by the rules of the United States since 1987, built in so that no time
/// zone database and no setting of the process matters. Of the hour that comes twice in autumn, `second_pass` is the later one.
[[nodiscard]] double beamline_to_utc(std::chrono::sys_days day, double second_of_day, bool second_pass = false);

/// Days since the first row, for times of day in order of the rows: a clock that goes back by more than 12 hours has passed
/// midnight.
[[nodiscard]] std::vector<int> days_since_first(std::span<const double> seconds_of_day);

/// Times of all rows. When the clock goes back within the hour that comes twice in autumn, it is the second pass.
[[nodiscard]] std::vector<double> row_times(std::chrono::sys_days first_day, std::span<const double> seconds_of_day);

}  // namespace resonance::bcs
