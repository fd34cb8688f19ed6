#include "exchange/bcs/beamline_time.hpp"

namespace resonance::bcs {
namespace {

constexpr double kHour = 3600;
constexpr double kDay = 86400;

double seconds_of(std::chrono::sys_days day) { return static_cast<double>(day.time_since_epoch().count()) * kDay; }

/// Begin and end of daylight saving time, as local seconds: both at two o'clock.
struct Summer {
  double begin, end;
};

Summer summer_of(std::chrono::year year) {
  using namespace std::chrono;
  if (year >= 2007y) return {seconds_of(year / March / Sunday[2]) + 2 * kHour, seconds_of(year / November / Sunday[1]) + 2 * kHour};
  return {seconds_of(year / April / Sunday[1]) + 2 * kHour, seconds_of(year / October / Sunday[last]) + 2 * kHour};
}

}  // namespace

double beamline_to_utc(std::chrono::sys_days day, double second_of_day, bool second_pass) {
  const double local = seconds_of(day) + second_of_day;
  const auto summer = summer_of(std::chrono::year_month_day{day}.year());
  const double end = second_pass ? summer.end - kHour : summer.end;
  const bool saves_daylight = local >= summer.begin && local < end;
  return local + (saves_daylight ? 7 : 8) * kHour;
}

std::vector<int> days_since_first(std::span<const double> seconds_of_day) {
  std::vector<int> days;
  days.reserve(seconds_of_day.size());
  int day = 0;
  for (std::size_t i = 0; i < seconds_of_day.size(); ++i) {
    if (i > 0 && seconds_of_day[i] < seconds_of_day[i - 1] - kDay / 2) ++day;
    days.push_back(day);
  }
  return days;
}

std::vector<double> row_times(std::chrono::sys_days first_day, std::span<const double> seconds_of_day) {
  const auto days = days_since_first(seconds_of_day);
  std::vector<double> times;
  times.reserve(days.size());
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto day = first_day + std::chrono::days{days[i]};
    const double time = beamline_to_utc(day, seconds_of_day[i]);
    const double later = beamline_to_utc(day, seconds_of_day[i], true);
    times.push_back(!times.empty() && time < times.back() && later >= times.back() ? later : time);
  }
  return times;
}

}  // namespace resonance::bcs
