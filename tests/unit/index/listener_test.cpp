/// Runs are in the index as they are recorded; an index in trouble is no trouble of the recording.
#include <mutex>

#include "index_testing.hpp"
#include "io/file_lock.hpp"
#include "schema/write_lock.hpp"

namespace resonance::index_test {
namespace {

class Listening : public DataRoot {
 protected:
  RunWriterOptions options() {
    RunWriterOptions out;
    out.on_run_change = index_listener(root(), [this](std::string_view text) {
      const std::lock_guard lock(mutex_);
      said_ += std::string(text) + "\n";
    });
    return out;
  }
  std::string said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }
  std::mutex mutex_;  // guards said_
  std::string said_;
};

TEST_F(Listening, ARunIsFoundWhileItIsRecordedAndWhenItHasEnded) {
  RunWriter writer(root() / "a.db", options());
  const auto uid = writer.open_run("nexafs_scan");
  for (int i = 0; i < 500 && search("status:open").empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(search("status:open"), ElementsAre(uid));
  writer.close_run();
  for (int i = 0; i < 500 && search("status:success").empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(search("status:success"), ElementsAre(uid));
}

TEST_F(Listening, WhatWasToldLastIsIndexedBeforeTheListenerIsGone) {
  std::string uid;
  {
    RunWriter writer(root() / "a.db", options());
    uid = record_run(writer, {});
  }
  EXPECT_THAT(search("status:success"), ElementsAre(uid));
  EXPECT_EQ(said(), "");
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(Listening, ALockedIndexDelaysNobodyAndIsCaughtUp) {
  io::LockFile other(root() / "index.db-lock");
  ASSERT_TRUE(other.try_lock(schema::kWriteLockByte));
  std::vector<std::string> recorded;
  {
    RunWriter writer(root() / "a.db", options());
    for (int i = 0; i < 5; ++i) recorded.push_back(record_run(writer, {.start = kNoon - i}));
  }
  EXPECT_THAT(search(""), IsEmpty());
  EXPECT_THAT(said(), HasSubstr("index sync"));
  other.unlock(schema::kWriteLockByte);
  sync();
  EXPECT_EQ(search(""), recorded);
}

TEST_F(Listening, AMissingOrBrokenIndexFailsNothing) {
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove(root() / (std::string("index.db") + ending));
  {
    RunWriter writer(root() / "a.db", options());
    record_run(writer, {});
  }
  EXPECT_THAT(said(), HasSubstr("there is no"));
  EXPECT_FALSE(fs::exists(root() / "index.db")) << "an index that was deleted is not made again behind anybody's back";
  std::ofstream(root() / "index.db") << "no database";
  {
    RunWriter writer(root() / "a.db", options());
    record_run(writer, {});
  }
  fs::remove(root() / "index.db");
  init_data_root(root());
  sync();
  EXPECT_THAT(search(""), SizeIs(2));
}

TEST_F(Listening, RunsOfAKilledWriterAreClosedInTheIndexByTheNext) {
  {
    RunWriter writer(root() / "a.db");
    writer.open_run("nexafs_scan");
    sync();
    fs::create_directories(root() / "later");
    for (const char* ending : {"", "-wal"})
      fs::copy_file(root() / (std::string("a.db") + ending), root() / (std::string("later/a.db") + ending));
  }
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove(root() / (std::string("a.db") + ending));
  { RunWriter writer(root() / "later" / "a.db", options()); }
  EXPECT_THAT(search("status:failed"), SizeIs(1));
}

}  // namespace
}  // namespace resonance::index_test
