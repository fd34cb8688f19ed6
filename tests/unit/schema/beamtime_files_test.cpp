#include "resonance/beamtime.hpp"
#include "unit/schema/schema_testing.hpp"

namespace resonance::test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(MigrateFile, DryRunTellsTheStepsAndChangesNotOneByte) {
  const TemporaryFolder folder;
  const auto path = folder / "old.db";
  make_version_1(path);
  const auto bytes = file_content(path);
  const auto report = migrate_beamtime_file(path, {.target = 2, .dry_run = true});
  EXPECT_EQ(report.from, 1);
  EXPECT_EQ(report.to, 2);
  EXPECT_THAT(report.steps, ElementsAre(HasSubstr("compression_codec")));
  EXPECT_TRUE(report.backup.empty());
  EXPECT_EQ(file_content(path), bytes);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "no file may appear beside it";
}

TEST(MigrateFile, KeepsTheOldVersionInABackup) {
  const TemporaryFolder folder;
  const auto path = folder / "old.db";
  make_version_1(path);
  const auto report = migrate_beamtime_file(path);
  EXPECT_EQ(report.backup, folder / "old.db.v1.bak");
  RawDatabase backup(report.backup);
  expect_tables(backup, expected_beamtime_version_1(), 1);
  EXPECT_EQ(backup.value("SELECT count(*) FROM image_refs"), "1");
  RawDatabase now(path);
  expect_tables(now, kExpectedBeamtime, 2);
  EXPECT_THAT(migrate_beamtime_file(path).steps, IsEmpty()) << "the second time there is nothing to do, and no backup to make";
}

TEST(MigrateFile, RefusesToOverwriteABackup) {
  const TemporaryFolder folder;
  const auto path = folder / "old.db";
  make_version_1(path);
  write_content(folder / "old.db.v1.bak", "precious");
  const auto bytes = file_content(path);
  EXPECT_TRUE(fails(ErrorCode::already_exists, {"old.db.v1.bak"}, [&] { migrate_beamtime_file(path); }));
  EXPECT_EQ(file_content(folder / "old.db.v1.bak"), "precious");
  EXPECT_EQ(file_content(path), bytes);
  EXPECT_TRUE(migrate_beamtime_file(path, {.target = 2, .dry_run = false, .backup = false}).backup.empty());
}

TEST(MigrateFile, NamesWhatIsNoBeamtime) {
  const TemporaryFolder folder;
  EXPECT_TRUE(fails(ErrorCode::not_found, {"no.db"}, [&] { migrate_beamtime_file(folder / "no.db"); }));
  EXPECT_FALSE(std::filesystem::exists(folder / "no.db"));
  write_content(folder / "text.db", std::string(4096, 'x'));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"text.db", "not a database"}, [&] { migrate_beamtime_file(folder / "text.db"); }));
  {
    RawDatabase index(folder / "index.db");
    create_index_schema(index.handle());
  }
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"index.db", "no beamtime"}, [&] { migrate_beamtime_file(folder / "index.db"); }));
}

TEST(DescribeSchema, FindsNoFaultInWhatTheLibraryMakes) {
  const TemporaryFolder folder;
  for (const bool index : {false, true}) {
    const auto path = folder / (index ? "index.db" : "beamtime.db");
    {
      RawDatabase database(path);
      index ? create_index_schema(database.handle()) : create_beamtime_schema(database.handle());
    }
    const auto description = describe_schema(path);
    EXPECT_EQ(description.kind, index ? "index" : "beamtime");
    EXPECT_EQ(description.user_version, description.current_version);
    EXPECT_THAT(description.faults, IsEmpty());
    const auto core = std::count_if(description.tables.begin(), description.tables.end(), [](const auto& table) { return table.core; });
    EXPECT_EQ(core, index ? 3 : 5);
  }
}

TEST(DescribeSchema, TellsEachDifferenceFromTheFormat) {
  const TemporaryFolder folder;
  const auto path = folder / "odd.db";
  {
    RawDatabase database(path);
    create_beamtime_schema(database.handle());
    database.query(
        "DROP INDEX idx_events_seq; CREATE INDEX idx_events_seq ON events(stream_uid, seq_num);"
        "DROP INDEX idx_runs_plan; CREATE INDEX my_own ON samples(serial); DROP TABLE image_refs;"
        "ALTER TABLE streams ADD COLUMN colour TEXT; CREATE TABLE notebook(page); INSERT INTO notebook VALUES(1)");
  }
  const auto description = describe_schema(path);
  EXPECT_THAT(description.faults,
              testing::UnorderedElementsAre(testing::AllOf(HasSubstr("events"), HasSubstr("idx_events_seq"), HasSubstr("unique")),
                                            testing::AllOf(HasSubstr("idx_runs_plan"), HasSubstr("missing")), HasSubstr("my_own"),
                                            testing::AllOf(HasSubstr("image_refs"), HasSubstr("missing")),
                                            testing::AllOf(HasSubstr("streams"), HasSubstr("colour"))));
  const auto notebook =
      std::find_if(description.tables.begin(), description.tables.end(), [](const auto& t) { return t.name == "notebook"; });
  ASSERT_NE(notebook, description.tables.end());
  EXPECT_FALSE(notebook->core);
  EXPECT_EQ(notebook->rows, 1U);
}

TEST(DescribeSchema, TakesVersion1AsItIsAndNamesTheTrapOfVersion2) {
  const TemporaryFolder folder;
  make_version_1(folder / "one.db");
  EXPECT_THAT(describe_schema(folder / "one.db").faults, IsEmpty());
  make_version_1(folder / "trap.db", 2);
  EXPECT_THAT(describe_schema(folder / "trap.db").faults, ElementsAre(HasSubstr("compression_codec")));
}

TEST(DescribeSchema, SaysThatAnEmptyDatabaseIsUnknown) {
  const TemporaryFolder folder;
  { RawDatabase(folder / "empty.db").query("CREATE TABLE x(y)"); }
  const auto description = describe_schema(folder / "empty.db");
  EXPECT_EQ(description.kind, "unknown");
  EXPECT_THAT(description.faults, ElementsAre(HasSubstr("no table of a beamtime")));
}

}  // namespace resonance::test
