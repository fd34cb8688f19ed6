#include "base/time_zone.hpp"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance {

struct TimeZone::Rules {
  std::string name;
  cctz::time_zone zone;
};

namespace {

constexpr double kFarthest = 1e14;  // seconds; what can be counted in years, days and seconds without overflow
constexpr std::int64_t kDaySeconds = 86400;

// Names of the database, and no paths of files.
bool is_zone_name(std::string_view name) noexcept {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= 255 && name.front() != '/' && std::ranges::all_of(name, fits);
}

double limited(double time) noexcept { return std::isnan(time) ? 0 : std::clamp(time, -kFarthest, kFarthest); }

std::int64_t floor_days(std::int64_t seconds) noexcept { return seconds / kDaySeconds - (seconds % kDaySeconds < 0 ? 1 : 0); }

}  // namespace

TimeZone TimeZone::load(std::string_view iana_name) {
  auto rules = std::make_shared<Rules>();
  rules->name = iana_name;
  if (!is_zone_name(iana_name) || !cctz::load_time_zone(rules->name, &rules->zone))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there is no time zone '{}': give a name such as Europe/Berlin, America/Los_Angeles or UTC (all of them are "
                            "files below /usr/share/zoneinfo, Debian's package tzdata)",
                            printable(iana_name)));
  TimeZone zone;
  zone.rules_ = std::move(rules);
  return zone;
}

const std::string& TimeZone::name() const noexcept {
  static const std::string utc = "UTC";
  return rules_ ? rules_->name : utc;
}

CivilTime TimeZone::civil(double time) const {
  const double whole = std::floor(limited(time));
  auto seconds = static_cast<std::int64_t>(whole);
  if (rules_) {
    const std::chrono::time_point<std::chrono::system_clock, cctz::seconds> moment{cctz::seconds(seconds)};
    seconds += rules_->zone.lookup(moment).offset;
  }
  const std::int64_t day = floor_days(seconds);
  return {day, static_cast<double>(seconds - day * kDaySeconds) + (limited(time) - whole)};
}

double TimeZone::time_of(const CivilTime& civil) const {
  const double whole = std::floor(limited(civil.second_of_day));
  const double fraction = limited(civil.second_of_day) - whole;
  const double of_utc = limited(static_cast<double>(civil.day) * kDaySeconds + whole);
  if (!rules_) return of_utc + fraction;
  const cctz::civil_second shown = cctz::civil_second(1970, 1, 1) + static_cast<std::int64_t>(of_utc);
  return static_cast<double>(cctz::convert(shown, rules_->zone).time_since_epoch().count()) + fraction;
}

}  // namespace resonance
