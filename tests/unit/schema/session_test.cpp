#include "unit/schema/schema_testing.hpp"

namespace resonance::test {

/// A driver that can only be spoken to in SQL, as those of other languages.
class OtherDriver final : public SqlSession {
 public:
  explicit OtherDriver(RawDatabase& database) : database_(database) {}
  void execute(const std::string& sql) override {
    if (sql == refused) fail(5, "database is locked");
    database_.query(sql);
  }
  std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values) override {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_.handle(), sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    int position = 0;
    for (const auto& value : values) sqlite3_bind_text(statement, ++position, value.c_str(), -1, SQLITE_TRANSIENT);
    std::vector<Row> out;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto& row = out.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.push_back(text == nullptr ? std::nullopt : std::optional<std::string>(text));
      }
    }
    sqlite3_finalize(statement);
    return out;
  }
  [[nodiscard]] bool in_transaction() override { return sqlite3_get_autocommit(database_.handle()) == 0; }
  [[nodiscard]] std::filesystem::path file() override { return "elsewhere.db"; }

  std::string refused;

 private:
  RawDatabase& database_;
};

TEST(SqlSession, MakesAndMigratesWhatAConnectionOfOursDoes) {
  RawDatabase theirs(":memory:");
  OtherDriver driver(theirs);
  migrate_beamtime_schema(driver, 1);
  EXPECT_EQ(theirs.value("PRAGMA user_version"), "1");
  migrate_beamtime_schema(driver);
  expect_tables(theirs, kExpectedBeamtime, 2);
  RawDatabase index(":memory:");
  OtherDriver other(index);
  create_index_schema(other);
  expect_tables(index, kExpectedIndex, 1);
}

TEST(SqlSession, ThatFailsHalfwayLeavesNothingBehindAndNamesTheFile) {
  RawDatabase theirs(":memory:");
  OtherDriver driver(theirs);
  driver.refused = "PRAGMA user_version = 2";
  try {
    create_beamtime_schema(driver);
    FAIL() << "the lock went unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::busy);
    EXPECT_TRUE(error.detail().database);
    EXPECT_EQ(error.detail().file, "elsewhere.db");
  }
  EXPECT_EQ(theirs.value("SELECT count(*) FROM sqlite_master"), "0");
  EXPECT_FALSE(driver.in_transaction());
}

TEST(SqlSession, TellsWhetherAConnectionComesFromOurCopyOfSqlite) {
  EXPECT_TRUE(same_sqlite([] { RawDatabase database(":memory:"); }));
  EXPECT_FALSE(same_sqlite([] {})) << "nobody called, so nobody is known to share it";
  EXPECT_EQ(sqlite_version(), sqlite3_libversion());
}

}  // namespace resonance::test
