/// Who keeps an index learns of each run that begins or ends, and never before a reader can see it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/posix_error.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

/// Writes down what a reader finds at the moment it is told: "<uid> <status>".
class Notebook final : public RunListener {
 public:
  void run_changed(const fs::path& database, std::string_view uid) noexcept override {
    const auto run = Catalog(database).run(uid).summary();
    seen.push_back(run.uid + " " + run.exit_status.value_or("open"));
  }
  std::vector<std::string> seen;  // one call at a time, by the threads that the tests call the writer on
};

RunWriterOptions told_to(const std::shared_ptr<Notebook>& notebook) {
  RunWriterOptions out;
  out.on_run_change = notebook;
  return out;
}

TEST(RunListener, IsToldOfABeginningAndAnEndThatReadersSeeAlready) {
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    const TemporaryFolder folder;
    const auto notebook = std::make_shared<Notebook>();
    auto options = told_to(notebook);
    options.durability = level;
    RunWriter writer(folder / "x.db", options);
    EXPECT_TRUE(notebook->seen.empty());
    const auto first = writer.open_run("count");
    EXPECT_THAT(notebook->seen, testing::ElementsAre(first + " open"));
    writer.open_stream("primary", usual_keys());
    for (int i = 0; i < 5; ++i) writer.write_event("primary", x_is(i));
    writer.sync();
    EXPECT_EQ(notebook->seen.size(), 1) << "an event is no change of the run";
    writer.close_run();
    const auto second = writer.open_run("count");
    writer.close_run(ExitStatus::aborted);
    EXPECT_THAT(notebook->seen, testing::ElementsAre(first + " open", first + " success", second + " open", second + " aborted"));
  }
}

TEST(RunListener, HearsOfARunThatItsWriterLeftOpen) {
  const TemporaryFolder folder;
  const auto notebook = std::make_shared<Notebook>();
  const auto uid = RunWriter(folder / "x.db", told_to(notebook)).open_run("count");
  EXPECT_THAT(notebook->seen, testing::ElementsAre(uid + " open", uid + " failed"));
}

TEST(RunListener, HearsOfARunThatNeverCameToBeNothing) {
  const TemporaryFolder folder;
  const auto notebook = std::make_shared<Notebook>();
  RunWriter writer(folder / "x.db", told_to(notebook));
  RunOptions options;
  options.uid = writer.open_run("count");
  writer.close_run();
  EXPECT_THAT(said([&] { writer.open_run("count", options); }), refusal(ErrorCode::already_exists, *options.uid));
  EXPECT_EQ(notebook->seen.size(), 2);
}

TEST(RunListener, HearsOfARunThatADiskErrorEnded) {
  const TemporaryFolder folder;
  const auto notebook = std::make_shared<Notebook>();
  const auto files = std::make_shared<WatchedFiles>();
  auto options = told_to(notebook);
  options.file_system = files;
  RunWriter writer(folder / "x.db", options);
  const auto uid = writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  files->watch([](std::string_view call, const fs::path& path) {
    if (call == "sync") io::throw_errno(EIO, "syncing", path, 0);
  });
  writer.write_event("primary", x_is(1));
  EXPECT_THAT(said([&] { writer.sync(); }), refusal(ErrorCode::io, "syncing"));
  EXPECT_EQ(notebook->seen.size(), 1) << "the database does not say so yet";
  EXPECT_NE(said([&] { writer.close_run(); }), "");
  EXPECT_THAT(notebook->seen, testing::ElementsAre(uid + " open", uid + " failed"));
}

TEST(RunListener, HearsOfTheRunsOfADeadWriterFromTheNext) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  const pid_t child = ::fork();
  if (child == 0) {
    RunWriter writer(database);
    writer.open_run("doomed");
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto uid = Catalog(database).run("-1").uid();
  const auto notebook = std::make_shared<Notebook>();
  RunWriter writer(database, told_to(notebook));
  EXPECT_THAT(notebook->seen, testing::ElementsAre(uid + " failed"));
  RunWriter another(database, told_to(notebook));
  EXPECT_EQ(notebook->seen.size(), 1);
}

}  // namespace
}  // namespace resonance::record_test
