/// Beamtimes that other programs wrote: no side tables, arrays that are not sharded, chunks of zeros left out.
#include "unit/repair/repair_testing.hpp"

namespace resonance::repair_test {
namespace {

constexpr const char* kMetadata = R"({"zarr_format": 3, "node_type": "array", "shape": [4, 4, 6], "data_type": "uint16",
  "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 4, 6]}},
  "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
  "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})";

class ForeignBeamtime : public RepairBeamtime {
 protected:
  void SetUp() override {
    RawDatabase raw(database);
    raw.query(
        "CREATE TABLE samples (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, formula TEXT, serial TEXT, tags TEXT, "
        "beamline_pos TEXT, extra TEXT); CREATE INDEX idx_samples_name ON samples(name);"
        "CREATE TABLE runs (uid TEXT PRIMARY KEY, sample_id INTEGER REFERENCES samples(id) ON DELETE SET NULL, plan_name TEXT NOT NULL, "
        "time_start REAL NOT NULL, time_stop REAL, exit_status TEXT, num_events INTEGER DEFAULT 0, operator TEXT, metadata TEXT);"
        "CREATE INDEX idx_runs_sample ON runs(sample_id); CREATE INDEX idx_runs_plan ON runs(plan_name);"
        "CREATE INDEX idx_runs_tstart ON runs(time_start);"
        "CREATE TABLE streams (uid TEXT PRIMARY KEY, run_uid TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE, name TEXT NOT NULL, "
        "data_keys TEXT NOT NULL, time_created REAL NOT NULL); CREATE INDEX idx_streams_run ON streams(run_uid);"
        "CREATE UNIQUE INDEX idx_streams_run_name ON streams(run_uid, name);"
        "CREATE TABLE events (uid TEXT PRIMARY KEY, stream_uid TEXT NOT NULL REFERENCES streams(uid) ON DELETE CASCADE, seq_num INTEGER "
        "NOT "
        "NULL, time REAL NOT NULL, data TEXT NOT NULL, timestamps TEXT); CREATE INDEX idx_events_stream ON events(stream_uid);"
        "CREATE UNIQUE INDEX idx_events_seq ON events(stream_uid, seq_num);"
        "CREATE TABLE image_refs (id INTEGER PRIMARY KEY AUTOINCREMENT, event_uid TEXT NOT NULL REFERENCES events(uid) ON DELETE CASCADE, "
        "field_name TEXT NOT NULL, zarr_group TEXT NOT NULL, index_in_stack INTEGER NOT NULL, shape_x INTEGER NOT NULL, shape_y INTEGER "
        "NOT "
        "NULL, dtype TEXT NOT NULL); CREATE INDEX idx_image_refs_event ON image_refs(event_uid); PRAGMA user_version = 1;"
        "INSERT INTO runs VALUES('r1', NULL, 'scan', 5.0, 9.0, 'success', 4, NULL, '{}');"
        "INSERT INTO streams VALUES('s1', 'r1', 'primary', '{}', 5.0)");
    for (int i = 0; i < 4; ++i) {
      const auto n = std::to_string(i);
      raw.query("INSERT INTO events VALUES('e" + n + "', 's1', " + std::to_string(i + 1) + ", 6.0, '{}', NULL)");
      raw.query("INSERT INTO image_refs VALUES(NULL, 'e" + n + "', 'ccd', 'runs/r1/ccd', " + n + ", 4, 6, 'uint16')");
      fs::create_directories(folder / "x.zarr/runs/r1/ccd/c" / n / "0");
      if (i != 2) std::ofstream(chunk(i)) << std::string(48, static_cast<char>('a' + i));
    }
    std::ofstream(folder / "x.zarr/runs/r1/ccd/zarr.json") << kMetadata;
  }
  fs::path chunk(int number) const { return folder / "x.zarr/runs/r1/ccd/c" / std::to_string(number) / "0/0"; }
};

TEST_F(ForeignBeamtime, IsSoundThoughAFrameOfZerosIsLeftOut) { EXPECT_TRUE(repair().report.sound); }

TEST_F(ForeignBeamtime, KeepsItsFilesAndLosesTheFrameThatCannotBeRead) {
  fs::resize_file(chunk(1), 20);
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, 1) << done.words();
  const auto images = Catalog(repaired).run("r1").images("ccd");
  ASSERT_EQ(images.size(), 3);
  EXPECT_EQ(images[1].bytes, std::vector<std::byte>(48, std::byte{0})) << "the frame that was left out is black";
  EXPECT_TRUE(fs::equivalent(chunk(3), folder / "x.repaired.zarr/runs/r1/ccd/c/3/0/0"));
  EXPECT_EQ(text(repaired, "SELECT event_uid FROM lost_frames"), "e1");
}

TEST_F(ForeignBeamtime, AnArrayWithoutMetadataLosesItsFramesAndTheEventsStay) {
  fs::remove(folder / "x.zarr/runs/r1/ccd/zarr.json");
  const auto done = repair();
  EXPECT_EQ(done.report.frames_lost, 4) << done.words();
  EXPECT_EQ(Catalog(repaired).run("r1").summary().num_events, 4);
}

TEST_F(ForeignBeamtime, RowsOfAnotherFormAreTakenFromADamagedDatabase) {
  const auto page = RawDatabase(database).value("SELECT rootpage FROM sqlite_master WHERE name = 'idx_events_stream'");
  change_bytes(database, (std::stoull(page) - 1) * 4096, std::string(4096, '\x55'));
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  EXPECT_EQ(Catalog(repaired).run("r1").images("ccd").size(), 4);
}

}  // namespace
}  // namespace resonance::repair_test
