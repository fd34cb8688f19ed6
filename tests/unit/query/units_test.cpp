#include "query/units.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace resonance::query {
namespace {

TEST(Conversion, IsBetweenUnitsThatDifferByAPrefix) {
  EXPECT_EQ(conversion("keV", "eV"), 1000);
  EXPECT_EQ(conversion("eV", "keV"), 1e-3);
  EXPECT_EQ(conversion("meV", "MeV"), 1e-9);
  EXPECT_EQ(conversion("mm", "\u00b5m"), 1000);
  EXPECT_EQ(conversion("um", "\u03bcm"), 1);
  EXPECT_EQ(conversion("cm", "nm"), 1e7);
  EXPECT_EQ(conversion("nA", "pA"), 1000);
  EXPECT_EQ(conversion("mbar", "bar"), 1e-3);
  EXPECT_EQ(conversion("MHz", "Hz"), 1e6);
}

TEST(Conversion, KnowsSpellingsOfOneUnit) {
  EXPECT_EQ(conversion("deg", "degrees"), 1);
  EXPECT_EQ(conversion("°", "deg"), 1);
  EXPECT_EQ(conversion("sec", "s"), 1);
  EXPECT_EQ(conversion("min", "s"), 60);
  EXPECT_EQ(conversion("h", "min"), 60);
  EXPECT_EQ(conversion("angstrom", "nm"), 0.1);
  EXPECT_EQ(conversion("\u00c5", "\u212b"), 1);
  EXPECT_EQ(conversion("%", "percent"), 1);
}

TEST(Conversion, LooksAtCaseOnlyWhereItMakesADifference) {
  EXPECT_EQ(conversion("EV", "eV"), 1);
  EXPECT_EQ(conversion("KEV", "ev"), 1000);
  EXPECT_EQ(conversion("Degrees", "DEG"), 1);
  EXPECT_EQ(conversion("mW", "MW"), 1e-9);
  EXPECT_FALSE(conversion("mw", "W")) << "milli or mega";
  EXPECT_FALSE(conversion("mw", "mW"));
  EXPECT_FALSE(conversion("S", "s")) << "siemens or seconds";
  EXPECT_FALSE(conversion("PA", "Pa")) << "pascal or picoampere";
  EXPECT_EQ(conversion("mw", "mw"), 1);
}

TEST(Conversion, OfUnitsThatItDoesNotKnowIsForTheSameOnesAlone) {
  EXPECT_EQ(conversion("counts", "Counts"), 1);
  EXPECT_EQ(conversion("a.u.", "a.u."), 1);
  EXPECT_FALSE(conversion("counts", "clicks"));
  EXPECT_FALSE(conversion("kcounts", "counts"));
}

TEST(Conversion, IsNeverBetweenDifferentUnits) {
  EXPECT_FALSE(conversion("eV", "nm"));
  EXPECT_FALSE(conversion("eV", "V"));
  EXPECT_FALSE(conversion("mbar", "Pa"));
  EXPECT_FALSE(conversion("K", "C"));
  EXPECT_FALSE(conversion("A", "angstrom"));
  EXPECT_FALSE(conversion("eV", ""));
  EXPECT_FALSE(conversion("", "eV"));
  EXPECT_EQ(conversion("", ""), 1);
}

bool holds(const Interval& interval, double value) {
  const bool above = !interval.low || (interval.low_open ? value > *interval.low : value >= *interval.low);
  return above && (!interval.high || (interval.high_open ? value < *interval.high : value <= *interval.high));
}

TEST(ConvertedInterval, HoldsAValueThatEqualsItInAnotherUnitWhateverIsRounded) {
  for (int tenths = 1; tenths < 20'000; ++tenths) {
    const double ev = tenths / 10.0, kev = parse_double(shortest(ev) + "e-3").value();
    ASSERT_TRUE(holds(converted({kev, kev, false, false}, "keV", "eV").value(), ev)) << ev;
    ASSERT_TRUE(holds(converted({ev, ev, false, false}, "eV", "keV").value(), kev)) << ev;
    ASSERT_FALSE(holds(converted({kev, {}, true, false}, "keV", "eV").value(), ev)) << "above itself: " << ev;
    ASSERT_FALSE(holds(converted({{}, ev, false, true}, "eV", "keV").value(), kev)) << "below itself: " << ev;
  }
}

TEST(ConvertedInterval, IsTheSameInTheSameUnitAndNothingInADifferentOne) {
  const Interval interval{280, 290, true, false};
  EXPECT_EQ(converted(interval, "eV", "ev"), interval);
  EXPECT_EQ(converted(interval, "eV", "nm"), std::nullopt);
  EXPECT_EQ(converted({}, "eV", "keV"), Interval{});
}

}  // namespace
}  // namespace resonance::query
