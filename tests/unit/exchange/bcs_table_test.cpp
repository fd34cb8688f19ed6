#include <gtest/gtest.h>

#include "exchange/bcs/beamline_time.hpp"
#include "exchange/bcs/frame_files.hpp"
#include "exchange/bcs/scan_header.hpp"
#include "exchange/bcs/scan_table.hpp"
#include "exchange/text_encoding.hpp"
#include "unit/exchange/import_support.hpp"

namespace resonance {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr const char* kTable =
    "{1=sample1,2=KM3245432}\nCCD\nScan Type: From File\nY:\\Team\\2023 03 14\\x.txt\nStay at End: 0\n"
    "Data File Path: C:\\BCS Setup Data\\230314\\CCD Scan 80276\nTime\tFrame #\tFilename\n"
    "19:43:33\t1.00000000\ta-00001\n19:43:41\t2.00000000\ta-00002\n";

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

TEST(ScanTable, ReadsHeaderColumnsAndRowsWithEitherLineEnd) {
  for (const auto& text : {std::string(kTable), with_crlf(kTable)}) {
    const bcs::ScanTable table(text);
    EXPECT_EQ(table.header().size(), 6u);
    EXPECT_EQ(table.columns(), (std::vector<std::string>{"Time", "Frame #", "Filename"}));
    ASSERT_EQ(table.rows(), 2u);
    std::vector<std::string_view> cells;
    table.read_row(1, cells);
    EXPECT_EQ(cells, (std::vector<std::string_view>{"19:43:41", "2.00000000", "a-00002"}));
    EXPECT_TRUE(bcs::looks_like_scan_table(text));
  }
}

TEST(ScanTable, NamesTheLineOfARowThatIsTooShort) {
  const bcs::ScanTable table("Scan Type: x\nTime\tA\n1\t2\n3\n4\t5\n");
  std::vector<std::string_view> cells;
  const auto error = test::error_of([&] { table.read_row(1, cells); });
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
  EXPECT_MESSAGE(error, "line 4 has 1 cells, there are 2 columns");
}

TEST(ScanTable, LeavesOutALastLineThatEndsInTheMiddle) {
  const bcs::ScanTable table("Time\tFrame #\tA\n1\t2\t3\n4\t5");
  EXPECT_EQ(table.rows(), 1u);
  EXPECT_EQ(table.torn_line(), 3u);
}

TEST(ScanTable, RefusesTextWithoutColumns) {
  const auto error = test::error_of([] { bcs::ScanTable("Scan Type: From File\nand nothing else\n"); });
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
  EXPECT_MESSAGE(error, "names the columns");
}

TEST(ScanHeader, TellsPlanScanIdDateAndKeepsEveryLine) {
  const auto header = bcs::parse_scan_header(bcs::ScanTable(kTable).header());
  EXPECT_EQ(header.plan_name, "From File");
  EXPECT_EQ(header.scan_id, 80276);
  EXPECT_EQ(header.date, sys_days{2023y / 3 / 14});
  EXPECT_EQ(header.metadata.at("header").size(), 6u);
  EXPECT_EQ(header.metadata.at("acquisition"), Json("CCD"));
  EXPECT_EQ(header.metadata.at("scan_file"), Json("Y:\\Team\\2023 03 14\\x.txt"));
  EXPECT_EQ(header.metadata.at("samples").at("2"), Json("KM3245432"));
  EXPECT_EQ(header.metadata.at("fields").at("Stay at End"), Json("0"));
}

TEST(ScanHeader, SurvivesLinesThatSayNothing) {
  const auto header =
      bcs::parse_scan_header({"", "{}", ":", "Data File Path:", "Scan Type:", "Data File Path: \\\\//999999\\Scan 99999999999999999999"});
  EXPECT_EQ(header.plan_name, "bcs");
  EXPECT_FALSE(header.scan_id.has_value());
  EXPECT_FALSE(header.date.has_value());
}

TEST(BeamlineTime, FollowsDaylightSavingTimeOfTheUnitedStates) {
  EXPECT_EQ(bcs::beamline_to_utc(2023y / 3 / 14, 71013), 1678848213);  // 19:43:33 PDT
  EXPECT_EQ(bcs::beamline_to_utc(2023y / 1 / 1, 0), 1672560000);       // PST
  EXPECT_EQ(bcs::beamline_to_utc(2023y / 3 / 12, 2 * 3600 - 1) + 1, bcs::beamline_to_utc(2023y / 3 / 12, 3 * 3600));
  EXPECT_EQ(bcs::beamline_to_utc(2023y / 11 / 5, 5400, true) - bcs::beamline_to_utc(2023y / 11 / 5, 5400), 3600);
  EXPECT_EQ(bcs::beamline_to_utc(2006y / 3 / 20, 0), 1142841600);  // still PST by the older rule
}

TEST(BeamlineTime, PassesMidnightAndTheHourThatComesTwice) {
  const std::vector<double> midnight{86390, 86399, 1, 5};
  EXPECT_EQ(bcs::days_since_first(midnight), (std::vector<int>{0, 0, 1, 1}));
  const auto times = bcs::row_times(2023y / 3 / 14, midnight);
  EXPECT_EQ(times[3] - times[0], 15);
  const std::vector<double> autumn{7190, 3600 + 10, 3600 + 20, 7300};  // 01:59:50 PDT, 01:00:10 PST, …
  const auto twice = bcs::row_times(2023y / 11 / 5, autumn);
  EXPECT_EQ(twice[1] - twice[0], 20);
  EXPECT_EQ(twice[2] - twice[1], 10);
  EXPECT_EQ(twice[3] - twice[0], 3600 + 110);
}

TEST(FrameFiles, FindsNamesInAnyFolderBelowAndPrefersTheNearest) {
  const bcs::FrameFiles files("/d", {"/d/CCD/a-00001.fits", "/d/CCD/deep/b.FITS", "/d/b.fits", "/d/notes.txt"});
  ASSERT_NE(files.find("a-00001"), nullptr);
  EXPECT_EQ(*files.find("C:\\somewhere\\a-00001.fits"), "/d/CCD/a-00001.fits");
  EXPECT_EQ(*files.find("b"), "/d/b.fits");
  EXPECT_EQ(files.ambiguous(), (std::vector<std::string>{"b"}));
  EXPECT_EQ(files.find("../../etc/passwd"), nullptr);
  EXPECT_EQ(files.find("notes"), nullptr);
  EXPECT_EQ(files.find(""), nullptr);
}

TEST(TextEncoding, TurnsLatin1IntoUtf8AndNamesIntoLabels) {
  EXPECT_EQ(exchange::to_utf8("\xB5m at 20\xB0"), "µm at 20°");
  EXPECT_EQ(exchange::to_utf8("\xEF\xBB\xBFµm"), "µm");
  EXPECT_EQ(test::error_of([] { (void)exchange::to_utf8("\xFF\xFEx"); }).code(), ErrorCode::corrupt);
  EXPECT_EQ(exchange::to_column_names({"a", "", " a ", "x\ty"}), (std::vector<std::string>{"a", "column 2", "a (2)", "x y"}));
  EXPECT_LE(exchange::to_label(std::string(1000, 'x'), "-").size(), 255u);
}

}  // namespace
}  // namespace resonance
