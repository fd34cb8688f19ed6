/// A backup holds what the beamtime held at one moment, also while it is recorded, and costs what is new.
#include <atomic>

#include "io/walk.hpp"
#include "unit/archive/backup_testing.hpp"
#include "zarr/metadata.hpp"

namespace resonance {
namespace {

using namespace backup_test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::uint64_t length_in(const fs::path& zarr_json) { return zarr::parse_array_metadata(io::read_text(zarr_json, 1 << 20)).shape[0]; }

void expect_same_files(const fs::path& store, const fs::path& copy) {
  for (const auto& [path, bytes] : contents(store)) {
    if (bytes == "folder") continue;
    EXPECT_EQ(io::read_text(copy / fs::relative(path, store), 1 << 24), bytes) << path;
  }
}

TEST(ABackup, HoldsTheBeamtimeAndLeavesItAsItIs) {
  const TemporaryFolder folder;
  const auto uid = record_two_runs(folder / "x.db");
  const auto before = contents(folder / "x.zarr");
  const auto database = contents(folder.path()).at((folder / "x.db").string());
  const auto done = back_up(folder / "x.db", folder / "bag");
  EXPECT_EQ(done.report.runs, 2);
  EXPECT_EQ(done.report.open_runs, 0);
  EXPECT_EQ(done.report.files, done.report.files_copied);
  EXPECT_THAT(done.faults, IsEmpty());
  EXPECT_THAT(done.notes, IsEmpty());
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  expect_run(folder / "bag/data/x.db", uid, 5);
  EXPECT_EQ(contents(folder / "x.zarr"), before);
  EXPECT_EQ(contents(folder.path()).at((folder / "x.db").string()), database);
  EXPECT_FALSE(fs::exists(folder / "x.db-wal"));
  expect_same_files(folder / "x.zarr", folder / "bag/data/x.zarr");
}

TEST(ABackup, HasTheSumsOfItsFilesInTheFormOfABag) {
  const TemporaryFolder folder;
  record_two_runs(folder / "x.db");
  BackupOptions options;
  options.clock = [] { return 1773561672.0; };
  const auto report = back_up_beamtime(folder / "x.db", folder / "bag", options);
  const auto text = [&](const char* name) { return io::read_text(folder / "bag" / name, 1 << 20); };
  EXPECT_EQ(text("bagit.txt"), "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
  EXPECT_THAT(text("bag-info.txt"), HasSubstr("External-Identifier: x\n"));
  EXPECT_THAT(text("bag-info.txt"), HasSubstr("Bagging-Date: 2026-03-15\n"));
  EXPECT_THAT(text("bag-info.txt"), HasSubstr("Payload-Oxum: " + std::to_string(report.bytes) + "." + std::to_string(report.files) + "\n"));
  EXPECT_THAT(text("manifest-sha256.txt"), HasSubstr("  data/x.db\n"));
  for (const char* name : {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "resonance-files.jsonl"})
    EXPECT_THAT(text("tagmanifest-sha256.txt"), HasSubstr(std::string("  ") + name + "\n"));
  for (const char* name : {"bag-info.txt", "resonance-files.jsonl"})
    EXPECT_THAT(text(name), testing::Not(HasSubstr(folder.path().string())));
  EXPECT_FALSE(fs::exists(folder / "bag/resonance-unfinished.jsonl"));
}

struct How {
  const char* name;
  Codec codec;
  Durability durability;
  std::uint64_t frames_per_chunk;
};
class ABackupOfAnOpenRun : public testing::TestWithParam<How> {};
INSTANTIATE_TEST_SUITE_P(Recorded, ABackupOfAnOpenRun,
                         testing::Values(How{"raw", Codec::none, Durability::commit, 1},
                                         How{"raw_shared", Codec::none, Durability::commit, 4},
                                         How{"compressed", Codec::blosc, Durability::commit, 1},
                                         How{"compressed_shared", Codec::zstd, Durability::group, 8}),
                         [](const auto& test) { return test.param.name; });

TEST_P(ABackupOfAnOpenRun, HoldsExactlyTheFramesThatAreCommitted) {
  const TemporaryFolder folder;
  RunWriterOptions options;
  options.durability = GetParam().durability;
  options.frames.codec = GetParam().codec;
  options.frames.frames_per_chunk = GetParam().frames_per_chunk;
  Recording recording(folder / "x.db", options);
  const auto array = fs::path("runs") / recording.uid / "ccd";
  for (const unsigned more : {7u, 1u, 250u, 150u}) {  // within a shard, into the next one
    recording.write(more);
    recording.writer.flush();
    EXPECT_THAT(back_up(folder / "x.db", folder / "bag").faults, IsEmpty());
    EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
    expect_run(folder / "bag/data/x.db", recording.uid, recording.written);
    EXPECT_EQ(length_in(folder / "bag/data/x.zarr" / array / "zarr.json"), recording.written);
    EXPECT_LE(io::file_bytes(folder / "bag/data/x.zarr" / array / "c/0/0/0"), 17 << 17) << "sealed: no room for what is still to come";
  }
  recording.writer.close_run();
  recording.writer.close();
  back_up(folder / "x.db", folder / "bag");
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  expect_same_files(folder / "x.zarr", folder / "bag/data/x.zarr");
}

TEST(ABackup, IsOneMomentOfARunThatGoesOnMeanwhile) {
  const TemporaryFolder folder;
  for (const auto codec : {Codec::none, Codec::blosc}) {
    const auto name = std::string(to_string(codec));
    RunWriterOptions options;
    options.frames.codec = codec;
    options.publish_interval = options.sync_interval = std::chrono::milliseconds(1);  // shards are sealed while they are copied
    Recording recording(folder / (name + ".db"), options);
    recording.write(1);
    std::atomic<bool> done = false;
    std::thread writing([&] {
      while (!done && recording.written < 3000) recording.write(1);
    });
    for (int i = 0; i < 4; ++i) {
      EXPECT_THAT(back_up(folder / (name + ".db"), folder / name).faults, IsEmpty());
      EXPECT_THAT(faults_in(folder / name), IsEmpty());
      const auto database = folder.path() / name / "data" / (name + ".db");
      expect_run(database, recording.uid, static_cast<unsigned>(count(database, "SELECT count(*) FROM events")));
    }
    done = true;
    writing.join();
  }
}

TEST(ABackup, IsOneFileThoughTheDatabaseHasALog) {
  const TemporaryFolder folder;
  Recording recording(folder / "x.db");
  recording.write(3);
  ASSERT_TRUE(fs::exists(folder / "x.db-wal"));
  back_up(folder / "x.db", folder / "bag");
  EXPECT_EQ(text(folder / "bag/data/x.db", "PRAGMA journal_mode"), "delete");
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "bag/data")) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"x.db", "x.zarr"}));
}

TEST(ABackup, CopiesNoSealedShardASecondTime) {
  const TemporaryFolder folder;
  Recording recording(folder / "x.db");
  recording.write(600);
  recording.writer.sync();
  const auto shards = [&](const Found& found, const WatchedFiles& files) {
    std::set<std::string> out;
    for (const auto& call : files.calls)
      if (call.what == "rename" && is_shard(call.path, "ccd")) out.insert(call.path.parent_path().parent_path().filename());
    EXPECT_THAT(found.faults, IsEmpty());
    return out;
  };
  const auto first = std::make_shared<WatchedFiles>(), second = std::make_shared<WatchedFiles>(), third = std::make_shared<WatchedFiles>();
  const auto copied = shards(back_up(folder / "x.db", folder / "bag", first), *first);
  ASSERT_GT(copied.size(), 3);
  EXPECT_THAT(shards(back_up(folder / "x.db", folder / "bag", second), *second), IsEmpty()) << "nothing was recorded meanwhile";
  recording.write(1);
  const auto last = std::to_string(copied.size() - 1);
  EXPECT_EQ(shards(back_up(folder / "x.db", folder / "bag", third), *third), std::set<std::string>{last}) << "the one that grew";
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST(ABackup, CanBeRestoredAndRecordedInto) {
  const TemporaryFolder folder;
  std::string open;
  {
    Recording recording(folder / "x.db");
    recording.write(9);
    open = recording.uid;
    back_up(folder / "x.db", folder / "bag");
  }
  fs::create_directory(folder / "restored");
  fs::copy(folder / "bag/data", folder / "restored", fs::copy_options::recursive);
  std::string next;
  {
    Recording recording(folder / "restored/x.db");
    recording.write(4);
    recording.writer.close_run();
    next = recording.uid;
  }
  expect_run(folder / "restored/x.db", open, 9);
  expect_run(folder / "restored/x.db", next, 4);
  EXPECT_EQ(Catalog(folder / "restored/x.db").run(open).summary().exit_status, "failed");
  EXPECT_EQ(Catalog(folder / "restored/x.db").run(open).state(), RunState::closed);
  VerifyOptions options;
  options.frames = true;
  const auto report = verify_beamtime(folder / "restored/x.db", options, [](const Fault& fault) { ADD_FAILURE() << fault.message; });
  EXPECT_EQ(report.frames_read, 13);
}

TEST(ABackup, OfABeamtimeWithoutFramesIsItsDatabase) {
  const TemporaryFolder folder;
  { const RunWriter writer(folder / "x.db"); }
  EXPECT_EQ(back_up(folder / "x.db", folder / "bag").report.files, 1);
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  const auto uid = record_two_runs(folder / "x.db");
  back_up(folder / "x.db", folder / "bag");
  expect_run(folder / "bag/data/x.db", uid, 5);
}

TEST(ABackup, KeepsWhatTheStoreHasLost) {
  const TemporaryFolder folder;
  const auto uid = record_two_runs(folder / "x.db");
  back_up(folder / "x.db", folder / "bag");
  const auto array = folder / "x.zarr/runs" / uid / "ccd";
  fs::resize_file(array / "c/0/0/0", 1000);
  const auto damaged = back_up(folder / "x.db", folder / "bag");
  ASSERT_EQ(damaged.faults.size(), 1);
  EXPECT_EQ(damaged.faults[0].kind, "kept_copy");
  EXPECT_EQ(damaged.faults[0].file, array / "c/0/0/0");
  fs::remove_all(array);
  const auto gone = back_up(folder / "x.db", folder / "bag");
  EXPECT_EQ(gone.faults.size(), 2) << "shard and zarr.json";
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  expect_run(folder / "bag/data/x.db", uid, 5);
}

TEST(ABackup, KeepsARunThatWasTakenOutOfTheBeamtime) {
  const TemporaryFolder folder;
  const auto uid = record_two_runs(folder / "x.db");
  back_up(folder / "x.db", folder / "bag");
  const auto before = contents(folder / "bag");
  sqlite::Connection(folder / "x.db", sqlite::Access::read_write).execute("DELETE FROM runs WHERE uid = '" + uid + "'");
  const auto done = back_up(folder / "x.db", folder / "bag");
  ASSERT_EQ(done.faults.size(), 1);
  EXPECT_EQ(done.faults[0].kind, "kept_copy");
  EXPECT_EQ(done.faults[0].run_uid, uid);
  EXPECT_EQ(contents(folder / "bag"), before);
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  const auto fresh = back_up(folder / "x.db", folder / "another");
  EXPECT_THAT(fresh.faults, IsEmpty());
  ASSERT_EQ(fresh.notes.size(), 1);
  EXPECT_EQ(fresh.notes[0].kind, "unnamed_run");
  EXPECT_FALSE(fs::exists(folder / "another/data/x.zarr/runs" / uid));
}

}  // namespace
}  // namespace resonance
