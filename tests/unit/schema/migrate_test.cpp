#include <sys/stat.h>

#include "support/child.hpp"
#include "unit/schema/schema_testing.hpp"

namespace resonance::test {

TEST(Migration, FromNothingMakesTheVersionAskedFor) {
  RawDatabase first(":memory:");
  migrate_beamtime_schema(first.handle(), 1);
  expect_tables(first, expected_beamtime_version_1(), 1);
  RawDatabase second(":memory:");
  migrate_beamtime_schema(second.handle(), 2);
  expect_tables(second, kExpectedBeamtime, 2);
  RawDatabase nothing(":memory:");
  migrate_beamtime_schema(nothing.handle(), 0);
  EXPECT_EQ(nothing.value("SELECT count(*) FROM sqlite_master"), "0");
}

TEST(Migration, FromVersion1AddsTheCodecColumnAndKeepsEveryRow) {
  const TemporaryFolder folder;
  make_version_1(folder / "old.db");
  RawDatabase database(folder / "old.db");
  expect_tables(database, expected_beamtime_version_1(), 1);
  migrate_beamtime_schema(database.handle(), 1);
  expect_tables(database, expected_beamtime_version_1(), 1);  // equal: nothing
  migrate_beamtime_schema(database.handle());
  expect_tables(database, kExpectedBeamtime, 2);
  EXPECT_EQ(database.query("SELECT zarr_group, shape_x, shape_y, compression_codec FROM image_refs"),
            (RawDatabase::Rows{{"runs/r/ccd", "500", "600", "NULL"}}));
  EXPECT_EQ(database.value("SELECT data FROM events"), "{\"energy\": 285.1}");
}

TEST(Migration, MendsAFileThatSays2ButLacksTheColumn) {
  const TemporaryFolder folder;
  for (const bool create : {false, true}) {
    const auto path = folder / (create ? "a.db" : "b.db");
    make_version_1(path, 2);
    RawDatabase database(path);
    create ? create_beamtime_schema(database.handle()) : migrate_beamtime_schema(database.handle());
    expect_tables(database, kExpectedBeamtime, 2);
    EXPECT_EQ(database.value("SELECT count(*) FROM image_refs"), "1");
  }
}

TEST(Migration, RefusesADowngradeAndLeavesTheFile) {
  const TemporaryFolder folder;
  const auto path = folder / "new.db";
  RawDatabase database(path);
  create_beamtime_schema(database.handle());
  const auto bytes = file_content(path);
  for (const int target : {1, 0})
    EXPECT_TRUE(fails(ErrorCode::invalid_state, {"downgrade", "new.db", "2"}, [&] { migrate_beamtime_schema(database.handle(), target); }));
  EXPECT_EQ(file_content(path), bytes);
  RawDatabase index(folder / "index.db");
  create_index_schema(index.handle());
  EXPECT_TRUE(fails(ErrorCode::invalid_state, {"downgrade", "index.db"}, [&] { migrate_index_schema(index.handle(), 0); }));
}

TEST(Migration, SaysWhenThereIsNoPath) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "x.db");
  EXPECT_TRUE(fails(ErrorCode::unsupported, {"no migration path", "from schema version 0 to 3", "x.db"},
                    [&] { migrate_beamtime_schema(database.handle(), 3); }));
  EXPECT_TRUE(fails(ErrorCode::unsupported, {"no migration path", "x.db"}, [&] { migrate_index_schema(database.handle(), 2); }));
  EXPECT_EQ(database.value("SELECT count(*) FROM sqlite_master"), "0");
}

TEST(Migration, LeavesAFileOfANewerResonanceAlone) {
  const TemporaryFolder folder;
  const auto path = folder / "future.db";
  RawDatabase database(path);
  database.query("CREATE TABLE runs(uid TEXT PRIMARY KEY, novelty); PRAGMA user_version = 7");
  const auto bytes = file_content(path);
  EXPECT_TRUE(
      fails(ErrorCode::unsupported, {"version 7", "future.db", "use a newer one"}, [&] { create_beamtime_schema(database.handle()); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_state, {"downgrade", "future.db"}, [&] { migrate_beamtime_schema(database.handle()); }));
  EXPECT_EQ(file_content(path), bytes);

  RawDatabase index(folder / "future_index.db");
  index.query("CREATE TABLE researchers(id INTEGER PRIMARY KEY, novelty); PRAGMA user_version = 7");
  EXPECT_TRUE(fails(ErrorCode::unsupported, {"version 7", "future_index.db"}, [&] { create_index_schema(index.handle()); }));
}

TEST(Migration, TakesNeitherKindOfDatabaseForTheOther) {
  const TemporaryFolder folder;
  RawDatabase beamtime(folder / "beamtime.db"), index(folder / "index.db");
  create_beamtime_schema(beamtime.handle());
  create_index_schema(index.handle());
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"index.db", "not a beamtime"}, [&] { create_beamtime_schema(index.handle()); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"beamtime.db", "not a master index"}, [&] { create_index_schema(beamtime.handle()); }));
  EXPECT_EQ(index.value("SELECT count(*) FROM sqlite_master WHERE name = 'runs'"), "0");
}

TEST(Migration, RefusesSideTablesOfANewerResonance) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "side.db");
  create_beamtime_schema(database.handle());
  database.query("UPDATE schema_extensions SET version = 99");
  EXPECT_TRUE(fails(ErrorCode::unsupported, {"side.db", "record", "99"}, [&] { create_beamtime_schema(database.handle()); }));
}

TEST(Migration, RefusesTablesOfSomebodyElseAndAddsNothingToThem) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "fitness.db");
  database.query("CREATE TABLE runs(distance REAL, uid TEXT, plan_name, time_start, sample_id)");
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"fitness.db", "table runs", "distance"}, [&] { create_beamtime_schema(database.handle()); }));
  EXPECT_EQ(database.value("SELECT group_concat(name) FROM sqlite_master"), "runs");
  EXPECT_EQ(database.value("PRAGMA user_version"), "0");
}

class UnusableFile : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "victim.db";

  void expect_all_fail(RawDatabase& database, ErrorCode code, std::initializer_list<std::string_view> parts) {
    EXPECT_TRUE(fails(code, parts, [&] { create_beamtime_schema(database.handle()); }));
    EXPECT_TRUE(fails(code, parts, [&] { migrate_beamtime_schema(database.handle()); }));
    EXPECT_TRUE(fails(code, parts, [&] { create_index_schema(database.handle()); }));
    EXPECT_TRUE(fails(code, parts, [&] { migrate_index_schema(database.handle()); }));
  }
};

TEST_F(UnusableFile, ThatIsNotSqliteIsSaidToBeNoDatabase) {
  write_content(path_, "energy,signal\n" + std::string(5000, '7'));
  RawDatabase database(path_);
  expect_all_fail(database, ErrorCode::corrupt, {"victim.db", "file is not a database"});
}

TEST_F(UnusableFile, ThatIsCutIsSaidToBeMalformed) {
  make_version_1(path_);
  write_content(path_, file_content(path_).substr(0, 6000));
  RawDatabase database(path_);
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"victim.db", "malformed"}, [&] { migrate_beamtime_schema(database.handle()); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"victim.db", "malformed"}, [&] { create_beamtime_schema(database.handle()); }));
}

TEST_F(UnusableFile, WhoseSchemaPageIsDamagedIsSaidToBeMalformed) {
  make_version_1(path_);
  auto bytes = file_content(path_);
  for (std::size_t i = 100; i < 4096; ++i) bytes[i] = static_cast<char>(i * 37);
  write_content(path_, bytes);
  RawDatabase database(path_);
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"victim.db", "malformed"}, [&] { create_beamtime_schema(database.handle()); }));
  EXPECT_EQ(file_content(path_), bytes);
}

TEST_F(UnusableFile, OpenedReadOnlyIsSaidToBeReadOnly) {
  make_version_1(path_);
  const auto bytes = file_content(path_);
  RawDatabase database(path_, SQLITE_OPEN_READONLY);
  EXPECT_TRUE(fails(ErrorCode::io, {"victim.db", "readonly"}, [&] { migrate_beamtime_schema(database.handle()); }));
  EXPECT_TRUE(fails(ErrorCode::io, {"victim.db", "readonly"}, [&] { create_beamtime_schema(database.handle()); }));
  EXPECT_EQ(file_content(path_), bytes);
}

TEST_F(UnusableFile, WithoutWritePermissionIsSaidToBeReadOnly) {
  make_version_1(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const int status = in_child([&] {
    if (!bound_by_permissions()) return 77;
    RawDatabase database(path_);
    return fails(ErrorCode::io, {"victim.db", "readonly", "read-only"}, [&] { migrate_beamtime_schema(database.handle()); }) ? 0 : 1;
  });
  if (status == 77) GTEST_SKIP() << "permissions do not bind this user";
  EXPECT_EQ(status, 0);
}

TEST_F(UnusableFile, ThatAnotherProcessIsWritingToIsSaidToBeBusy) {
  make_version_1(path_);
  RawDatabase other(path_);
  other.query("BEGIN IMMEDIATE");
  RawDatabase database(path_);
  EXPECT_TRUE(fails(ErrorCode::busy, {"victim.db", "locked"}, [&] { migrate_beamtime_schema(database.handle()); }));
}

TEST(Migration, OfANullConnectionIsRefused) {
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"null"}, [] { create_beamtime_schema(nullptr); }));
}

/// What a migration starts from, which call makes it, and what may be there after a death on the way.
struct CrashCase {
  const char* name;
  void (*prepare)(const std::filesystem::path& path);
  void (*run)(sqlite3* connection);
  std::vector<ExpectedTable> before;
  int version_before;
  const std::vector<ExpectedTable>* after;
  int version_after;
};
void PrintTo(const CrashCase& crash, std::ostream* out) { *out << crash.name; }

class MigrationCrash : public testing::TestWithParam<CrashCase> {};

TEST_P(MigrationCrash, BetweenAnyTwoStatementsLeavesTheOldOrTheNewVersion) {
  const auto& param = GetParam();
  constexpr int kDied = 41;
  bool finished = false;
  int deaths = 0;
  for (int statement = 1; !finished && statement < 500; ++statement) {
    SCOPED_TRACE("death at statement " + std::to_string(statement));
    const TemporaryFolder folder;
    const auto path = folder / "victim.db";
    param.prepare(path);
    const int status = in_child([&] {
      RawDatabase database(path);
      int left = statement;
      const auto count = [](unsigned, void* counter, void*, void*) {
        if (--*static_cast<int*>(counter) == 0) ::_exit(kDied);
        return 0;
      };
      sqlite3_trace_v2(database.handle(), SQLITE_TRACE_STMT, count, &left);
      param.run(database.handle());
      return 0;
    });
    ASSERT_TRUE(status == 0 || status == kDied) << status;
    finished = status == 0;
    deaths += status == kDied ? 1 : 0;
    RawDatabase database(path);
    const int version = std::stoi(database.value("PRAGMA user_version"));
    ASSERT_TRUE(version == param.version_before || version == param.version_after) << version;
    ASSERT_TRUE(!finished || version == param.version_after) << version;
    const bool mended = param.version_before == param.version_after && finished;
    expect_tables(database, mended || version != param.version_before ? *param.after : param.before, version);
    EXPECT_TRUE(version != 0 || database.value("SELECT count(*) FROM sqlite_master") == "0");
    param.run(database.handle());  // and the next start brings it to the end
    expect_tables(database, *param.after, param.version_after);
    if (HasFailure()) return;
  }
  EXPECT_TRUE(finished);
  EXPECT_GT(deaths, 5);
}

const CrashCase kCrashCases[] = {
    {"FromNothing", [](const auto&) {}, [](sqlite3* c) { migrate_beamtime_schema(c, 2); }, {}, 0, &kExpectedBeamtime, 2},
    {"FromVersion1", [](const auto& path) { make_version_1(path); }, [](sqlite3* c) { migrate_beamtime_schema(c, 2); },
     expected_beamtime_version_1(), 1, &kExpectedBeamtime, 2},
    {"MendingVersion2", [](const auto& path) { make_version_1(path, 2); }, [](sqlite3* c) { migrate_beamtime_schema(c, 2); },
     expected_beamtime_version_1(), 2, &kExpectedBeamtime, 2},
    {"OfTheIndex", [](const auto&) {}, [](sqlite3* c) { migrate_index_schema(c, 1); }, {}, 0, &kExpectedIndex, 1},
};
INSTANTIATE_TEST_SUITE_P(, MigrationCrash, testing::ValuesIn(kCrashCases), [](const auto& one) { return std::string(one.param.name); });

}  // namespace resonance::test
