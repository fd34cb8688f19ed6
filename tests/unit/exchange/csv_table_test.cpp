#include <gtest/gtest.h>

#include "exchange/cell_type.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/csv_time.hpp"
#include "exchange/iso_time.hpp"
#include "unit/exchange/import_support.hpp"

namespace resonance {
namespace {

using exchange::CellType;

std::vector<std::string> row(const csv::CsvTable& table, std::uint64_t number) {
  std::vector<std::string> cells;
  table.read_row(number, cells);
  return cells;
}

CellType type_of(std::initializer_list<const char*> cells) {
  exchange::CellTypeGuess guess;
  for (const auto* cell : cells) guess.see(cell);
  return guess.type();
}

TEST(CsvTable, ReadsQuotedCellsWithDelimitersQuotesAndLineEnds) {
  const csv::CsvTable table("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",3\r\n\r\n\"\",,\n");
  EXPECT_EQ(table.header(), (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(row(table, 0), (std::vector<std::string>{"1", "x, \"y\"\nz", "3"}));
  EXPECT_EQ(row(table, 1), (std::vector<std::string>{"", "", ""}));
}

TEST(CsvTable, GuessesTheDelimiterFromTheHeader) {
  EXPECT_EQ(csv::CsvTable("a;b,c;d\n").delimiter(), ';');
  EXPECT_EQ(csv::CsvTable("a\tb\n1\t2\n").delimiter(), '\t');
  EXPECT_EQ(csv::CsvTable("\"a;b;c\",d\n").delimiter(), ',');
  EXPECT_EQ(row(csv::CsvTable("a\tb\n1,5\t2"), 0), (std::vector<std::string>{"1,5", "2"}));
}

TEST(CsvTable, NamesTheLineOfARowThatIsTooShortOrTooLong) {
  const csv::CsvTable table("a,b\n\"1\n\n\",2\n3\n4,5,6\n");
  const auto is_short = test::error_of([&] { row(table, 1); });
  EXPECT_EQ(is_short.code(), ErrorCode::corrupt);
  EXPECT_MESSAGE(is_short, "line 5 has 1 cells, the header has 2");
  EXPECT_MESSAGE(test::error_of([&] { row(table, 2); }), "line 6 has 3 cells");
}

TEST(CsvTable, NamesTheLineOfAQuoteThatIsNeverClosed) {
  const auto error = test::error_of([] { csv::CsvTable("a,b\n1,2\n3,\"4\n5,6\n"); });
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
  EXPECT_MESSAGE(error, "line 3: a quoted cell is not closed");
}

TEST(CsvTable, IsNotSeenInProseOrBytesOrNumbersWithoutHeader) {
  EXPECT_TRUE(csv::looks_like_csv("energy,i0\n1,2\n"));
  EXPECT_FALSE(csv::looks_like_csv("just words\nand more\n"));
  EXPECT_FALSE(csv::looks_like_csv("1,2\n3,4\n"));
  EXPECT_FALSE(csv::looks_like_csv("Dear reader, hello\nthis line has none\n"));
  EXPECT_FALSE(csv::looks_like_csv(std::string_view("a,b\n\0,1\n", 9)));
  EXPECT_FALSE(csv::looks_like_csv(""));
}

TEST(CellType, IsTheNarrowestThatHoldsAllCells) {
  EXPECT_EQ(type_of({"1", "-2", "", "+3"}), CellType::integer);
  EXPECT_EQ(type_of({"1", "2.5", "1e-3", "nan"}), CellType::number);
  EXPECT_EQ(type_of({"True", "false", ""}), CellType::boolean);
  EXPECT_EQ(type_of({"1", "x"}), CellType::text);
  EXPECT_EQ(type_of({"007", "008"}), CellType::text);  // a label would lose its zeros
  EXPECT_EQ(type_of({"", " "}), CellType::text);
  EXPECT_EQ(type_of({"99999999999999999999"}), CellType::number);
  EXPECT_TRUE(exchange::cell_value("  ", CellType::number).is_null());
  EXPECT_EQ(exchange::cell_value("+3", CellType::integer), Json(3));
}

TEST(IsoTime, ReadsZonesAndFractionsAndRefusesOtherText) {
  EXPECT_DOUBLE_EQ(exchange::parse_iso_time("2026-02-10T02:30:15.5Z")->epoch(), 1770690615.5);
  EXPECT_DOUBLE_EQ(exchange::parse_iso_time("2026-02-09 18:30:15.5-08:00")->epoch(), 1770690615.5);
  EXPECT_FALSE(exchange::parse_iso_time("2026-02-10T02:30:15")->utc_offset.has_value());
  for (const auto* text :
       {"2026-02-30T00:00:00", "2026-02-10", "2026-02-10T25:00:00", "19:43:33", "", "2026-02-10T02:30:15+", "2026-02-10T02:30:15Zx"})
    EXPECT_FALSE(exchange::parse_iso_time(text).has_value()) << text;
}

TEST(IsoTime, ReadsClocksOfTwentyFourAndTwelveHours) {
  EXPECT_EQ(exchange::parse_clock("19:43:33"), 71013.0);
  EXPECT_EQ(exchange::parse_clock("7:43:33 PM"), 71013.0);
  EXPECT_EQ(exchange::parse_clock("12:00:00 AM"), 0.0);
  EXPECT_EQ(exchange::parse_clock("12:00:01.5 pm"), 43201.5);
  for (const auto* text : {"24:00:00", "13:00:00 PM", "1:2:3", "", "now", "-1:00:00"})
    EXPECT_FALSE(exchange::parse_clock(text).has_value()) << text;
}

TEST(CsvTime, IsFoundInEpochSecondsAndIsoTextOnly) {
  const auto epoch = csv::find_time_column(csv::CsvTable("x,Timestamp (s)\n1,1770690615.25\n2,1770690616\n"));
  ASSERT_TRUE(epoch.has_value());
  EXPECT_EQ(epoch->index, 1u);
  EXPECT_TRUE(epoch->exact);
  EXPECT_EQ(epoch->times, (std::vector<double>{1770690615.25, 1770690616}));
  const auto iso = csv::find_time_column(csv::CsvTable("time,x\n2026-02-10 02:30:15,1\n"));
  ASSERT_TRUE(iso.has_value());
  EXPECT_TRUE(iso->without_zone);
  EXPECT_EQ(iso->times, (std::vector<double>{1770690615}));
  EXPECT_FALSE(csv::find_time_column(csv::CsvTable("time,x\n0.5,1\n1.0,2\n")).has_value());  // seconds since the start
  EXPECT_FALSE(csv::find_time_column(csv::CsvTable("time,x\n1770690615,1\n,2\n")).has_value());
}

}  // namespace
}  // namespace resonance
