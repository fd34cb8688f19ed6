#include "sqlite/connection.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "support/child.hpp"
#include "support/fails.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::sqlite {

using test::fails;
using test::RawDatabase;
using test::TemporaryFolder;

namespace {

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.insert(entry.path().filename());
  return out;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A writer that commits `rows` rows to the log and is killed: database, log and its index stay as they are.
void record_and_die(const std::filesystem::path& path, int rows) {
  const int status = test::in_child([&] {
    Connection writer(path, Access::create);
    writer.use_write_ahead_log();
    writer.execute("CREATE TABLE t(x)");
    for (int i = 0; i < rows; ++i) writer.execute("INSERT INTO t VALUES(" + std::to_string(i) + ")");
    writer.execute("BEGIN; INSERT INTO t VALUES(-1)");  // never committed
    ::_exit(7);
    return 0;
  });
  ASSERT_EQ(status, 7);
}

}  // namespace

TEST(Connection, NeverLetsTheLogOfACutDatabaseBeDeleted) {
  const TemporaryFolder folder;
  record_and_die(folder / "x.db", 3);
  const auto log = content(folder / "x.db-wal");
  std::filesystem::resize_file(folder / "x.db", 0);
  for (const auto access : {Access::create, Access::read_write, Access::read})
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"x.db-wal", "backup"}, [&] { const Connection connection(folder / "x.db", access); }));
  std::filesystem::remove(folder / "x.db");
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"x.db-wal", "gone"}, [&] { const Connection connection(folder / "x.db", Access::create); }));
  EXPECT_EQ(content(folder / "x.db-wal"), log);
}

TEST(Connection, HasTheSameSafeSettingsHoweverItIsOpened) {
  const TemporaryFolder folder;
  for (const auto access : {Access::create, Access::read_write, Access::read}) {
    Connection connection(folder / "x.db", access, std::chrono::milliseconds(1234));
    EXPECT_EQ(connection.query_int("PRAGMA foreign_keys"), 1);
    EXPECT_EQ(connection.query_int("PRAGMA busy_timeout"), 1234);
    EXPECT_EQ(connection.query_int("PRAGMA trusted_schema"), 0);
    EXPECT_EQ(connection.query_int("PRAGMA cell_size_check"), 1);
    EXPECT_EQ(connection.query_int("PRAGMA mmap_size"), 0);
    EXPECT_TRUE(access == Access::read || connection.query_int("PRAGMA wal_autocheckpoint") == 0) << "the caller says who checkpoints";
  }
}

TEST(Connection, NamesTheFileItCannotOpen) {
  const TemporaryFolder folder;
  EXPECT_TRUE(fails(ErrorCode::not_found, {"none.db"}, [&] { Connection(folder / "none.db", Access::read); }));
  EXPECT_TRUE(fails(ErrorCode::not_found, {"none.db"}, [&] { Connection(folder / "none.db", Access::read_write); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {folder.path().string(), "folder"}, [&] { Connection(folder.path(), Access::read); }));
  EXPECT_TRUE(fails(ErrorCode::io, {"deep.db", "unable to open"}, [&] { Connection(folder / "no/such/deep.db", Access::create); }));
  std::ofstream(folder / "text.db") << std::string(2000, 't');
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"text.db", "not a database"}, [&] { Connection(folder / "text.db", Access::read); }));
  EXPECT_TRUE(names_in(folder.path()) == std::set<std::string>{"text.db"});
}

TEST(Connection, TakesAnyFileNameLiterally) {
  const TemporaryFolder folder;
  const std::string name = "50% of #3? mode=ro&.db";
  Connection(folder / name, Access::create).execute("CREATE TABLE t(x)");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{name});
  EXPECT_EQ(Connection(folder / name, Access::read).query_int("SELECT count(*) FROM sqlite_master"), 1);
}

TEST(Connection, ForReadingCannotWrite) {
  const TemporaryFolder folder;
  Connection(folder / "x.db", Access::create).execute("CREATE TABLE t(x)");
  Connection reader(folder / "x.db", Access::read);
  EXPECT_TRUE(fails(ErrorCode::io, {"x.db", "readonly"}, [&] { reader.execute("INSERT INTO t VALUES(1)"); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"x.db", "no such table: other"}, [&] { (void)reader.query_int("SELECT 1 FROM other"); }));
}

TEST(Connection, ReadsEveryCommittedRowThatAKilledWriterLeftInTheLog) {
  const TemporaryFolder folder;
  const auto path = folder / "dead.db";
  record_and_die(path, 40);
  const auto bytes = content(path);
  const auto log = content(path.string() + "-wal");
  ASSERT_FALSE(log.empty());
  {
    Connection reader(path, Access::read);
    EXPECT_EQ(reader.query_int("SELECT count(*) FROM t"), 40);
    EXPECT_EQ(reader.query_int("SELECT min(x) FROM t"), 0);
  }
  EXPECT_EQ(content(path), bytes);
  EXPECT_EQ(content(path.string() + "-wal"), log) << "reading must neither checkpoint nor drop the log";
}

TEST(Connection, ReadsTheLogOfACopyWithoutItsIndex) {
  const TemporaryFolder folder;
  record_and_die(folder / "dead.db", 12);
  std::filesystem::copy_file(folder / "dead.db", folder / "copy.db");
  std::filesystem::copy_file(folder / "dead.db-wal", folder / "copy.db-wal");
  EXPECT_EQ(Connection(folder / "copy.db", Access::read).query_int("SELECT count(*) FROM t"), 12);
}

TEST(Connection, ForReadingLeavesNoFilesBesideAClosedDatabase) {
  const TemporaryFolder folder;
  const auto path = folder / "closed.db";
  {
    Connection writer(path, Access::create);
    writer.use_write_ahead_log();
    writer.execute("CREATE TABLE t(x); INSERT INTO t VALUES(5)");
    EXPECT_GT(writer.log_pages(), 0);
    writer.checkpoint();
    EXPECT_EQ(writer.log_pages(), 0);
    EXPECT_TRUE(writer.leave_write_ahead_log());
  }
  const auto bytes = content(path);
  EXPECT_EQ(Connection(path, Access::read).query_int("SELECT x FROM t"), 5);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"closed.db"});
  EXPECT_EQ(content(path), bytes);
}

TEST(Connection, StaysInLogModeWhileOthersReadIt) {
  const TemporaryFolder folder;
  Connection writer(folder / "x.db", Access::create);
  writer.use_write_ahead_log();
  writer.execute("CREATE TABLE t(x)");
  Connection reader(folder / "x.db", Access::read);
  EXPECT_EQ(reader.query_int("SELECT count(*) FROM t"), 0);
  EXPECT_FALSE(writer.leave_write_ahead_log());
  writer.execute("INSERT INTO t VALUES(1)");
  EXPECT_EQ(reader.query_int("SELECT count(*) FROM t"), 1);
}

TEST(Connection, ReadsADatabaseInLogModeFromAReadOnlyFolder) {
  const TemporaryFolder folder;
  const auto path = folder / "x.db";
  RawDatabase(path).query("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES(3)");
  ASSERT_EQ(names_in(folder.path()), std::set<std::string>{"x.db"});
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int status = test::in_child([&] {
    if (!test::bound_by_permissions()) return 77;
    return static_cast<int>(Connection(path, Access::read).query_int("SELECT x FROM t"));
  });
  ::chmod(folder.path().c_str(), 0755);
  if (status == 77) GTEST_SKIP() << "permissions do not bind this user";
  EXPECT_EQ(status, 3);
}

TEST(Connection, ForReadingRefusesHalfATransactionOfAnotherProgram) {
  const TemporaryFolder folder;
  const auto path = folder / "x.db";
  RawDatabase(path).query("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  ASSERT_EQ(test::in_child([&] {
              auto* other = new RawDatabase(path);
              other->query("PRAGMA synchronous = FULL; PRAGMA cache_size = 1; BEGIN; CREATE TABLE u(x)");
              for (int i = 0; i < 200; ++i) other->query("INSERT INTO u VALUES(zeroblob(3000))");
              return 0;
            }),
            0);
  ASSERT_GT(std::filesystem::file_size(path.string() + "-journal"), 0u);
  EXPECT_TRUE(test::fails(ErrorCode::io, {"x.db", "half a transaction"}, [&] { Connection(path, Access::read); }));
  EXPECT_EQ(Connection(path, Access::read_write).query_int("SELECT count(*) FROM t"), 1) << "who may write takes it back";
  EXPECT_EQ(Connection(path, Access::read).query_int("SELECT count(*) FROM t"), 1);
}

TEST(Connection, ReadsTheLogOfADeadWriterInAReadOnlyFolder) {
  const TemporaryFolder folder;
  const auto path = folder / "dead.db";
  record_and_die(path, 9);
  std::filesystem::remove(path.string() + "-shm");
  const auto before = names_in(folder.path());
  for (const char* name : {"dead.db", "dead.db-wal"}) ::chmod((folder / name).c_str(), 0444);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int status = test::in_child([&] {
    if (!test::bound_by_permissions()) return 77;
    return static_cast<int>(Connection(path, Access::read).query_int("SELECT count(*) FROM t"));
  });
  ::chmod(folder.path().c_str(), 0755);
  if (status == 77) GTEST_SKIP() << "permissions do not bind this user";
  EXPECT_EQ(status, 9) << "what is in the log was acknowledged";
  EXPECT_EQ(names_in(folder.path()), before);
}

TEST(Connection, SaysWhoIsInTheWayWhenItMayNotWait) {
  const TemporaryFolder folder;
  Connection one(folder / "x.db", Access::create);
  one.execute("CREATE TABLE t(x); BEGIN IMMEDIATE");
  Connection two(folder / "x.db", Access::read_write, std::chrono::milliseconds(0));
  EXPECT_TRUE(fails(ErrorCode::busy, {"x.db", "another process"}, [&] { Transaction transaction(two); }));
}

TEST(Connection, WaitsForAnotherProgramsTransactionBeforeItBeginsALog) {
  const TemporaryFolder folder;
  RawDatabase other(folder / "x.db");
  other.query("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
  Connection connection(folder / "x.db", Access::read_write, std::chrono::seconds(30));
  std::thread ending([&other] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    other.query("COMMIT");
  });
  connection.use_write_ahead_log();
  ending.join();
  EXPECT_EQ(connection.query_int("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(connection.query_text("PRAGMA journal_mode"), "wal");
}

TEST(Connection, KeepsCountingTheLogAfterItWasMoved) {
  const TemporaryFolder folder;
  Connection first(folder / "x.db", Access::create);
  first.use_write_ahead_log();
  Connection second = std::move(first);
  second.execute("CREATE TABLE t(x)");
  EXPECT_GT(second.log_pages(), 0);
  second = Connection::in_memory();
  EXPECT_EQ(second.query_int("SELECT count(*) FROM sqlite_master"), 0);
  EXPECT_EQ(Connection(folder / "x.db", Access::read).query_int("SELECT count(*) FROM t"), 0) << "the assigned-over one was closed well";
}

TEST(Connection, BorrowedStaysOpenAndAsItWas) {
  RawDatabase mine(":memory:");
  mine.query("PRAGMA foreign_keys = OFF; CREATE TABLE t(x)");
  { Connection(mine.handle()).execute("INSERT INTO t VALUES(1)"); }
  EXPECT_EQ(mine.value("PRAGMA foreign_keys"), "0");
  EXPECT_EQ(mine.value("SELECT count(*) FROM t"), "1");
}

TEST(Backup, IsACompleteDatabaseEvenOfOneInUse) {
  const TemporaryFolder folder;
  Connection writer(folder / "x.db", Access::create);
  writer.use_write_ahead_log();
  writer.execute("CREATE TABLE t(x); INSERT INTO t VALUES(8); PRAGMA user_version = 2");
  Connection(folder / "x.db", Access::read).back_up_to(folder / "copy.bak");
  RawDatabase copy(folder / "copy.bak");
  EXPECT_EQ(copy.value("SELECT x FROM t"), "8");
  EXPECT_EQ(copy.value("PRAGMA user_version"), "2");
  EXPECT_TRUE(fails(ErrorCode::already_exists, {"copy.bak"}, [&] { writer.back_up_to(folder / "copy.bak"); }));
}

TEST(Backup, OfALockedDatabaseFailsAndLeavesNoHalfCopy) {
  const TemporaryFolder folder;
  Connection one(folder / "x.db", Access::create);
  one.execute("CREATE TABLE t(x)");
  Connection two(folder / "x.db", Access::read, std::chrono::milliseconds(0));
  one.execute("BEGIN EXCLUSIVE");
  EXPECT_TRUE(fails(ErrorCode::busy, {"x.db"}, [&] { two.back_up_to(folder / "copy.bak"); }));
  EXPECT_FALSE(std::filesystem::exists(folder / "copy.bak"));
}

}  // namespace resonance::sqlite
