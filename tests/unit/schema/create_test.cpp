#include "unit/schema/schema_testing.hpp"

namespace resonance::test {

TEST(BeamtimeSchema, HasTheTablesColumnsConstraintsAndIndexesOfTheFormat) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "new.db");
  create_beamtime_schema(database.handle());
  expect_tables(database, kExpectedBeamtime, 2);
}

TEST(IndexSchema, HasTheTablesColumnsConstraintsAndIndexesOfTheFormat) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "index.db");
  create_index_schema(database.handle());
  expect_tables(database, kExpectedIndex, 1);
}

TEST(BeamtimeSchema, PutsEverythingElseIntoNamedSideTables) {
  RawDatabase database(":memory:");
  create_beamtime_schema(database.handle());
  EXPECT_EQ(database.value("SELECT group_concat(name) FROM (SELECT name FROM schema_extensions ORDER BY 1)"),
            "annotations,durability,frame_checksums,ranges,record");
  for (const char* table : {"run_details", "run_tags", "frame_stores", "run_notes"})
    EXPECT_EQ(database.value(std::string("SELECT \"table\" || ' ' || on_delete FROM pragma_foreign_key_list('") + table + "')"),
              "runs CASCADE")
        << table << " must go with its run";
}

TEST(BeamtimeSchema, CreatedTwiceChangesNotOneByte) {
  const TemporaryFolder folder;
  const auto path = folder / "twice.db";
  RawDatabase database(path);
  create_beamtime_schema(database.handle());
  insert_one_of_each(database);
  const auto schema = database.query("SELECT type, name, sql FROM sqlite_master ORDER BY rowid");
  const auto version = database.value("PRAGMA schema_version");
  const auto bytes = file_content(path);
  create_beamtime_schema(database.handle());
  migrate_beamtime_schema(database.handle());
  EXPECT_EQ(database.query("SELECT type, name, sql FROM sqlite_master ORDER BY rowid"), schema);
  EXPECT_EQ(database.value("PRAGMA schema_version"), version);
  EXPECT_EQ(file_content(path), bytes);
}

TEST(IndexSchema, CreatedTwiceChangesNotOneByte) {
  const TemporaryFolder folder;
  const auto path = folder / "index.db";
  RawDatabase database(path);
  migrate_index_schema(database.handle());
  database.query("INSERT INTO researchers(name, root_path) VALUES('Collins', 'collins')");
  const auto bytes = file_content(path);
  create_index_schema(database.handle());
  migrate_index_schema(database.handle());
  EXPECT_EQ(file_content(path), bytes);
  expect_tables(database, kExpectedIndex, 1);
}

TEST(BeamtimeSchema, IsUndoneByTheCallersOwnRollback) {
  const TemporaryFolder folder;
  RawDatabase database(folder / "mine.db");
  database.query("CREATE TABLE mine(x); INSERT INTO mine VALUES(1); BEGIN; INSERT INTO mine VALUES(2)");
  create_beamtime_schema(database.handle());
  EXPECT_EQ(sqlite3_get_autocommit(database.handle()), 0) << "the caller's transaction must stay open";
  database.query("ROLLBACK");
  EXPECT_EQ(database.value("SELECT group_concat(name) FROM sqlite_master"), "mine");
  EXPECT_EQ(database.value("SELECT count(*) FROM mine"), "1");
  EXPECT_EQ(database.value("PRAGMA user_version"), "0");

  database.query("BEGIN");
  migrate_beamtime_schema(database.handle());
  database.query("COMMIT");
  expect_tables(database, kExpectedBeamtime, 2);
}

TEST(BeamtimeSchema, LeavesForeignKeysOnForTheConnectionThatMadeIt) {
  RawDatabase database(":memory:");
  database.query("PRAGMA foreign_keys = OFF");
  create_beamtime_schema(database.handle());
  EXPECT_EQ(database.value("PRAGMA foreign_keys"), "1");
  database.query("PRAGMA foreign_keys = OFF");
  migrate_beamtime_schema(database.handle());
  EXPECT_EQ(database.value("PRAGMA foreign_keys"), "1");
}

class ForeignKeys : public testing::Test {
 protected:
  void SetUp() override {
    create_beamtime_schema(database_.handle());
    insert_one_of_each(database_);
  }
  RawDatabase database_{":memory:"};
};

TEST_F(ForeignKeys, RefuseOrphans) {
  using testing::HasSubstr;
  const auto refused = HasSubstr("FOREIGN KEY constraint failed");
  EXPECT_THAT(database_.refusal("INSERT INTO runs(uid, sample_id, plan_name, time_start) VALUES('x', 77, 'scan', 0)"), refused);
  EXPECT_THAT(database_.refusal("INSERT INTO streams VALUES('x', 'nobody', 'primary', '{}', 0)"), refused);
  EXPECT_THAT(database_.refusal("INSERT INTO events VALUES('x', 'nobody', 1, 0, '{}', '{}')"), refused);
  EXPECT_THAT(database_.refusal("INSERT INTO image_refs VALUES(NULL, 'nobody', 'ccd', 'g', 0, 1, 1, 'uint8', 'none')"), refused);
  EXPECT_THAT(database_.refusal("INSERT INTO run_tags VALUES('nobody', 'good')"), refused);
}

TEST_F(ForeignKeys, RefuseASecondEventOfTheSameNumberAndASecondStreamOfTheSameName) {
  using testing::HasSubstr;
  EXPECT_THAT(database_.refusal("INSERT INTO events VALUES('x', 's', 1, 0, '{}', '{}')"), HasSubstr("UNIQUE constraint failed"));
  EXPECT_THAT(database_.refusal("INSERT INTO streams VALUES('x', 'r', 'primary', '{}', 0)"), HasSubstr("UNIQUE constraint failed"));
}

TEST_F(ForeignKeys, DeleteARunWithAllThatBelongsToIt) {
  database_.query(
      "INSERT INTO run_details(run_uid, writer, lock_byte) VALUES('r', 'test', 1); INSERT INTO run_tags VALUES('r', 'good');"
      "INSERT INTO frame_stores VALUES('runs/r/ccd', 'r', 'ccd', 500, 600, 'uint16', 'none', 1, 1, 1);"
      "DELETE FROM runs WHERE uid = 'r'");
  for (const char* table : {"runs", "streams", "events", "image_refs", "run_details", "run_tags", "frame_stores"})
    EXPECT_EQ(database_.value(std::string("SELECT count(*) FROM ") + table), "0") << table;
  EXPECT_EQ(database_.value("SELECT name FROM samples"), "ZnPc") << "a sample outlives its runs";
}

TEST_F(ForeignKeys, KeepTheRunsOfADeletedSample) {
  database_.query("DELETE FROM samples");
  EXPECT_EQ(database_.query("SELECT uid, sample_id FROM runs"), (RawDatabase::Rows{{"r", "NULL"}}));
  EXPECT_EQ(database_.value("SELECT count(*) FROM image_refs"), "1");
}

TEST(IndexSchema, DeletesTheBeamtimesAndRunsOfAResearcher) {
  RawDatabase database(":memory:");
  create_index_schema(database.handle());
  database.query(
      "INSERT INTO researchers(name, root_path) VALUES('Collins', 'c');"
      "INSERT INTO beamtimes(researcher_id, label, db_path) VALUES(1, 'March', 'c/march.db');"
      "INSERT INTO runs_index(uid, researcher_id, beamtime_id, plan_name, time_start) VALUES('r', 1, 1, 'scan', 0)");
  EXPECT_THAT(database.refusal("INSERT INTO beamtimes(researcher_id, label, db_path) VALUES(9, 'x', 'x.db')"),
              testing::HasSubstr("FOREIGN KEY"));
  EXPECT_THAT(database.refusal("INSERT INTO beamtimes(researcher_id, label, db_path) VALUES(1, 'again', 'c/march.db')"),
              testing::HasSubstr("UNIQUE"));
  database.query("DELETE FROM researchers");
  EXPECT_EQ(database.value("SELECT (SELECT count(*) FROM beamtimes) + (SELECT count(*) FROM runs_index)"), "0");
}

}  // namespace resonance::test
