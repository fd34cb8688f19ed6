#include <gtest/gtest.h>

#include "exchange/cell_type.hpp"
#include "exchange/civil_text.hpp"
#include "exchange/csv/csv_table.hpp"
#include "exchange/csv/epoch.hpp"
#include "exchange/iso_time.hpp"
#include "unit/exchange/import_support.hpp"

namespace resonance {
namespace {

using exchange::CellType;

std::vector<std::string> row(const csv::CsvTable& table, std::uint64_t number) {
  std::vector<csv::Cell> cells;
  table.read_row(number, cells);
  std::vector<std::string> texts;
  for (const auto& cell : cells) texts.push_back(cell.text);
  return texts;
}

CellType type_of(std::initializer_list<const char*> cells) {
  exchange::CellTypeGuess guess;
  for (const auto* cell : cells) guess.see(cell);
  return guess.type().type;
}

TEST(CsvTable, ReadsQuotedCellsWithDelimitersQuotesAndLineEnds) {
  const csv::CsvTable table("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",3\r\n\r\n\"\",,\n");
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b", "c"}));
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

TEST(CsvTable, CutsAtWhatGivesNumbersAndTheSameNumberOfCells) {
  EXPECT_EQ(csv::CsvTable("270,0;1,1\n270,5;1,2\n").delimiter(), ';');
  EXPECT_EQ(csv::CsvTable("a b,c d\n1 2,3\n").delimiter(), ',');
  EXPECT_EQ(csv::CsvTable("a  b\n 1\t2\n").delimiter(), csv::kBlanks);
  EXPECT_EQ(csv::CsvTable("a|b\n1|2\n").delimiter(), '|');
  EXPECT_EQ(csv::CsvTable("a,b,c\n1\n").delimiter(), ',');
}

TEST(CsvTable, FindsNamesAndUnitsAroundComments) {
  const csv::CsvTable table("# x\n# energy i0\n270,1\n");
  EXPECT_EQ(table.names(), (std::vector<std::string>{"energy", "i0"}));
  const csv::CsvTable units("energy,i0\n# c\neV,A\n270,1\n");
  EXPECT_EQ(units.header().units, (std::vector<std::string>{"eV", "A"}));
  ASSERT_EQ(units.rows(), 1u);
  EXPECT_EQ(units.line_of(0), 4u);
}

TEST(CellType, IsTheNarrowestThatHoldsAllCells) {
  EXPECT_EQ(type_of({"1", "-2", "", "+3"}), CellType::integer);
  EXPECT_EQ(type_of({"1", "2.5", "1e-3", "nan"}), CellType::number);
  EXPECT_EQ(type_of({"True", "false", ""}), CellType::boolean);
  EXPECT_EQ(type_of({"1", "x"}), CellType::text);
  EXPECT_EQ(type_of({"007", "008"}), CellType::text);  // a label would lose its zeros
  EXPECT_EQ(type_of({"", " "}), CellType::text);
  EXPECT_EQ(type_of({"99999999999999999999"}), CellType::integer);
  EXPECT_TRUE(exchange::cell_value("  ", {CellType::number}).is_null());
  EXPECT_EQ(exchange::cell_value("+3", {CellType::integer}), Json(3));
  EXPECT_EQ(exchange::cell_value("-99999999999999999999", {CellType::integer}).dump(), "-99999999999999999999");
  EXPECT_EQ(exchange::cell_value("9007199254740993.0", {CellType::number}), Json(std::int64_t{9007199254740993}));
}

TEST(IsoTime, ReadsZonesAndFractionsAndRefusesOtherText) {
  EXPECT_DOUBLE_EQ(exchange::parse_iso_time("2026-02-10T02:30:15.5Z")->epoch(), 1770690615.5);
  EXPECT_DOUBLE_EQ(exchange::parse_iso_time("2026-02-09 18:30:15.5-08:00")->epoch(), 1770690615.5);
  EXPECT_FALSE(exchange::parse_iso_time("2026-02-10T02:30:15")->utc_offset.has_value());
  for (const auto* text : {"2026-02-30T00:00:00", "2026-02-10", "2026-02-10T25:00:00", "19:43:33", "", "2026-02-10T02:30:15+",
                           "2026-02-10T02:30:15Zx", "2026-02-10T02"})
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

TEST(NumberForm, TellsWhichSignsMayBeWhat) {
  using namespace exchange;
  EXPECT_EQ(look_at_number("12").forms, kAllForms);
  EXPECT_EQ(look_at_number("1.5").forms, kPointForms);
  EXPECT_EQ(look_at_number("1,5E-9").forms, kCommaForms);
  EXPECT_EQ(look_at_number("1,234").forms, kCommaForms | kPointGrouped);
  EXPECT_EQ(look_at_number("0,234").forms, kCommaForms);
  EXPECT_EQ(look_at_number("1,234,567").forms, unsigned{kPointGrouped});
  EXPECT_EQ(look_at_number("1.234,5").forms, unsigned{kCommaGrouped});
  for (const auto* text :
       {"", "-", ".", ",", "1,23,456", "1.2.3", "1e", "e5", "1e999", "-1e-999", "007", "0x1F", "1_0", "1,234e5,0", "--1", "1 2"})
    EXPECT_EQ(look_at_number(text).forms, 0u) << text;
  EXPECT_EQ(number_value("1.234.567,25", kCommaGrouped, true), Json(1234567.25));
  EXPECT_EQ(number_value("-1,234", kPointGrouped, false), Json(-1234));
}

TEST(CivilText, KnowsInWhichOrdersTextIsADate) {
  using namespace exchange;
  EXPECT_EQ(orders_of("03/04/2024 16:00"), kAnyOrder);
  EXPECT_EQ(orders_of("14/04/2024 16:00"), unsigned{kDayFirst});
  EXPECT_EQ(orders_of("4/14/2024 4:00 PM"), unsigned{kMonthFirst});
  EXPECT_EQ(orders_of("14.4.2024 16:00:00,5"), unsigned{kDayFirst});
  for (const auto* text : {"", "14.4.2024", "31/02/2024 16:00", "4/14/24 16:00", "2024-13-01 00:00", "14-Foo-2024 10:00", "././. 1:00"})
    EXPECT_EQ(orders_of(text), 0u) << text;
  EXPECT_DOUBLE_EQ(parse_date_time("9-Mar-2024 16:00:00 +01:00", kDayFirst)->epoch(), 1709996400);
}

TEST(Epoch, IsFoundByPlausibleDatesAndUnits) {
  constexpr double kNow = 1.8e9;
  EXPECT_EQ(csv::epoch_of(90967194063, 90967394063, "", false, kNow), nullptr);
  EXPECT_EQ(csv::epoch_of(1.71e9, 1.71e9, "ms", false, kNow), nullptr);
  EXPECT_EQ(csv::epoch_of(45361.5, 45362, "", false, kNow), nullptr);
  EXPECT_EQ(csv::epoch_of(45361.5, 45362, "", true, kNow)->words, "days since 1900 (Excel)");
  EXPECT_DOUBLE_EQ(csv::time_in(*csv::epoch_of(3792844800, 3792844800, "s", false, kNow), 3792844800), 1710000000);
  EXPECT_EQ(csv::epoch_of(4102444800, 4102444801, "", false, kNow), nullptr) << "in 1904's seconds that is a day to come";
}

}  // namespace
}  // namespace resonance
