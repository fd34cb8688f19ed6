#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace resonance {
namespace {

TEST(Shortest, WritesDoublesAsPythonDoes) {
  EXPECT_EQ(shortest(270), "270");
  EXPECT_EQ(shortest(270, true), "270.0");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(200000), "200000");
  EXPECT_EQ(shortest(-0.0, true), "-0.0");
  EXPECT_EQ(shortest(1e-7, true), "1e-07");
  EXPECT_EQ(shortest(0.0001), "0.0001");
  EXPECT_EQ(shortest(9007199254740994, true), "9007199254740994.0");
  EXPECT_EQ(shortest(1e16, true), "1e+16");
  EXPECT_EQ(shortest(-2.2250738585072014e-308), "-2.2250738585072014e-308");
  EXPECT_EQ(shortest(1773517413.123456, true), "1773517413.123456");
  EXPECT_EQ(shortest(std::nan(""), true), "NaN");
  EXPECT_EQ(shortest(-std::numeric_limits<double>::infinity(), true), "-Infinity");
}

TEST(ParseDouble, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_double("1.5e3"), 1500.0);
  EXPECT_EQ(parse_double("+2"), 2.0);
  EXPECT_TRUE(std::isnan(parse_double("NaN").value()));
  EXPECT_EQ(parse_double("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("Infinity"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("1e-400"), 0.0);
  for (const std::string_view text : {"", "+", "-", "+-1", "++1", " 1", "1 ", "1,5", "0x10", "1e", "1_000", "."})
    EXPECT_FALSE(parse_double(text)) << text;
}

TEST(ParseInt64, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_int64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_int64("+7"), 7);
  for (const std::string_view text : {"", "+", "-", "+-1", "1.0", "9223372036854775808", " 1", "1 ", "0x10"})
    EXPECT_FALSE(parse_int64(text)) << text;
}

TEST(IsUtf8, LooksBehindLongRunsOfAscii) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("twenty-two plain bytes \xC3\xA5 \xE2\x82\xAC \xF0\x9F\x94\xAC"));
  EXPECT_FALSE(is_utf8("twenty-two plain bytes \xC3"));
  EXPECT_FALSE(is_utf8("0123456\xFF"));
  EXPECT_FALSE(is_utf8("01234567\xED\xA0\x80"));
}

TEST(Trimmed, DropsBlanksAtBothEnds) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \t"), "");
}

TEST(Printable, IsSafeInATerminalAndAMessage) {
  EXPECT_EQ(printable("a\x1B[31m\n\x7F"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xC3\xA5\xC2\x85\xFF"), "\xC3\xA5\\xc2\\x85\\xff");
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(printable("ab\xE2\x82\xAC", 4), "ab...");
}

TEST(IsoUtc, WritesTheSecondAMomentFallsIn) {
  EXPECT_EQ(iso_utc(1773517413.9), "2026-03-14T19:43:33Z");
  EXPECT_EQ(iso_utc(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_utc(-0.5), "1969-12-31T23:59:59Z");
  EXPECT_EQ(iso_utc(253402300799), "9999-12-31T23:59:59Z");
  EXPECT_EQ(iso_utc(1e300), "1e+300");
  EXPECT_EQ(iso_utc(std::nan("")), "NaN");
}

}  // namespace
}  // namespace resonance
