/// Verifying a beamtime: every kind of damage is found and named, and what is sound, foreign or live has no faults.
#include "resonance/verify.hpp"

#include <algorithm>
#include <atomic>
#include <set>

#include "unit/record/record_testing.hpp"
#include "zarr/checksum.hpp"

namespace resonance {
namespace {

using namespace record_test;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Found {
  VerifyReport report;
  std::vector<Fault> faults, notes;

  [[nodiscard]] std::set<std::string> kinds() const {
    std::set<std::string> out;
    for (const auto& fault : faults) out.insert(fault.kind);
    return out;
  }
  [[nodiscard]] const Fault& first(const std::string& kind) const {
    const auto it = std::find_if(faults.begin(), faults.end(), [&](const auto& fault) { return fault.kind == kind; });
    if (it == faults.end()) throw std::runtime_error("no fault " + kind + " but " + testing::PrintToString(kinds()));
    return *it;
  }
};

Found verify(const fs::path& database, VerifyOptions options = {}) {
  Found out;
  out.report = verify_beamtime(database, options, [&](const Fault& fault) {
    (fault.severity == Severity::fault ? out.faults : out.notes).push_back(fault);
    EXPECT_FALSE(fault.message.empty());
  });
  EXPECT_EQ(out.report.num_faults, out.faults.size());
  EXPECT_EQ(out.report.num_notes, out.notes.size());
  return out;
}

Found verify_frames(const fs::path& database) {
  VerifyOptions options;
  options.frames = true;
  return verify(database, options);
}

/// By hand: without foreign keys, as somebody would with the sqlite3 shell.
void run_sql(const fs::path& database, const std::string& sql) {
  sqlite::Connection connection(database, sqlite::Access::read_write);
  connection.execute("PRAGMA foreign_keys = OFF");
  connection.execute(sql);
}

void change_file(const fs::path& path, std::uint64_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

constexpr unsigned kFrames = 60;

/// A closed run of 60 events with frames, with a checksum for each, as the writer puts them there.
class VerifyBeamtime : public testing::TestWithParam<Codec> {
 protected:
  void record(Codec codec, unsigned frames = kFrames) {
    RunWriterOptions options;
    options.frames.codec = codec;
    RunWriter writer(database, options);
    uid = writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    for (unsigned i = 0; i < frames; ++i) {
      const auto frame = make_frame(i);
      writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    }
    writer.close_run();
    writer.close();
    std::string sql;
    for (unsigned i = 0; i < frames; ++i)
      sql += "INSERT OR REPLACE INTO frame_checksums SELECT id, " + std::to_string(zarr::crc32c(make_frame(i).bytes)) +
             " FROM image_refs WHERE index_in_stack = " + std::to_string(i) + ";";
    run_sql(database, sql);
  }
  fs::path array() const { return folder / "x.zarr" / "runs" / uid / "ccd"; }
  fs::path shard() const { return array() / "c/0/0/0"; }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
  std::string uid;
};

INSTANTIATE_TEST_SUITE_P(Codecs, VerifyBeamtime, testing::Values(Codec::none, Codec::blosc, Codec::zstd, Codec::gzip),
                         [](const auto& found) { return std::string(to_string(found.param)); });

TEST_P(VerifyBeamtime, FindsNothingInASoundOneAndChangesNothing) {
  record(GetParam());
  const auto before = contents(folder.path());
  const auto found = verify_frames(database);
  EXPECT_THAT(found.kinds(), IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
  VerifyReport wanted;
  wanted.runs = 1;
  wanted.events = wanted.events_compared = wanted.frames = wanted.frames_read = wanted.checksums_compared = kFrames;
  EXPECT_EQ(found.report, wanted);
  EXPECT_EQ(verify(database).report.frames_read, 0) << "frames are read only when asked for";
  EXPECT_EQ(contents(folder.path()), before);
}

TEST_P(VerifyBeamtime, NamesALostShardOnceAndTheFramesThatItHeld) {
  record(GetParam());
  fs::remove(shard());
  const auto found = verify(database);
  ASSERT_EQ(found.faults.size(), 1) << "one file, one fault";
  const auto& fault = found.faults.front();
  EXPECT_EQ(fault.kind, "missing_shard");
  EXPECT_EQ(fault.run_uid, uid);
  EXPECT_EQ(fault.field, "ccd");
  EXPECT_EQ(fault.frame, 0);
  EXPECT_EQ(fault.seq_num, 1);
  EXPECT_EQ(fault.file, shard());
  EXPECT_THAT(fault.message, HasSubstr("frames 0 to "));
  EXPECT_EQ(verify_frames(database).faults.size(), 1);
}

TEST_P(VerifyBeamtime, NamesAShardThatWasCut) {
  record(GetParam());
  fs::resize_file(shard(), fs::file_size(shard()) - 24);
  const auto found = verify(database);
  ASSERT_EQ(found.faults.size(), 1);
  EXPECT_EQ(found.faults[0].kind, "damaged_shard");
  EXPECT_EQ(found.faults[0].file, shard());
  EXPECT_TRUE(found.faults[0].offset);
}

TEST_P(VerifyBeamtime, FindsAFlippedByteByItsChecksum) {
  record(GetParam());
  auto at = fs::file_size(shard()) / 4;
  if (GetParam() == Codec::none) at = 7 * 120 + 50;  // in frame 7
  std::ifstream file(shard(), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char flipped = static_cast<char>(file.get() ^ 0x10);
  change_file(shard(), at, std::string(1, flipped));
  EXPECT_THAT(verify(database).kinds(), IsEmpty()) << "not looked for";
  if (GetParam() != Codec::none) return;  // a byte of some frame, which its codec or its checksum sees; which one is its own affair
  const auto found = verify_frames(database);
  ASSERT_EQ(found.faults.size(), 1);
  EXPECT_EQ(found.faults[0].kind, "checksum");
  EXPECT_EQ(found.faults[0].frame, 7);
  EXPECT_EQ(found.faults[0].seq_num, 8);
  EXPECT_EQ(found.report.checksums_compared, kFrames);
}

TEST_F(VerifyBeamtime, FindsAPageOfZerosInARawShard) {
  record(Codec::none);
  change_file(shard(), 0, std::string(4096, '\0'));
  const auto found = verify_frames(database);
  EXPECT_EQ(found.faults.size(), 35) << "4096 bytes begin in 35 frames of 120";
  EXPECT_EQ(found.kinds(), (std::set<std::string>{"checksum"}));
}

TEST_F(VerifyBeamtime, NamesAFrameThatItsCodecCannotDecode) {
  record(Codec::zstd);
  run_sql(database, "DELETE FROM frame_checksums");
  std::string bytes(fs::file_size(shard()), '\0');
  std::ifstream(shard(), std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto magic = bytes.rfind("\x28\xb5\x2f\xfd");  // the last zstd frame begins here
  change_file(shard(), magic, "XXXX");
  const auto found = verify_frames(database);
  EXPECT_EQ(found.kinds(), (std::set<std::string>{"damaged_frame"}));
  EXPECT_EQ(found.faults.back().frame, kFrames - 1);
  EXPECT_EQ(found.faults.back().file, shard());
  EXPECT_EQ(found.faults.back().offset, magic);
  EXPECT_EQ(found.report.frames_without_checksum, found.report.frames_read);
}

TEST_F(VerifyBeamtime, NamesAFrameWhoseIndexEntryIsGone) {
  record(Codec::zstd);
  change_file(shard(), fs::file_size(shard()) - 255 * 16, std::string(16, '\xff'));
  const auto found = verify(database);
  EXPECT_EQ(found.kinds(), (std::set<std::string>{"missing_frame"}));
  EXPECT_EQ(found.faults[0].frame, 0);
}

TEST_F(VerifyBeamtime, NamesAnArrayWithoutItsMetadata) {
  record(Codec::blosc);
  fs::remove(array() / "zarr.json");
  const auto found = verify_frames(database);
  ASSERT_EQ(found.faults.size(), 1);
  EXPECT_EQ(found.faults[0].kind, "missing_array");
  EXPECT_EQ(found.faults[0].file, array() / "zarr.json");
  EXPECT_EQ(found.report.frames_not_checked, kFrames);
  std::ofstream(array() / "zarr.json") << "{\"zarr_format\": 3";
  EXPECT_EQ(verify(database).kinds(), (std::set<std::string>{"damaged_array"}));
}

TEST_F(VerifyBeamtime, NamesWhatIsNotAsPublished) {
  record(Codec::blosc);
  auto text = io::read_text(array() / "zarr.json", 1 << 20);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    auto out = text;
    out.replace(out.find(from), from.size(), to);
    std::ofstream(array() / "zarr.json") << out;
    return verify(database);
  };
  for (const char* length : {"59,", "61,"}) {
    const auto found = replaced("60,", length);
    ASSERT_EQ(found.kinds(), (std::set<std::string>{"published_length"})) << length;
    EXPECT_THAT(found.faults[0].message, HasSubstr("events refer to 60"));
  }
  EXPECT_EQ(replaced("\"resonance\"", "\"something\"").kinds(), (std::set<std::string>{"layout"}));
}

/// What one change by hand makes of a sound beamtime.
struct Change {
  const char* name;
  const char* sql;
  std::set<std::string> kinds;
  const char* words;  ///< in the first fault of the first kind
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class VerifyTables : public VerifyBeamtime {};
class VerifyChanges : public testing::TestWithParam<Change> {};

INSTANTIATE_TEST_SUITE_P(
    Changes, VerifyChanges,
    testing::Values(
        Change{"EventDeleted", "DELETE FROM events WHERE seq_num = 5", {"count", "foreign_key", "seq_num"}, ""},
        Change{"LastEventDeletedWithItsFrame",
               "DELETE FROM image_refs WHERE index_in_stack = 7; DELETE FROM frame_checksums WHERE ref_id = 8; DELETE FROM events WHERE "
               "seq_num = 8",
               {"count", "published_length"},
               "runs.num_events is 8, but there are 7 events"},
        Change{"RowsChanged", "UPDATE image_refs SET shape_x = 7 WHERE id = 3", {"geometry"}, "7x10 uint16"},
        Change{"TypeChanged", "UPDATE image_refs SET dtype = 'int16'", {"geometry"}, "6x10 int16"},
        Change{"CodecChanged", "UPDATE image_refs SET compression_codec = 'gzip'", {"codec"}, "'gzip'"},
        Change{"CountChanged", "UPDATE runs SET num_events = 9", {"count"}, "runs.num_events is 9, but there are 8 events"},
        Change{"FrameCountChanged", "UPDATE run_details SET num_frames = 7", {"count"}, "run_details.num_frames is 7"},
        Change{"StoreCountChanged", "UPDATE frame_stores SET num_frames = 9", {"count"}, "frame_stores.num_frames"},
        Change{"StoreGeometryChanged", "UPDATE frame_stores SET width = 11", {"geometry"}, "frame_stores says"},
        Change{"StoreLayoutChanged", "UPDATE frame_stores SET chunks_per_shard = 17", {"layout"}, "17 chunks in a shard"},
        Change{"StoreDeleted", "DELETE FROM frame_stores", {"frame_store"}, "which frame_stores does not name"},
        Change{"StoreOfNothing",
               "INSERT INTO frame_stores SELECT 'runs/x/y', run_uid, 'y', 6, 10, 'uint16', 'blosc', 1, 255, 0 FROM frame_stores",
               {"frame_store"},
               "no event refers to a frame in it"},
        Change{"NumberChanged", "UPDATE events SET seq_num = 100 WHERE seq_num = 8", {"seq_num"}, "has no event 8 to 99"},
        Change{"NumberIsText", "UPDATE events SET seq_num = 'x' WHERE seq_num = 8", {"seq_num"}, ""},
        Change{"FrameNumberNegative", "UPDATE image_refs SET index_in_stack = -4 WHERE id = 8", {"frame_number"}, "frame -4"},
        Change{"FrameNumberFarAway",
               "UPDATE image_refs SET index_in_stack = 9223372036854775807 WHERE id = 8",
               {"count", "missing_shard", "published_length"},
               ""},
        Change{"TwiceTheSameFrame", "UPDATE image_refs SET index_in_stack = 0 WHERE id = 2", {"count"}, "name frames 0 to 7"},
        Change{"GroupOutOfTheStore", "UPDATE image_refs SET zarr_group = '../../etc' WHERE id = 8", {"damaged_array"}, "out of the store"},
        Change{"ColumnMissing", "ALTER TABLE runs RENAME COLUMN operator TO who", {"schema"}, "column operator is missing"},
        Change{"IndexMissing", "DROP INDEX idx_events_seq", {"schema"}, "idx_events_seq is missing"},
        Change{"TableMissing", "DROP TABLE image_refs", {"schema"}, "image_refs is missing"}),
    [](const auto& found) { return std::string(found.param.name); });

TEST_P(VerifyChanges, AreFoundAndNamed) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  {
    RunWriter writer(database);
    writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    for (unsigned i = 0; i < 8; ++i) {
      const auto frame = make_frame(i);
      writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    }
    writer.close_run();
  }
  ASSERT_THAT(verify(database).kinds(), IsEmpty());
  run_sql(database, GetParam().sql);
  for (const bool frames : {false, true}) {
    VerifyOptions options;
    options.frames = frames;
    const auto found = verify(database, options);
    for (const auto& kind : GetParam().kinds) EXPECT_THAT(found.kinds(), Contains(kind));
    EXPECT_THAT(found.first(*GetParam().kinds.begin()).message, HasSubstr(GetParam().words));
  }
}

TEST_F(VerifyTables, ADamagedDatabaseIsReportedAsFarAsItCanBeRead) {
  record(Codec::zstd);
  const auto whole = io::read_bytes(database, 1 << 30);
  ASSERT_GT(whole.size(), 20 * 4096);
  const auto write = [&](std::span<const std::byte> bytes) {
    std::ofstream file(database, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  unsigned reported = 0;
  for (std::size_t page = 1; page < whole.size() / 4096; ++page) {  // page 0 says that it is a database
    auto damaged = whole;
    for (std::size_t i = 0; i < 4096; ++i) damaged[page * 4096 + i] = static_cast<std::byte>(i * 7 + page);
    write(damaged);
    reported += verify(database).faults.empty() ? 0 : 1;
  }
  EXPECT_GE(reported, whole.size() / 4096 - 3) << "garbage in all pages but perhaps some free ones";
  for (const double part : {0.2, 0.5, 0.6, 0.9}) {
    write(std::span(whole).first(static_cast<std::size_t>(part * static_cast<double>(whole.size()))));
    EXPECT_THAT(verify_frames(database).kinds(), Contains("database")) << part;
  }
}

TEST_F(VerifyTables, WhatIsNoBeamtimeIsRefusedAsByOtherReaders) {
  const auto refused = [&](const char* name) { return said([&] { (void)verify(folder / name); }); };
  EXPECT_THAT(refused("missing.db"), refusal(ErrorCode::not_found, "there is no file"));
  EXPECT_FALSE(fs::exists(folder / "missing.db"));
  std::ofstream(folder / "text.db") << "This is a text of more than sixteen bytes, and no database.\n";
  EXPECT_THAT(refused("text.db"), refusal(ErrorCode::corrupt, "text.db"));
  std::ofstream(folder / "empty.db").close();
  EXPECT_THAT(refused("empty.db"), refusal(ErrorCode::corrupt, "is no beamtime"));
  record(Codec::none, 2);
  VerifyOptions options;
  options.runs = {"nothing"};
  EXPECT_THAT(said([&] { (void)verify(database, options); }), refusal(ErrorCode::not_found, "has no run 'nothing'"));
  run_sql(database, "PRAGMA user_version = 7");
  EXPECT_THAT(refused("x.db"), refusal(ErrorCode::unsupported, "use a newer one"));
}

TEST_F(VerifyTables, OnlyTheRunsThatAreAskedFor) {
  record(Codec::none, 3);
  const auto damaged = shard();
  const auto first = uid;
  record(Codec::none, 2);
  fs::remove(damaged);
  VerifyOptions options;
  options.runs = {"-1", uid};  // the same one twice
  EXPECT_EQ(verify(database, options).report.frames, 2);
  EXPECT_EQ(verify(database, options).report.num_faults, 0);
  options.runs = {first};
  EXPECT_EQ(verify(database, options).report.num_faults, 1);
}

TEST_F(VerifyTables, LeftOversAreNotesAndNoFaults) {
  record(Codec::blosc, 2);
  const auto make = [](const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
  };
  make(array() / "zarr.json.4711-0a1b2c3d.partial");
  make(array() / "c/7/0/0");
  make(array().parent_path() / "ccd.2" / "zarr.json");
  make(folder / "x.zarr/runs/0123456789abcdef0123456789abcdef/ccd/zarr.json");
  const auto found = verify_frames(database);
  EXPECT_THAT(found.kinds(), IsEmpty());
  std::set<std::string> kinds;
  for (const auto& note : found.notes) kinds.insert(note.kind);
  EXPECT_EQ(kinds, (std::set<std::string>{"partial_file", "surplus_shard", "unnamed_array", "unnamed_run"}));
  EXPECT_EQ(found.notes.size(), 4);
}

TEST_F(VerifyTables, ManyFramesAreGoneThroughInPages) {
  constexpr unsigned kMany = 9000;  // more than two pages of references
  RunWriter writer(database);
  writer.open_run("fly");
  writer.open_stream("primary", usual_keys());
  const auto frame = make_frame(1);
  std::vector<NewEvent> events(kMany, event_with(x_is(1), {{"ccd", &frame}}));
  for (std::size_t i = 0; i < 3; ++i) events[40].frames.push_back({"ccd", frame.view()});  // a burst
  (void)writer.write_events("primary", events);
  writer.close_run();
  writer.close();
  run_sql(database, "DELETE FROM frame_checksums");
  std::uint64_t last = 0;
  VerifyOptions options;
  options.frames = true;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, kMany + 3);
    last = done;
  };
  const auto found = verify(database, options);
  EXPECT_THAT(found.kinds(), IsEmpty());
  EXPECT_EQ(found.report.frames_read, kMany + 3);
  EXPECT_EQ(found.report.frames_without_checksum, kMany + 3);
  EXPECT_EQ(last, kMany + 3);
  options.progress = [](std::uint64_t, std::uint64_t) { throw Error(ErrorCode::invalid_state, "enough"); };
  EXPECT_THAT(said([&] { (void)verify(database, options); }), HasSubstr("enough"));
}

TEST_F(VerifyTables, ARunThatIsBeingRecordedHasNoFaults) {
  for (const auto codec : {Codec::none, Codec::blosc}) {
    RunWriterOptions recording;
    recording.frames.codec = codec;
    recording.frames.shard_bytes = 1 << 20;
    recording.sync_interval = std::chrono::milliseconds(20);  // so that shards are sealed meanwhile
    const auto live = folder / (std::string(to_string(codec)) + ".db");
    RunWriter writer(live, recording);
    writer.open_run("count");
    writer.open_stream("primary", Json::object({{"x", number_key("motor", "mm")}, {"ccd", image_key("camera", 64, 64, DType::uint16)}}));
    std::atomic<bool> done = false;
    std::thread recorder([&] {
      for (unsigned i = 0; i < 600 && !done; ++i) {
        const auto frame = make_frame(64, 64, DType::uint16, i);
        writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
      }
    });
    std::uint64_t seen = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const auto found = verify_frames(live);
      EXPECT_THAT(found.kinds(), IsEmpty()) << (found.faults.empty() ? "" : found.faults[0].message);
      EXPECT_THAT(found.notes, IsEmpty());
      EXPECT_EQ(found.report.open_runs, 1);
      EXPECT_GE(found.report.frames_read, seen);
      seen = found.report.frames_read;
    }
    done = true;
    recorder.join();
    writer.close_run();
    writer.close();
    EXPECT_THAT(verify_frames(live).kinds(), IsEmpty());
  }
}

/// As the Python package leaves it: no side tables, "blosc" over other data, the file of a black frame left out, shape one
/// too large after a crash.
TEST_F(VerifyTables, AForeignStoreHasNoFaultsForWhatOthersMayDo) {
  {
    sqlite::Connection connection(database, sqlite::Access::create);
    migrate_beamtime_schema(connection.handle(), 1);
    connection.execute(R"(
      INSERT INTO runs VALUES('aa00', NULL, 'scan', 10.5, 20.5, 'success', 2, NULL, NULL), ('bb00', NULL, 'scan', 10.5, NULL, NULL, 0, NULL, NULL);
      INSERT INTO streams VALUES('s', 'aa00', 'primary', '{}', 11), ('t', 'bb00', 'primary', '{}', 11);
      INSERT INTO events VALUES('e1', 's', 4, 12, '{}', NULL), ('e2', 's', 9, 13, '{}', '{}'), ('e3', 't', 1, 13, '{}', '{}');
      INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype)
        VALUES('e1', 'detector_image', 'runs/aa00/detector_image', 0, 4, 3, 'uint16'),
              ('e2', 'detector_image', 'runs/aa00/detector_image', 1, 4, 3, 'uint16');)");
  }
  const auto foreign = folder / "x.zarr/runs/aa00/detector_image";
  fs::create_directories(foreign / "c/0/0");
  std::ofstream(foreign / "zarr.json")
      << R"({"zarr_format":3,"node_type":"array","shape":[3,4,3],"data_type":"uint16","chunk_grid":{"name":"regular","configuration":)"
      << R"({"chunk_shape":[1,4,3]}},"chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,)"
      << R"("codecs":[{"name":"bytes","configuration":{"endian":"little"}}],"attributes":{}})";
  std::ofstream(foreign / "c/0/0/0") << std::string(24, 'a');
  const auto found = verify_frames(database);
  EXPECT_THAT(found.kinds(), IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
  EXPECT_EQ(found.report.frames_read, 2);
  EXPECT_EQ(found.report.frames_without_checksum, 2);
  EXPECT_EQ(found.report.events, 3);
  fs::resize_file(foreign / "c/0/0/0", 20);  // and what is damaged is damaged
  EXPECT_EQ(verify(database).kinds(), (std::set<std::string>{"damaged_frame"}));
}

}  // namespace
}  // namespace resonance
