/// Databases that are damaged in every way: each row that can be read is kept, and what is missing is said.
#include <random>

#include "resonance/annotations.hpp"
#include "unit/repair/repair_testing.hpp"

namespace resonance::repair_test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kPage = 4096;

class DamagedRows : public RepairBeamtime {
 protected:
  /// Pages of a table or an SQL index, by what they are.
  std::vector<std::uint64_t> pages(const std::string& name, const std::string& type = "leaf") {
    RawDatabase raw(database);
    std::vector<std::uint64_t> out;
    try {
      for (const auto& row : raw.query("SELECT pageno FROM dbstat WHERE name = '" + name + "' AND pagetype = '" + type + "'"))
        out.push_back(std::stoull(row[0]));
    } catch (const std::runtime_error&) {  // this SQLite has no dbstat
      out.push_back(std::stoull(raw.value("SELECT rootpage FROM sqlite_master WHERE name = '" + name + "'")));
    }
    return out;
  }
  void wreck(std::uint64_t page) { change_bytes(database, (page - 1) * kPage, std::string(kPage, '\x77')); }

  void expect_rows_of_second() {
    RawDatabase now(repaired);
    EXPECT_EQ(now.value("SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid WHERE s.run_uid = '" + second + "'"), "40");
  }
};

TEST_F(DamagedRows, ASoundDatabaseIsCopiedRowByRowAsItIs) {
  record();
  add_event_checksums();
  fs::remove(shard(first));
  const auto done = repair();
  RawDatabase was(database), now(repaired);
  for (const char* table : {"samples", "runs", "streams", "events", "event_checksums"}) {
    const auto sql = std::string("SELECT * FROM ") + table;
    EXPECT_EQ(was.query(sql), now.query(sql)) << table;
  }
}

TEST_F(DamagedRows, ALeafOfEventsCostsItsEventsAndTheirFramesAreKept) {
  record(Codec::zstd, 200);
  const auto leaves = pages("events");
  if (leaves.size() < 4) GTEST_SKIP() << "this SQLite has no dbstat";
  wreck(leaves[1]);
  const auto done = repair();
  EXPECT_GT(done.report.events_lost, 0) << done.words();
  EXPECT_LT(done.report.events_lost, 60) << done.words();
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM image_refs"), 400) << "the frames of lost events belong to substitutes";
  EXPECT_GT(count(repaired, "SELECT count(*) FROM lost_events"), 0);
}

TEST_F(DamagedRows, AnInteriorPageCostsTheRowsBehindItWhichIsSaidAndNoFrame) {
  record(Codec::none, 400);
  const auto interior = pages("events", "internal");
  if (interior.empty()) GTEST_SKIP() << "this SQLite has no dbstat";
  for (const auto page : interior) wreck(page);
  const auto done = repair();
  EXPECT_FALSE(done.report.complete()) << "nothing leads to the rows any more";
  EXPECT_GT(done.report.events_lost, 0) << done.words();
  EXPECT_EQ(done.report.frames_lost, 0) << done.words();
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM image_refs"), 800) << "their frames belong to substitutes";
}

TEST_F(DamagedRows, AnSqlIndexIsMadeAnewAndNothingIsLost) {
  record();
  add_event_checksums();
  for (const char* index : {"idx_events_seq", "sqlite_autoindex_events_1", "idx_image_refs_event", "idx_runs_plan"})
    for (const auto page : pages(index)) wreck(page);
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
  expect_untouched(first);
  expect_untouched(second);
  RawDatabase now(repaired);
  EXPECT_EQ(now.value("SELECT count(*) FROM event_checksums"), "2");
}

TEST_F(DamagedRows, RangesOfDataKeysFollowFromTheEventsThatAreLeft) {
  record();
  const auto stream = "(SELECT uid FROM streams WHERE run_uid = '" + first + "')";
  run_sql(database, "UPDATE stream_ranges SET ranges = '{\"x\":[-5.0,39.0]}' WHERE stream_uid = " + stream);
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::mended, "data_range")) << done.words();
  EXPECT_TRUE(done.report.complete()) << done.words();
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM stream_ranges WHERE ranges = '{\"x\":[0.0,39.0]}'"), 2);
}

TEST_F(DamagedRows, LostRangesOfDataKeysAreMadeAnew) {
  record();
  for (const auto page : pages("stream_ranges")) wreck(page);
  const auto done = repair();
  expect_run(first, kEvents);
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM stream_ranges WHERE ranges = '{\"x\":[0.0,39.0]}'"), 2);
}

TEST_F(DamagedRows, WhatPeopleSaidIsKeptEvenWhenItsRunIsLost) {
  record();
  {
    Annotations annotations(database);
    (void)annotations.add_note(first, "sample moved", "J. Doe");
    (void)annotations.add_note(second, "fine\nso far");
  }
  run_sql(database, "DELETE FROM streams WHERE run_uid = '" + first + "'; DELETE FROM runs WHERE uid = '" + first + "'");
  for (const char* index : {"idx_run_notes_run", "sqlite_autoindex_runs_1"})
    for (const auto page : pages(index)) wreck(page);
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::lost, "parent")) << done.words();
  const Catalog catalog(repaired);
  EXPECT_EQ(catalog.run(first).notes().at(0).text, "sample moved");
  EXPECT_EQ(catalog.run(first).notes().at(0).author, "J. Doe");
  EXPECT_EQ(catalog.run(first).summary().plan_name, "recovered");
  EXPECT_GT(catalog.run(first).summary().time_start, 1.7e9) << "its uid says when it began";
  EXPECT_EQ(catalog.run(second).notes().at(0).text, "fine\nso far");
}

TEST_F(DamagedRows, AHeaderFullOfZerosIsMadeAnew) {
  record();
  change_bytes(database, 0, std::string(100, '\0'));
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::mended, "header")) << done.words();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
}

TEST_F(DamagedRows, AFirstPageFullOfZerosIsTakenFromAFreshBeamtime) {
  record();
  change_bytes(database, 0, std::string(kPage, '\0'));
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::mended, "header")) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
}

TEST_F(DamagedRows, ADefinitionOfATableThatWasFlippedIsNoReasonToGiveUp) {
  record();
  const auto bytes = bytes_of(database);
  change_bytes(database, bytes.find("CREATE TABLE events") + 7, "TAXLE");
  const auto done = repair();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
}

TEST_F(DamagedRows, AFileThatWasCutKeepsWhatIsInFrontOfTheCut) {
  record();
  fs::resize_file(database, fs::file_size(database) / 2 / kPage * kPage);
  const auto done = repair();
  EXPECT_FALSE(done.report.complete()) << done.words();
}

TEST_F(DamagedRows, WhatIsInTheLogBelongsToTheDatabaseAndADeadRunIsClosed) {
  record(Codec::blosc, 5);
  // As a process that dies leaves it: a log, and a run without an end.
  const TemporaryFolder elsewhere;
  {
    RunWriter writer(database);
    writer.open_run("dead");
    writer.open_stream("primary", usual_keys());
    for (unsigned i = 0; i < 7; ++i) {
      const auto pixels = make_frame(i);
      writer.write_event("primary", event_with(x_is(i), {{"ccd", &pixels}}));
    }
    for (const auto& entry : fs::directory_iterator(folder.path()))
      fs::copy(entry.path(), elsewhere.path() / entry.path().filename(), fs::copy_options::recursive);
    writer.close_run();
  }
  for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove_all(entry.path());
  for (const auto& entry : fs::directory_iterator(elsewhere.path()))
    fs::copy(entry.path(), folder.path() / entry.path().filename(), fs::copy_options::recursive);
  ASSERT_GT(fs::file_size(folder / "x.db-wal"), 0);
  ASSERT_TRUE(repair().report.sound) << "a dead run is closed by the next writer and no damage";
  fs::remove(shard(first));
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::mended, "dead_run")) << done.words();
  const auto dead = Catalog(repaired).run("-1");
  EXPECT_EQ(dead.summary().exit_status, "failed");
  EXPECT_EQ(dead.summary().num_events, 7);
  EXPECT_EQ(dead.images("ccd").size(), 7);
}

TEST_F(DamagedRows, ALogThatWasDeletedLeavesWhatTheDatabaseHas) {
  record(Codec::blosc, 5);
  sqlite::Connection(database, sqlite::Access::read_write).use_write_ahead_log();
  fs::remove(folder / "x.db-wal");
  EXPECT_TRUE(repair().report.sound);
}

TEST_F(DamagedRows, EventsWhoseStreamIsLostAndStreamsWhoseRunIsLostGetSubstitutes) {
  record();
  run_sql(database, "DELETE FROM streams WHERE run_uid = '" + first + "'; DELETE FROM runs WHERE uid = '" + second + "'");
  const auto done = repair();
  EXPECT_TRUE(done.has(Outcome::lost, "parent")) << done.words();
  expect_run(first, kEvents);
  expect_run(second, kEvents);
  RawDatabase now(repaired);
  EXPECT_EQ(now.value("SELECT plan_name || exit_status FROM runs WHERE uid = '" + second + "'"), "recoveredfailed");
  EXPECT_THAT(now.value("SELECT name FROM streams WHERE run_uid = '" + first + "'"), HasSubstr("recovered-"));
}

TEST_F(DamagedRows, EventsThatWereDeletedLeaveTheirFramesAndAreOnRecord) {
  record();
  run_sql(database, "DELETE FROM events WHERE seq_num IN (4, 5, 40)");
  const auto done = repair();
  EXPECT_EQ(done.report.events_lost, 6) << done.words();
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM image_refs"), 80) << done.words();
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM lost_events"), 4);
}

TEST_F(DamagedRows, CountsAreMadeTrue) {
  record();
  run_sql(database, "UPDATE runs SET num_events = 3; UPDATE run_details SET num_frames = 3; UPDATE frame_stores SET num_frames = 3");
  const auto done = repair();
  EXPECT_TRUE(done.report.complete()) << done.words();
  expect_run(first, kEvents);
}

TEST_F(DamagedRows, ValuesThatMakeNoSenseAreRefusedOrReplacedAndTold) {
  record();
  run_sql(database,
          "UPDATE events SET data = '{\"x\": 1' WHERE seq_num = 3; UPDATE events SET time = 'noon' WHERE seq_num = 5; UPDATE runs SET "
          "exit_status = 'splendid'; UPDATE events SET seq_num = -7 WHERE seq_num = 9; UPDATE samples SET tags = '['; UPDATE run_details "
          "SET reason = CAST(x'ff41' AS TEXT)");
  const auto done = repair();
  EXPECT_EQ(done.report.rows_lost, 2) << done.words();
  EXPECT_THAT(done.words(), HasSubstr("was damaged JSON"));
  RawDatabase now(repaired);
  EXPECT_EQ(now.value("SELECT data FROM events WHERE seq_num = 3"), R"({"damaged":"{\"x\": 1"})");
  EXPECT_EQ(now.value("SELECT count(*) FROM events WHERE seq_num = 9"), "2") << done.words();
}

TEST_F(DamagedRows, EventsThatAreNotAsRecordedAreKeptAndTold) {
  record();
  add_event_checksums();
  run_sql(database, "UPDATE events SET data = '{\"x\":77.0}' WHERE seq_num = 3");
  const auto done = repair();
  EXPECT_TRUE(done.report.sound || done.has(Outcome::changed, "event_checksum")) << done.words();
  if (done.report.sound) GTEST_SKIP() << "verify does not compare events";
  EXPECT_EQ(count(repaired, "SELECT count(*) FROM event_checksums"), 0);
  EXPECT_EQ(text(repaired, "SELECT data FROM events WHERE seq_num = 3"), R"({"x":77.0})");
}

TEST_F(DamagedRows, WhatIsNoDatabaseAtAllIsRefusedAndNothingIsMade) {
  std::ofstream(database) << std::string(20000, 'x');
  EXPECT_THAT(said([&] { repair(); }), refusal(ErrorCode::corrupt, ".recover"));
  std::ofstream(database, std::ios::trunc).close();
  EXPECT_THAT(said([&] { repair(); }), HasSubstr("x.db"));
  EXPECT_FALSE(fs::exists(repaired));
  EXPECT_FALSE(fs::exists(folder / "x.repaired.partial"));
}

TEST_F(DamagedRows, NoRunIsRepairedWhileItIsRecordedAndNoOutputIsOverwritten) {
  record();
  fs::remove(shard(first));
  {
    RunWriter writer(database);
    writer.open_run("count");
    EXPECT_THAT(said([&] { (void)repair_beamtime(database, {}, [](const auto&) {}); }), refusal(ErrorCode::busy, "being recorded"));
    writer.close_run();
  }
  std::ofstream(repaired) << "mine";
  EXPECT_THAT(said([&] { repair(); }), refusal(ErrorCode::already_exists, "x.repaired.db"));
  EXPECT_EQ(bytes_of(repaired), "mine");
  fs::remove(repaired);
  fs::create_directory(folder / "x.repaired.zarr");
  EXPECT_THAT(said([&] { repair(); }), refusal(ErrorCode::already_exists, "x.repaired.zarr"));
  RepairOptions options;
  options.output = folder / "y.db";
  EXPECT_EQ(repair_beamtime(database, options, [](const auto&) {}).database, options.output);
  EXPECT_TRUE(fs::is_directory(folder / "y.zarr"));
}

TEST_F(DamagedRows, DeathAtAnyCallLeavesNothingHalfDoneAndTheNextRepairWorks) {
  record(Codec::zstd, 6);
  fs::remove(shard(first));
  change_bytes(shard(second), 100, "garbage");
  const auto before = state_of(folder.path());
  const auto files = std::make_shared<WatchedFiles>();
  RepairOptions options;
  options.file_system = files;
  bool done = false;
  for (int dies_at = 1; !done && dies_at < 1000; ++dies_at) {
    int calls = 0;
    files->watch([&](std::string_view, const fs::path& path) {
      if (++calls == dies_at) throw Error(ErrorCode::io, "dead at " + path.string());
    });
    try {
      (void)repair_beamtime(database, options, [](const auto&) {});
      done = true;
    } catch (const Error& error) {
      EXPECT_FALSE(fs::exists(repaired) && !fs::exists(folder / "x.repaired.zarr")) << error.what();
    }
    for (const auto& [path, state] : before) EXPECT_EQ(state_of(folder.path()).at(path).bytes, state.bytes) << path;
    if (done || !fs::exists(repaired)) continue;
    fs::remove(repaired);  // it died behind the last rename
    fs::remove_all(folder / "x.repaired.zarr");
  }
  EXPECT_TRUE(done);
  expect_clean({});
}

TEST_F(DamagedRows, ARepairThatWasKilledBetweenItsTwoRenamesIsDoneAgain) {
  record(Codec::zstd, 6);
  fs::remove(shard(first));
  ASSERT_FALSE(repair().report.complete());
  fs::create_directory(folder / "x.repaired.partial");
  std::ofstream(folder / "x.repaired.partial/made-by-resonance-repair").close();
  fs::rename(repaired, folder / "x.repaired.partial/x.repaired.db");
  const auto done = repair_beamtime(database, {}, [](const auto&) {});
  EXPECT_EQ(done.frames_lost, 6);
  EXPECT_FALSE(fs::exists(folder / "x.repaired.partial"));
  expect_clean({});
}

TEST_F(DamagedRows, WhateverIsFlippedEveryRowThatCanBeReadIsKeptAndTheResultIsSound) {
  record(Codec::blosc, 60);
  add_event_checksums();
  const auto whole = bytes_of(database), pixels = bytes_of(shard(first)), metadata = bytes_of(array(first) / "zarr.json");
  const auto number = [](const char* variable, unsigned long otherwise) {
    const char* told = std::getenv(variable);
    return told != nullptr ? std::stoul(told) : otherwise;
  };
  const auto first_seed = number("RESONANCE_REPAIR_SEED", 1), rounds = number("RESONANCE_REPAIR_ROUNDS", 25);
  for (auto seed = first_seed; seed < first_seed + rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto damage = [&](std::string bytes, unsigned flips) {
      for (unsigned i = 0; i < flips; ++i) bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
      if (random() % 4 == 0) bytes.replace(random() % bytes.size(), 1, std::string(1 + random() % 5000, static_cast<char>(random())));
      bytes.resize(whole.size() > bytes.size() ? bytes.size() : bytes.size() - (random() % 8 == 0 ? random() % (bytes.size() / 2) : 0));
      return bytes;
    };
    std::ofstream(database, std::ios::binary) << damage(whole, static_cast<unsigned>(random() % 40));
    if (random() % 2 == 0) std::ofstream(shard(first), std::ios::binary) << damage(pixels, static_cast<unsigned>(random() % 10));
    if (random() % 4 == 0)
      std::ofstream(array(first) / "zarr.json", std::ios::binary) << damage(metadata, static_cast<unsigned>(random() % 3));
    std::set<std::string> readable;
    try {
      RawDatabase raw(database);
      raw.query("PRAGMA trusted_schema = OFF");
      sqlite3_stmt* statement = nullptr;
      sqlite3_prepare_v2(raw.handle(), "SELECT uid, stream_uid, seq_num, time, data FROM events NOT INDEXED", -1, &statement, nullptr);
      const auto is_text = [&](int column) { return sqlite3_column_type(statement, column) == SQLITE_TEXT; };
      while (sqlite3_step(statement) == SQLITE_ROW) {
        const std::string uid(is_text(0) ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : "");
        const bool plain = std::all_of(uid.begin(), uid.end(), [](char c) { return c > 0 && c != '\''; });
        const bool typed = is_text(0) && is_text(1) && is_text(4) && sqlite3_column_type(statement, 2) == SQLITE_INTEGER &&
                           sqlite3_column_type(statement, 3) == SQLITE_FLOAT;
        const auto* stream = is_text(1) ? sqlite3_column_text(statement, 1) : nullptr;
        const bool plain_stream =
            stream != nullptr && std::all_of(stream, stream + sqlite3_column_bytes(statement, 1), [](auto c) { return c > 0 && c < 128; });
        if (typed && plain && plain_stream && uid.size() == 32) readable.insert(uid);
      }
      sqlite3_finalize(statement);
    } catch (const std::runtime_error&) {  // SQLite cannot open it at all
    }
    Repaired done;
    try {
      done.report = repair_beamtime(database, {}, [&](const RepairFinding& finding) { done.findings.push_back(finding); });
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported) << error.what();
      EXPECT_TRUE(readable.empty()) << error.what();
      continue;
    }
    if (done.report.sound) continue;
    EXPECT_EQ(done.report.verified.num_faults, 0) << done.words();
    RawDatabase now(repaired);
    for (const auto& uid : readable) EXPECT_EQ(now.value("SELECT count(*) FROM events WHERE uid = '" + uid + "'"), "1") << done.words();
    fs::remove(repaired);
    fs::remove_all(folder / "x.repaired.zarr");
    std::ofstream(shard(first), std::ios::binary) << pixels;
    std::ofstream(array(first) / "zarr.json", std::ios::binary) << metadata;
  }
}

}  // namespace
}  // namespace resonance::repair_test
