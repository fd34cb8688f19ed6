#include "exchange/row_times.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"

namespace resonance::exchange {
namespace {

constexpr double kHour = 3600;

CivilTime civil_of(const IsoTime& shown) { return {shown.day.time_since_epoch().count(), shown.second_of_day}; }

bool same_clock(const CivilTime& a, const CivilTime& b) {
  const double apart = static_cast<double>(a.day - b.day) * 86400 + a.second_of_day - b.second_of_day;
  return apart > -0.001 && apart < 0.001;
}

/// Rows of which the clock alone does not tell the time.
struct Doubts {
  std::optional<std::uint64_t> twice, never;  // the first row with a time that clocks show twice, or skip
};

double time_of(const IsoTime& shown, const TimeZone& zone, std::optional<double> before, std::uint64_t row, Doubts& doubts) {
  if (shown.utc_offset) return shown.epoch();
  const auto civil = civil_of(shown);
  const double first = zone.time_of(civil);
  if (!same_clock(zone.civil(first), civil) && !doubts.never && civil.second_of_day < 86400) doubts.never = row;
  if (!same_clock(zone.civil(first + kHour), civil)) return first;
  if (!doubts.twice) doubts.twice = row;
  return before && first < *before && first + kHour >= *before ? first + kHour : first;
}

}  // namespace

std::vector<double> times_of_rows(const std::vector<IsoTime>& shown, const TimeZone& zone, const LineOfRow& line_of,
                                  std::vector<std::string>& notes) {
  Doubts doubts;
  std::vector<double> times;
  times.reserve(shown.size());
  for (const auto& row : shown)
    times.push_back(time_of(row, zone, times.empty() ? std::nullopt : std::optional(times.back()), times.size(), doubts));
  if (doubts.twice)
    notes.push_back(
        fmt::format("the clocks of {} showed the time of line {} twice, as they were put back: the first was taken, the second "
                    "where rows would go back otherwise",
                    zone.name(), line_of(*doubts.twice)));
  if (doubts.never)
    notes.push_back(
        fmt::format("the clocks of {} never showed the time of line {}, as they were put forward", zone.name(), line_of(*doubts.never)));
  return times;
}

void note_steps_back(const std::vector<double>& times, const LineOfRow& line_of, std::vector<std::string>& notes) {
  std::uint64_t steps = 0, first = 0;
  for (std::size_t row = 1; row < times.size(); ++row)
    if (times[row] < times[row - 1] && steps++ == 0) first = row;
  if (steps == 0) return;
  notes.push_back(fmt::format("the rows go back in time {}, first in line {} by {} s", steps == 1 ? "once" : fmt::format("{} times", steps),
                              line_of(first), shortest(times[first - 1] - times[first])));
}

}  // namespace resonance::exchange
