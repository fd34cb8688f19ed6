#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "exchange/bcs/beamline_time.hpp"
#include "record/discard.hpp"
#include "resonance/catalog.hpp"
#include "resonance/exchange.hpp"
#include "resonance/run_writer.hpp"
#include "unit/exchange/import_support.hpp"

namespace resonance {
namespace {

using test::TemporaryFolder;
using test::write_file;

constexpr const char* kColumns = "Time\tFrame #\tBeamline Energy\tCounts\tFilename\n";

/// A scan of three rows: the first two frames are there (in a subfolder and beside the table), the third is not.
std::filesystem::path write_small_scan(const TemporaryFolder& folder) {
  const auto cards = [](const char* date, const char* energy) {
    return std::vector<std::string>{std::string("DATE    = '") + date + "' / Date",
                                    std::string("HIERARCH Beamline Energy = ") + energy + " / [eV] Motor",
                                    "HIERARCH Sample X = 21. / [mm] Motor"};
  };
  write_file(folder, "scan/CCD/a-00001.fits", test::fits_file(cards("2023-03-14T23:59:58", "280.5"), 2, 2, {1, 2, 3, 40000}));
  write_file(folder, "scan/a-00002.fits", test::fits_file(cards("2023-03-15T00:00:03", "281.5"), 2, 2, {5, 6, 7, 8}));
  return write_file(folder, "scan/a-AI.txt",
                    std::string("{1=film}\nCCD\nScan Type: From File\nTemperature: 20 \xB0"
                                "C\nData File Path: C:\\BCS\\230314\\CCD Scan 42\n") +
                        kColumns +
                        "23:59:58\t1.00000000\t280.50000000\t40006.00000000\ta-00001\n"
                        "00:00:03\t2.00000000\t281.50000000\t26.00000000\ta-00002\n"
                        "00:00:09\t3.00000000\t\t0.00000000\ta-00003\n");
}

std::map<std::string, std::string> all_files(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().string()] = test::bytes_of(entry.path());
  return files;
}

std::vector<Event> events_of(const Run& run) {
  std::vector<Event> events;
  run.for_each_event("primary", [&](const Event& event) {
    events.push_back(event);
    return true;
  });
  return events;
}

/// Sum with one rounding less than a plain one (Neumaier): enough to meet an exactly rounded sum of so few numbers.
double sum_of(const Column& column) {
  long double sum = 0, lost = 0;
  const auto add = [&](long double value) {
    const long double next = sum + value;
    lost += std::fabs(sum) >= std::fabs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  };
  for (std::uint64_t row = 0; row < column.size(); ++row)
    if (column.is_valid(row)) add(static_cast<long double>(column.at(row).as_double()));
  return static_cast<double>(sum + lost);
}

template <class T>
std::uint64_t pixel_sum(const Frame& frame) {
  std::vector<T> pixels(frame.height * frame.width);
  std::memcpy(pixels.data(), frame.bytes.data(), frame.bytes.size());
  return std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0});
}

TEST(ImportBcs, MakesOneRunWithAnEventPerRowAndAFramePerFile) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  ImportOptions options;
  options.sample = "film";
  options.tags = {"reflectivity"};
  const auto report = import_file(file, folder / "x.db", options);
  EXPECT_EQ(report.format, "bcs");
  EXPECT_EQ(report.events, 3u);
  EXPECT_EQ(report.frames, 2u);
  EXPECT_EQ(report.missing_frames, (std::vector<std::string>{"a-00003"}));
  EXPECT_TRUE(report.damaged_frames.empty());
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  const auto summary = run.summary();
  EXPECT_EQ(summary.plan_name, "From File");
  EXPECT_EQ(summary.scan_id, 42);
  EXPECT_EQ(summary.exit_status, "success");
  EXPECT_EQ(summary.sample, "film");
  EXPECT_EQ(summary.tags, options.tags);
  EXPECT_EQ(summary.time_start, bcs::beamline_to_utc(std::chrono::year{2023} / 3 / 14, 86398));
  EXPECT_EQ(summary.time_stop, summary.time_start + 11);
  const auto metadata = run.metadata();
  EXPECT_EQ(metadata.at("scan_id"), Json(42));
  EXPECT_EQ(metadata.at("source_file"), Json("a-AI.txt"));
  EXPECT_EQ(metadata.at("time_zone"), Json("America/Los_Angeles"));
  EXPECT_EQ(metadata.at("bcs").at("fields").at("Temperature"), Json("20 °C"));
  EXPECT_EQ(metadata.at("fits").at("PRIMARY").at("Sample X").at("value"), Json(21.0));
}

TEST(ImportBcs, KeepsColumnsUnitsTimesAndPixels) {
  const TemporaryFolder folder;
  const auto report = import_file(write_small_scan(folder), folder / "x.db");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  const auto events = events_of(run);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].time - events[0].time, 5);  // midnight is between them
  EXPECT_EQ(events[0].data.at("Frame #"), Json(1.0));
  EXPECT_EQ(events[0].data.at("Time"), Json("23:59:58"));
  EXPECT_EQ(events[1].data.at("fits:DATE"), Json("2023-03-15T00:00:03"));
  EXPECT_TRUE(events[2].data.at("Beamline Energy").is_null());
  EXPECT_EQ(events[2].data.find("fits:DATE"), nullptr);
  const auto keys = run.streams().at(0).data_keys;
  EXPECT_EQ(keys.at("Beamline Energy").at("units"), Json("eV"));
  EXPECT_EQ(keys.at("Filename").at("dtype"), Json("string"));
  const auto images = run.images();
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images.dtype(), DType::uint16);
  EXPECT_EQ(images.seq_num(1), 2u);
  EXPECT_EQ(pixel_sum<std::uint16_t>(images[0]), 40006u);
  EXPECT_EQ(pixel_sum<std::uint16_t>(images[1]), 26u);
}

TEST(ImportBcs, NamesADamagedFrameAndKeepsItsRow) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  std::filesystem::resize_file(folder / "scan/CCD/a-00001.fits", 5766);
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.events, 3u);
  EXPECT_EQ(report.frames, 1u);
  ASSERT_EQ(report.damaged_frames.size(), 1u);
  EXPECT_NE(report.damaged_frames[0].find("a-00001.fits: the file is cut off"), std::string::npos) << report.damaged_frames[0];
  EXPECT_EQ(Catalog(folder / "x.db").run(report.run_uid).images().seq_num(0), 2u);
}

TEST(ImportBcs, TakesTheDateFromTheFolderNameWhenThereIsNoFrame) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  std::filesystem::remove_all(folder / "scan/CCD");
  std::filesystem::remove(folder / "scan/a-00002.fits");
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.missing_frames.size(), 3u);
  EXPECT_EQ(Catalog(folder / "x.db").run(report.run_uid).summary().time_start,
            bcs::beamline_to_utc(std::chrono::year{2023} / 3 / 14, 86398));
}

TEST(ImportBcs, PutsFramesOfAnotherSizeIntoAFieldOfTheirOwn) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  write_file(folder, "scan/a-00003.fits", test::fits_file({}, 1, 3, {9, 9, 9}));
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.frames, 3u);
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  EXPECT_EQ(run.images().size(), 2u);
  ASSERT_EQ(run.images("detector_image_2").size(), 1u);
  EXPECT_EQ(run.images("detector_image_2").seq_num(0), 3u);
}

TEST(ImportFile, ChangesNothingTheSecondTime) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  std::filesystem::create_directory(folder / "out");
  const auto first = import_file(file, folder / "out/x.db");
  const auto before = all_files(folder / "out");
  const auto second = import_file(file, folder / "out/x.db");
  EXPECT_TRUE(second.already_there);
  EXPECT_EQ(second.run_uid, first.run_uid);
  EXPECT_EQ(second.events, 3u);
  EXPECT_EQ(second.frames, 2u);
  EXPECT_EQ(all_files(folder / "out"), before);
}

TEST(ImportFile, DoesAnInterruptedImportAgainFromTheStart) {
  const TemporaryFolder folder;
  std::string text = "time,x\n";
  for (int i = 0; i < 2500; ++i) text += std::to_string(1770690000 + i) + "," + std::to_string(i) + "\n";
  const auto file = write_file(folder, "t.csv", text);
  ImportOptions options;
  options.progress = [](std::uint64_t done, std::uint64_t) {
    if (done >= 1000) throw std::runtime_error("cancelled");
  };
  EXPECT_THROW(import_file(file, folder / "x.db", options), std::runtime_error);
  const auto report = import_file(file, folder / "x.db");
  EXPECT_FALSE(report.already_there);
  const Catalog catalog(folder / "x.db");
  EXPECT_EQ(catalog.recent(10).size(), 1u);
  EXPECT_EQ(catalog.run(report.run_uid).summary().num_events, 2500u);
}

/// Killed while it took the remains of the one before out: the run is gone, its frames are still there.
TEST(ImportFile, DoesOneAgainThatWasKilledWhileItDiscarded) {
  const TemporaryFolder folder;
  const auto file = write_small_scan(folder);
  const auto uid = import_file(file, folder / "x.db").run_uid;
  discard_run(folder / "x.db", uid);
  std::filesystem::rename(folder / "x.zarr.quarantine" / (uid + ".1"), folder / "x.zarr/runs" / uid);
  EXPECT_EQ(import_file(file, folder / "x.db").run_uid, uid);
  EXPECT_EQ(Catalog(folder / "x.db").run(uid).images().size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folder / "x.zarr.quarantine" / (uid + ".1")));
}

TEST(ImportFile, SaysWhichFormatsThereAre) {
  const TemporaryFolder folder;
  const auto file = write_file(folder, "letter.txt", "Dear beamline,\nthank you.\n");
  const auto unknown = test::error_of([&] { import_file(file, folder / "x.db"); });
  EXPECT_EQ(unknown.code(), ErrorCode::invalid_argument);
  EXPECT_MESSAGE(unknown, "letter.txt: its content is in none of the formats fits, bcs, csv");
  ImportOptions options;
  options.format = "xls";
  EXPECT_MESSAGE(test::error_of([&] { import_file(file, folder / "x.db", options); }), "there is no import format \"xls\"");
  EXPECT_EQ(test::error_of([&] { import_file(folder / "none.csv", folder / "x.db"); }).code(), ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.db"));  // a refused file leaves no beamtime behind
}

TEST(ImportFile, NamesFileAndLineOfABrokenTable) {
  const TemporaryFolder folder;
  const auto table = write_file(folder, "a-AI.txt", std::string("Scan Type: x\n") + kColumns + "00:00:01\t1\t2\t3\ta\nnoon\t1\t2\t3\tb\n");
  const auto error = test::error_of([&] { import_file(table, folder / "x.db"); });
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
  EXPECT_MESSAGE(error, "a-AI.txt: line 4: \"noon\" is no time of day");
}

TEST(ImportCsv, GivesColumnsTheirTypesUnitsAndNulls) {
  const TemporaryFolder folder;
  const auto file = write_file(
      folder, "t.csv", "energy (eV),n,ok,label,time\n270.5,1,true,\"a, b\",2026-02-10T02:30:15Z\n,2,False,007,2026-02-10T02:30:16Z\n");
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.format, "csv");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  const auto keys = run.streams().at(0).data_keys;
  EXPECT_EQ(keys.at("energy (eV)").at("units"), Json("eV"));
  EXPECT_EQ(keys.at("n").at("dtype"), Json("integer"));
  EXPECT_EQ(keys.at("ok").at("dtype"), Json("boolean"));
  EXPECT_EQ(keys.at("label").at("dtype"), Json("string"));
  const auto events = events_of(run);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].data.at("label"), Json("a, b"));
  EXPECT_TRUE(events[1].data.at("energy (eV)").is_null());
  EXPECT_EQ(events[1].time, 1770690616.0);
  EXPECT_EQ(events[1].data.at("time (file)"), Json("2026-02-10T02:30:16Z"));
}

TEST(ImportCsv, FindsACopyOfAFileWithoutTimesAgain) {
  const TemporaryFolder folder;
  const auto first = import_file(write_file(folder, "a.csv", "x,y\n1,2\n"), folder / "x.db");
  EXPECT_EQ(first.notes.size(), 1u);
  const auto copy = write_file(folder, "b.csv", "x,y\n1,2\n");
  std::filesystem::last_write_time(copy, std::filesystem::last_write_time(copy) - std::chrono::hours(48));
  EXPECT_TRUE(import_file(copy, folder / "x.db").already_there);
}

TEST(ImportFits, MakesARunOfOneEvent) {
  const TemporaryFolder folder;
  const auto file = write_file(folder, "one.fits", test::fits_file({"DATE    = '2023-03-14T19:43:33'"}, 2, 2, {1, 2, 3, 4}));
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.format, "fits");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  EXPECT_EQ(run.summary().time_start, 1678848213.0);
  EXPECT_EQ(pixel_sum<std::uint16_t>(run.images()[0]), 10u);
}

// The real files. Expected numbers: README.md beside them.

TEST(ImportBcs, KeepsEveryNumberOfARealScan) {
  RESONANCE_DATA_OR_SKIP(file, "als-rsoxs-znpc-80276/ZnPc_P100_E180276-AI.txt");
  const TemporaryFolder folder;
  const auto report = import_file(file, folder / "x.db");
  EXPECT_EQ(report.events, 453u);
  EXPECT_EQ(report.frames, 49u);
  EXPECT_EQ(report.missing_frames.size(), 404u);
  EXPECT_TRUE(report.damaged_frames.empty());
  const auto run = Catalog(folder / "x.db").run("80276");
  EXPECT_EQ(run.summary().plan_name, "From File");
  EXPECT_EQ(run.summary().time_start, 1678848213.0);
  const auto table = run.table();
  ASSERT_EQ(table.rows, 453u);
  const std::map<std::string, double> sums{{"Frame #", 102831.0},
                                           {"Sample X", 9766.35},
                                           {"Sample Y", 3913.767},
                                           {"Sample Theta", 4546.224},
                                           {"CCD Theta", 9092.1315},
                                           {"Beamline Energy", 128310.37364429},
                                           {"Beam Current", 225756.88232431},
                                           {"TEY signal", 304.95419835},
                                           {"AI 6 BeamStop", 35699.932475500005},
                                           {"LV Memory", 375812016.0},
                                           {"Time Stamp Server Time", 381.32940143999997},
                                           {"Counts", 95088690389.0}};
  for (const auto& [name, sum] : sums) EXPECT_EQ(sum_of(table[name]), sum) << name;
  EXPECT_EQ(table["Beamline Energy"].units, "eV");
  EXPECT_EQ(table["Filename"].at(452), Json("ZnPc_P100_E180276-00453"));
  const auto images = run.images();
  ASSERT_EQ(images.size(), 49u);
  for (std::uint64_t i = 0; i < images.size(); ++i)
    EXPECT_EQ(static_cast<double>(pixel_sum<std::uint16_t>(images[i])), table["Counts"].at(images.seq_num(i) - 1).as_double()) << i;
}

TEST(ImportBcs, LosesNothingOfRealHeaders) {
  RESONANCE_DATA_OR_SKIP(file, "als-rsoxs-znpc-80276/ZnPc_P100_E180276-AI.txt");
  const TemporaryFolder folder;
  const auto report = import_file(file, folder / "x.db");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  const auto metadata = run.metadata();
  EXPECT_EQ(metadata.at("bcs").at("header").size(), 11u);
  const auto& primary = metadata.at("fits").at("PRIMARY");
  EXPECT_EQ(primary.size(), 111u);
  EXPECT_EQ(primary.at("EXPOSURE").dump(), R"({"value":0.00100000004749745,"units":"S","comment":"Total Exposure Time"})");
  EXPECT_EQ(primary.at("EPU Gap").at("data_key"), Json("fits:EPU Gap"));
  std::uint64_t samples = 0;
  for (const auto& event : events_of(run)) {
    if (const auto* izeros = event.data.find("Izeros")) samples += izeros->size();
    if (event.seq_num == 4) {
      EXPECT_EQ(event.data.at("fits:DATE"), Json("2023-03-14T19:43:56"));
    }
  }
  EXPECT_EQ(samples, 1505u);
}

TEST(ImportCsv, KeepsEveryNumberOfARealTable) {
  RESONANCE_DATA_OR_SKIP(file, "als-nexafs/nexafs_results.csv");
  const TemporaryFolder folder;
  const auto report = import_file(file, folder / "x.db");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  const auto table = run.table();
  ASSERT_EQ(table.rows, 3650u);
  EXPECT_EQ(sum_of(table["Beamline Energy_position"]), 1152000.0000000277);
  EXPECT_EQ(sum_of(table["Photodiode_mean"]), -349.16373496203494);
  EXPECT_EQ(sum_of(table["TEY signal_std"]), 0.07788524221814003);
  EXPECT_EQ(sum_of(table["AI 3 Izero_mean"]), 575.7384161391927);
  EXPECT_EQ(sum_of(table["timestamp"]), 6463040534741.897);
  EXPECT_EQ(sum_of(table["time"]), 6463040534741.897);
}

TEST(ImportCsv, TakesTheColumnTimeAsTheTimeOfTheEvents) {
  RESONANCE_DATA_OR_SKIP(file, "xafs-nsls2-csv/018f8393.csv");
  const TemporaryFolder folder;
  const auto report = import_file(file, folder / "x.db");
  const auto run = Catalog(folder / "x.db").run(report.run_uid);
  EXPECT_EQ(run.summary().time_start, 1594451790.3369827);
  const auto table = run.table();
  EXPECT_EQ(table.rows, 451u);
  EXPECT_EQ(table.columns.size(), 4u);  // seq_num, time, dcm_energy, xmu
  EXPECT_EQ(sum_of(table["dcm_energy"]), 2308444.996255286);
  EXPECT_EQ(sum_of(table["xmu"]), 1567746.195679578);
}

}  // namespace
}  // namespace resonance
