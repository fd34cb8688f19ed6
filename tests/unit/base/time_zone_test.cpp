#include "base/time_zone.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "support/fails.hpp"

namespace resonance {
namespace {

using test::fails;

std::int64_t day(int year, unsigned month, unsigned day_of_month) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day_of_month)).time_since_epoch().count();
}

double at(const TimeZone& zone, std::int64_t on, int hour, int minute) { return zone.time_of({on, hour * 3600.0 + minute * 60.0}); }

TEST(TimeZone, IsUtcUnlessAnotherIsNamed) {
  const TimeZone utc;
  EXPECT_EQ(utc.name(), "UTC");
  EXPECT_EQ(utc.time_of({1, 90.25}), 86490.25);
  EXPECT_EQ(utc.day_of(-0.5), -1);
  EXPECT_EQ(utc.civil(-0.5).second_of_day, 86399.5);
  EXPECT_EQ(utc.start_of_day(day(2026, 3, 14)), 1773446400);
  EXPECT_EQ(TimeZone::load("UTC").start_of_day(20526), 1773446400);
}

TEST(TimeZone, PutsARunIntoTheDayOfTheBeamline) {
  const double evening = 1773532800;  // 2026-03-15T00:00:00Z
  const auto berkeley = TimeZone::load("America/Los_Angeles"), berlin = TimeZone::load("Europe/Berlin");
  EXPECT_EQ(berkeley.name(), "America/Los_Angeles");
  EXPECT_EQ(berkeley.day_of(evening), day(2026, 3, 14));
  EXPECT_EQ(berlin.day_of(evening), day(2026, 3, 15));
  EXPECT_EQ(berlin.civil(evening + 0.5).second_of_day, 3600.5);
  EXPECT_EQ(iso_utc(berkeley.start_of_day(day(2026, 3, 15))), "2026-03-15T07:00:00Z");
  EXPECT_EQ(iso_utc(TimeZone::load("Asia/Kathmandu").start_of_day(day(2026, 3, 15))), "2026-03-14T18:15:00Z");
}

TEST(TimeZone, MakesTheDaysAsLongAsTheyAreWhenClocksAreSet) {
  const auto berlin = TimeZone::load("Europe/Berlin");
  const auto length = [&](std::int64_t on) { return (berlin.start_of_day(on + 1) - berlin.start_of_day(on)) / 3600; };
  EXPECT_EQ(length(day(2026, 3, 28)), 24);
  EXPECT_EQ(length(day(2026, 3, 29)), 23);
  EXPECT_EQ(length(day(2026, 10, 25)), 25);
}

TEST(TimeZone, TakesTheMomentOfTheSkipForATimeThatClocksSkip) {
  const auto berlin = TimeZone::load("Europe/Berlin");
  const auto spring = day(2026, 3, 29);
  EXPECT_EQ(iso_utc(at(berlin, spring, 1, 59)), "2026-03-29T00:59:00Z");
  EXPECT_EQ(iso_utc(at(berlin, spring, 2, 0)), "2026-03-29T01:00:00Z");
  EXPECT_EQ(iso_utc(at(berlin, spring, 2, 30)), "2026-03-29T01:00:00Z");
  EXPECT_EQ(iso_utc(at(berlin, spring, 3, 0)), "2026-03-29T01:00:00Z");
}

TEST(TimeZone, TakesTheFirstOfATimeThatClocksShowTwice) {
  const auto berlin = TimeZone::load("Europe/Berlin");
  const auto autumn = day(2026, 10, 25);
  EXPECT_EQ(iso_utc(at(berlin, autumn, 2, 30)), "2026-10-25T00:30:00Z");
  EXPECT_EQ(iso_utc(at(berlin, autumn, 3, 0)), "2026-10-25T02:00:00Z");
  EXPECT_EQ(berlin.civil(at(berlin, autumn, 2, 30) + 3600).second_of_day, 2.5 * 3600) << "the second half past two";
}

TEST(TimeZone, BeginsADayWithItsFirstMomentWhereThereIsNoMidnight) {
  const auto beirut = TimeZone::load("Asia/Beirut");  // puts clocks forward at midnight
  EXPECT_EQ(iso_utc(beirut.start_of_day(day(2025, 3, 30))), "2025-03-29T22:00:00Z");
  EXPECT_EQ(beirut.civil(beirut.start_of_day(day(2025, 3, 30))).second_of_day, 3600);
  const auto apia = TimeZone::load("Pacific/Apia");  // had no 30 December 2011
  EXPECT_EQ(apia.start_of_day(day(2011, 12, 30)), apia.start_of_day(day(2011, 12, 31)));
}

TEST(TimeZone, NeverPutsALaterDayBeforeAnEarlierOne) {
  for (const char* name :
       {"America/Los_Angeles", "Europe/Berlin", "Asia/Beirut", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran"}) {
    const auto zone = TimeZone::load(name);
    for (std::int64_t on = day(1900, 1, 1); on < day(2060, 1, 1); ++on)
      ASSERT_LE(zone.start_of_day(on), zone.start_of_day(on + 1)) << name << " " << on;
  }
}

TEST(TimeZone, CopesWithTimesThatNoClockShows) {
  const auto berlin = TimeZone::load("Europe/Berlin");
  for (const TimeZone& zone : {TimeZone(), berlin}) {
    EXPECT_EQ(zone.civil(1e300).day, zone.civil(1e14).day);
    EXPECT_EQ(zone.civil(-std::numeric_limits<double>::infinity()).day, zone.civil(-1e14).day);
    EXPECT_EQ(zone.civil(std::nan("")).day, zone.civil(0).day);
    EXPECT_TRUE(std::isfinite(zone.start_of_day(std::numeric_limits<std::int64_t>::max())));
    EXPECT_TRUE(std::isfinite(zone.start_of_day(std::numeric_limits<std::int64_t>::min())));
  }
}

TEST(TimeZone, RefusesNamesThatNoZoneHasAndPathsOfFiles) {
  for (const std::string_view name :
       {"", "Berlin", "/etc/localtime", "../etc/passwd", "file:/etc/localtime", "Europe/Berlin ", "Europe", "posixrules/x"})
    EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"there is no time zone '" + std::string(name) + "'", "Europe/Berlin"}, [&] {
      (void)TimeZone::load(name);
    })) << name;
}

}  // namespace
}  // namespace resonance
