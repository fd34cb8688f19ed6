#include <gtest/gtest.h>

#include <string>

#include "support/fails.hpp"
#include "support/query_tree.hpp"

namespace resonance::query {
namespace {

using test::fails;

constexpr double kNow = 1773517413.25;  // Saturday, 2026-03-14T19:43:33.25Z

class QueryTime : public testing::Test {
 protected:
  /// "from, to": the stretch of time that the query means, in UTC
  [[nodiscard]] std::string stretch(std::string_view text) const {
    const Interval interval = std::get<TimeTerm>(parse_query(text, context_).term).interval;
    return (interval.low ? iso_utc(*interval.low) : "") + ", " + (interval.high ? iso_utc(*interval.high) : "");
  }
  /// The moment behind "after:"
  [[nodiscard]] std::string moment(std::string_view time) const {
    const auto text = stretch("after:" + std::string(time));
    return text.substr(0, text.find(','));
  }
  [[nodiscard]] ::testing::AssertionResult says(std::string_view text, std::string_view what) const {
    return fails(ErrorCode::invalid_argument, {what}, [&] { (void)parse_query(text, context_); });
  }
  void live_in(std::string_view zone) { context_.zone = TimeZone::load(zone); }

  ParseContext context_{kNow, {}};
};

TEST_F(QueryTime, AfterAndBeforeAreTheTwoSidesOfAMoment) {
  EXPECT_EQ(test::text_of(parse_query("after:2026-03-01", context_)), "time [1772323200, ]");
  EXPECT_EQ(test::text_of(parse_query("before:2026-03-01", context_)), "time [, 1772323200)");
  EXPECT_EQ(parse_query("since:2026-03-01 until:yesterday", context_), parse_query("after:2026-03-01 before:yesterday", context_));
}

TEST_F(QueryTime, IsWrittenAsIso8601SaysItIs) {
  EXPECT_EQ(moment("2026"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(moment("2026-03"), "2026-03-01T00:00:00Z");
  EXPECT_EQ(moment("2026-03-14"), "2026-03-14T00:00:00Z");
  EXPECT_EQ(moment("2026-03-14T19:43"), "2026-03-14T19:43:00Z");
  EXPECT_EQ(moment("\"2026-03-14 19:43:33\""), "2026-03-14T19:43:33Z");
  EXPECT_EQ(moment("2026-03-14t19:43:33z"), "2026-03-14T19:43:33Z");
  EXPECT_EQ(moment("2026-03-14T19:43+01:00"), "2026-03-14T18:43:00Z");
  EXPECT_EQ(moment("2026-03-14T19:43:33.5-0730"), "2026-03-15T03:13:33Z");
  EXPECT_EQ(moment("2026-03-14T19:43:60+01"), "2026-03-14T18:44:00Z");
  EXPECT_EQ(test::text_of(parse_query("after:1970-01-01T00:00:00.125", context_)), "time [0.125, ]");
}

TEST_F(QueryTime, IsThatOfTheBeamlineWhenItNamesNoZone) {
  live_in("America/Los_Angeles");
  EXPECT_EQ(moment("2026-03-01"), "2026-03-01T08:00:00Z");
  EXPECT_EQ(moment("2026-07-01T12:00"), "2026-07-01T19:00:00Z");
  EXPECT_EQ(moment("2026-07-01T12:00Z"), "2026-07-01T12:00:00Z");
  EXPECT_EQ(moment("2026-03-08T02:30"), "2026-03-08T10:00:00Z") << "a time that the clocks skipped";
}

TEST_F(QueryTime, HasWordsForTheDaysAroundToday) {
  EXPECT_EQ(moment("now"), "2026-03-14T19:43:33Z");
  EXPECT_EQ(moment("today"), "2026-03-14T00:00:00Z");
  EXPECT_EQ(moment("Yesterday"), "2026-03-13T00:00:00Z");
  EXPECT_EQ(stretch("before:yesterday"), ", 2026-03-13T00:00:00Z");
  live_in("Pacific/Auckland");  // where it is Sunday already
  EXPECT_EQ(moment("today"), "2026-03-14T11:00:00Z");
}

TEST_F(QueryTime, OfAWeekdayIsTheLastOneWhichCanBeToday) {
  EXPECT_EQ(moment("saturday"), "2026-03-14T00:00:00Z");
  EXPECT_EQ(moment("friday"), "2026-03-13T00:00:00Z");
  EXPECT_EQ(moment("Sun"), "2026-03-08T00:00:00Z");
  context_.now = -3.5 * 86400;  // Sunday, 1969-12-28
  EXPECT_EQ(moment("sunday"), "1969-12-28T00:00:00Z");
  EXPECT_EQ(moment("monday"), "1969-12-22T00:00:00Z");
}

TEST_F(QueryTime, CanBeAnAge) {
  EXPECT_EQ(moment("90s"), "2026-03-14T19:42:03Z");
  EXPECT_EQ(moment("30m"), "2026-03-14T19:13:33Z");
  EXPECT_EQ(moment("30min"), "2026-03-14T19:13:33Z");
  EXPECT_EQ(moment("1.5h"), "2026-03-14T18:13:33Z");
  EXPECT_EQ(moment("3d"), "2026-03-11T19:43:33Z");
  EXPECT_EQ(moment("1w"), "2026-03-07T19:43:33Z");
  EXPECT_EQ(moment("\"2 days\""), "2026-03-12T19:43:33Z");
}

TEST_F(QueryTime, OnIsTheStretchThatHasThatName) {
  EXPECT_EQ(stretch("on:2026-03-14"), "2026-03-14T00:00:00Z, 2026-03-15T00:00:00Z");
  EXPECT_EQ(stretch("on:2026-02"), "2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z");
  EXPECT_EQ(stretch("on:2025-12"), "2025-12-01T00:00:00Z, 2026-01-01T00:00:00Z");
  EXPECT_EQ(stretch("on:2025"), "2025-01-01T00:00:00Z, 2026-01-01T00:00:00Z");
  EXPECT_EQ(stretch("on:2026-03-14T19:43"), "2026-03-14T19:43:00Z, 2026-03-14T19:44:00Z");
  EXPECT_EQ(stretch("on:yesterday"), "2026-03-13T00:00:00Z, 2026-03-14T00:00:00Z");
  EXPECT_EQ(test::text_of(parse_query("on:1970-01-02", context_)), "time [86400, 172800)") << "the next midnight is the next day's";
}

TEST_F(QueryTime, OnADayOnWhichClocksAreSetIsAllOfThatDay) {
  live_in("America/Los_Angeles");
  EXPECT_EQ(stretch("on:2026-03-08"), "2026-03-08T08:00:00Z, 2026-03-09T07:00:00Z");
  EXPECT_EQ(stretch("on:2026-11-01"), "2026-11-01T07:00:00Z, 2026-11-02T08:00:00Z");
}

TEST_F(QueryTime, OnCanGoFromOneDayToAnother) {
  EXPECT_EQ(stretch("on:2026-03-01..2026-03-05"), "2026-03-01T00:00:00Z, 2026-03-06T00:00:00Z");
  EXPECT_EQ(stretch("on:friday..today"), "2026-03-13T00:00:00Z, 2026-03-15T00:00:00Z");
  EXPECT_EQ(stretch("on:2026-03-01.."), "2026-03-01T00:00:00Z, ");
  EXPECT_EQ(stretch("on:..2026-03-05"), ", 2026-03-06T00:00:00Z");
  EXPECT_EQ(test::text_of(parse_query("on:1970..now", context_)), "time [0, 1773517413.25]");
  EXPECT_TRUE(says("on:2026-03-05..2026-03-01", "column 4: the ends of the range are swapped: expected the earlier one first"));
}

TEST_F(QueryTime, HasWordsForWeeksMonthsAndYears) {
  EXPECT_EQ(stretch("on:\"this week\""), "2026-03-09T00:00:00Z, 2026-03-16T00:00:00Z");
  EXPECT_EQ(stretch("on:last week"), "2026-03-02T00:00:00Z, 2026-03-09T00:00:00Z");
  EXPECT_EQ(stretch("on:last month"), "2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z");
  EXPECT_EQ(stretch("on:this year"), "2026-01-01T00:00:00Z, 2027-01-01T00:00:00Z");
  EXPECT_EQ(stretch("on:last year"), "2025-01-01T00:00:00Z, 2026-01-01T00:00:00Z");
  EXPECT_EQ(stretch("on:last friday"), "2026-03-13T00:00:00Z, 2026-03-14T00:00:00Z");
  EXPECT_EQ(stretch("on:last saturday"), "2026-03-07T00:00:00Z, 2026-03-08T00:00:00Z") << "today is one";
  context_.now = 1e300;
  EXPECT_TRUE(says("on:last month", "column 4: expected a day"));
}

TEST_F(QueryTime, CanBeSeveralWordsWithoutQuotes) {
  EXPECT_EQ(moment("2026-03-14 19:43"), "2026-03-14T19:43:00Z");
  EXPECT_EQ(moment("3 days ago"), moment("3d"));
  EXPECT_EQ(moment("2 h"), moment("2h"));
  EXPECT_EQ(moment("2h ago"), moment("2h"));
  EXPECT_EQ(stretch("on:2026-03-01 - 2026-03-05"), stretch("on:2026-03-01..2026-03-05"));
  EXPECT_EQ(stretch("on:2026-03-01 to 2026-03-05"), stretch("on:2026-03-01..2026-03-05"));
  EXPECT_EQ(parse_query("after:2026-03-14 polymer", context_), parse_query("after:2026-03-14 AND polymer", context_));
}

TEST_F(QueryTime, IsWrittenAsElsewhereWhereThatIsClear) {
  EXPECT_EQ(moment("15.03.2026"), "2026-03-15T00:00:00Z");
  EXPECT_EQ(moment("5.3.2026"), "2026-03-05T00:00:00Z");
  EXPECT_EQ(moment("\"15.03.2026 10:30\""), "2026-03-15T10:30:00Z");
  EXPECT_EQ(moment("2026/03/15"), "2026-03-15T00:00:00Z");
  EXPECT_EQ(moment("2026-3-15"), "2026-03-15T00:00:00Z");
  EXPECT_EQ(moment("2026\u201303\u201315"), "2026-03-15T00:00:00Z");
  EXPECT_EQ(test::text_of(parse_query("after:@1773517413.25", context_)), "time [1773517413.25, ]");
  EXPECT_TRUE(says("after:03/04/2026", "column 7: expected a time")) << "in March or in April";
  EXPECT_TRUE(says("after:@x", "column 7: expected a time"));
}

TEST_F(QueryTime, IsAlsoThatOfADate) {
  EXPECT_EQ(test::text_of(parse_query("date:1970-01-02", context_)), "any(time [86400, 172800), date '1970-01-02')");
  EXPECT_EQ(parse_query("date>1970-01-01", context_), parse_query("after:1970-01-02", context_)) << "behind all of the day";
  EXPECT_EQ(parse_query("date>=1970-01-02", context_), parse_query("after:1970-01-02", context_));
  EXPECT_EQ(parse_query("date<1970-01-02", context_), parse_query("before:1970-01-02", context_));
  EXPECT_EQ(parse_query("date <= 1970-01-01", context_), parse_query("before:1970-01-02", context_));
  EXPECT_EQ(test::text_of(parse_query("1970-01-02<=date<1970-01-03", context_)), "time [86400, 172800)");
  EXPECT_EQ(test::text_of(parse_query("date:5 time>5 \"date\":1970-01-02 start:280", context_)),
            "all(date [5, 5] '5', time (5, ], date '1970-01-02', start [280, 280] '280')")
      << "numbers and names in quotes are values";
}

TEST_F(QueryTime, RefusesWhatIsNoTime) {
  EXPECT_TRUE(says("test after:tuesdy", "column 12: expected a time such as 2026-03-01 or yesterday behind 'after:', not 'tuesdy'"));
  for (const std::string_view text : {"2026-13",
                                      "2026-00",
                                      "2026-02-30",
                                      "03-04-2026",
                                      "20260301",
                                      "2026-03-",
                                      "2026-03-14T",
                                      "2026-03-14T24:00",
                                      "2026-03-14T19:60",
                                      "2026-03-14T19",
                                      "2026-03-14T19:43:61",
                                      "2026-03-14T19:43:",
                                      "2026-03-14T19:43:33.",
                                      "2026-03-14T19:43X",
                                      "2026-03-14T19:43+",
                                      "2026-03-14T19:43+16",
                                      "2026-03-14T19:43+01:00x",
                                      "2026-03-14Z",
                                      "3",
                                      "-3d",
                                      "3y",
                                      "*",
                                      "2026-03-01..2026-03-02",
                                      "3d3d",
                                      "tod*"})
    EXPECT_TRUE(says("before:" + std::string(text), "column 8: expected a time such as 2026-03-01 or yesterday behind 'before:', not '"))
        << text;
  EXPECT_TRUE(
      says("on:now", "column 4: expected a day, a month or a minute such as 2026-03-01, 2026-03 or yesterday behind 'on:', not 'now'"));
  EXPECT_TRUE(says("on:3d", "column 4: expected a day, a month or a minute"));
  EXPECT_TRUE(says("on:..", "column 4: expected a day, a month or a minute"));
  EXPECT_TRUE(says("on:today..someday", "column 4: expected a day, a month or a minute"));
  EXPECT_TRUE(says("after>2026", "column 6: expected ':' behind 'after', not '>2026'"));
}

TEST_F(QueryTime, OfAnyYearHasALimit) {
  EXPECT_EQ(moment("0000"), "0000-01-01T00:00:00Z");
  EXPECT_NO_THROW((void)parse_query("on:9999", context_));
  EXPECT_NO_THROW((void)parse_query("after:1e300d", context_));
  EXPECT_TRUE(says("after:1e308w", "column 7: expected a time"));
}

}  // namespace
}  // namespace resonance::query
