/// A backup that dies, or meets a full disk, spoils nothing and goes on.
#include <cerrno>
#include <cstdlib>

#include "io/posix_error.hpp"
#include "unit/archive/backup_testing.hpp"

namespace resonance {
namespace {

using namespace backup_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Death {};

/// A folder in memory, where there is such a place: these tests sync some ten thousand times, and no power fails in them.
TemporaryFolder folder_in_memory() {
  const char* usual = std::getenv("TMPDIR");
  const std::string before = usual == nullptr ? "" : usual;
  if (fs::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  struct Restore {
    const std::string& value;
    ~Restore() { value.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", value.c_str(), 1); }
  } restore{before};
  return {};
}

/// From call number `last` on nothing reaches the disk any more.
std::shared_ptr<WatchedFiles> files_that_die(std::size_t last) {
  auto files = std::make_shared<WatchedFiles>();
  files->before = [count = std::make_shared<std::size_t>(0), last](const test::FileCall&) {
    if ((*count)++ >= last) throw Death{};
  };
  return files;
}

/// \return whether it came to its end
bool back_up_until_death(const fs::path& database, const fs::path& folder, std::size_t calls) {
  try {
    BackupOptions options;
    options.file_system = files_that_die(calls);
    back_up_beamtime(database, folder, options);
    return true;
  } catch (const Death&) {
    return false;
  }
}

TEST(ABackupThatDies, AtAnyCallToTheFileSystemIsKnownAsUnfinishedAndGoesOn) {
  const TemporaryFolder folder = folder_in_memory();
  const auto uid = record_two_runs(folder / "x.db");
  std::size_t calls = 0;
  for (;; ++calls) {
    const auto bag = folder / ("bag" + std::to_string(calls));
    const bool finished = back_up_until_death(folder / "x.db", bag, calls);
    std::vector<std::string> found;
    const auto refused = said([&] { found = faults_in(bag); });
    if (finished) {
      EXPECT_THAT(found, IsEmpty());
      break;
    }
    if (refused.empty() && !found.empty()) {
      EXPECT_THAT(found, ElementsAre(AllOf(StartsWith("unfinished"), HasSubstr("run the backup again")))) << calls;
    }
    back_up(folder / "x.db", bag);
    ASSERT_THAT(faults_in(bag), IsEmpty()) << calls;
    expect_run(bag / "data/x.db", uid, 5);
    for (const auto& [path, bytes] : contents(bag)) EXPECT_THAT(path, testing::Not(HasSubstr(".partial"))) << calls;
    fs::remove_all(bag);
  }
  EXPECT_GT(calls, 40);
}

TEST(ABackupThatDies, LeavesTheBeamtimeOfTheOneBeforeItReadable) {
  const TemporaryFolder folder = folder_in_memory();
  Recording recording(folder / "x.db");
  recording.write(260);
  recording.writer.sync();
  back_up(folder / "x.db", folder / "first");
  recording.write(140);
  for (std::size_t calls = 0;; ++calls) {
    fs::remove_all(folder / "bag");
    fs::copy(folder / "first", folder / "bag", fs::copy_options::recursive);
    const bool finished = back_up_until_death(folder / "x.db", folder / "bag", calls);
    const auto database = folder / "bag/data/x.db";
    const auto events = static_cast<unsigned>(count(database, "SELECT count(*) FROM events"));
    EXPECT_THAT(events, testing::AnyOf(260, 400));
    ASSERT_NO_FATAL_FAILURE(expect_run(database, recording.uid, events)) << calls;
    if (finished) break;
  }
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST(ABackupThatDies, CopiesNothingTwiceThatItNotedAsFinished) {
  const TemporaryFolder folder = folder_in_memory();
  {
    Recording recording(folder / "x.db");
    recording.write(600);
    recording.writer.close_run();
  }
  const auto files = std::make_shared<WatchedFiles>();
  files->before = [](const test::FileCall& call) {  // when all frames are there
    if (call.path.filename() == "x.db") throw Death{};
  };
  BackupOptions options;
  options.file_system = files;
  EXPECT_THROW(back_up_beamtime(folder / "x.db", folder / "bag", options), Death);
  const auto done = back_up(folder / "x.db", folder / "bag");
  EXPECT_LE(done.report.files_copied, 5) << "the database, and zarr.json files that may have changed a moment ago";
  EXPECT_GT(done.report.files, 8);
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST(ABackupThatDies, LeavesNoFolderWhoseNameAPowerCutCouldTakeFromTheFinishedOne) {
  const TemporaryFolder folder = folder_in_memory();
  record_two_runs(folder / "x.db");
  ASSERT_FALSE(back_up_until_death(folder / "x.db", folder / "bag", 60));
  std::set<fs::path> made;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "bag"))
    if (entry.is_directory()) made.insert(entry.path().parent_path());
  ASSERT_GT(made.size(), 3);
  const auto files = std::make_shared<WatchedFiles>();
  back_up(folder / "x.db", folder / "bag", files);
  for (const auto& call : files->calls)
    if (call.what == "sync_directory") made.erase(call.path);
  EXPECT_THAT(made, IsEmpty());
}

TEST(ABackupThatDies, MayLoseTheEndOfItsJournal) {
  const TemporaryFolder folder = folder_in_memory();
  record_two_runs(folder / "x.db");
  ASSERT_FALSE(back_up_until_death(folder / "x.db", folder / "bag", 70));
  const auto journal = folder / "bag/resonance-unfinished.jsonl";
  for (auto bytes = io::file_bytes(journal); bytes > 0; bytes -= std::min<std::uint64_t>(bytes, 37)) {
    fs::resize_file(journal, bytes);
    fs::remove_all(folder / "copy");
    fs::copy(folder / "bag", folder / "copy", fs::copy_options::recursive);
    back_up(folder / "x.db", folder / "copy");
    ASSERT_THAT(faults_in(folder / "copy"), IsEmpty()) << bytes;
  }
}

TEST(AFullDisk, IsToldWithTheFileAndTheBackupGoesOnOnceThereIsRoom) {
  const TemporaryFolder folder = folder_in_memory();
  const auto uid = record_two_runs(folder / "x.db");
  for (const char* what : {"create", "write", "sync", "rename", "resize", "make_directory"}) {
    const auto files = std::make_shared<WatchedFiles>();
    files->watch([&](std::string_view call, const fs::path& path) {
      if (call == what && path.string().find("data") != std::string::npos) io::throw_errno(ENOSPC, "writing", path, 0);
    });
    BackupOptions options;
    options.file_system = files;
    if (std::string_view(what) != "resize") {
      const auto words = said([&] { back_up_beamtime(folder / "x.db", folder / "bag", options); });
      EXPECT_THAT(words, refusal(ErrorCode::no_space, (folder / "bag/data").string())) << what;
      EXPECT_THAT(words, HasSubstr("back up again")) << what;
    }
    back_up(folder / "x.db", folder / "bag");
    EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
    expect_run(folder / "bag/data/x.db", uid, 5);
    fs::remove_all(folder / "bag");
  }
}

TEST(ABackup, ThatIsCancelledGoesOn) {
  const TemporaryFolder folder = folder_in_memory();
  record_two_runs(folder / "x.db");
  BackupOptions options;
  std::uint64_t last = 0;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    EXPECT_GE(done, last);
    last = done;
    if (done > 0) throw Death{};
  };
  EXPECT_THROW(back_up_beamtime(folder / "x.db", folder / "bag", options), Death);
  EXPECT_THAT(faults_in(folder / "bag"), ElementsAre(StartsWith("unfinished")));
  back_up(folder / "x.db", folder / "bag");
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

}  // namespace
}  // namespace resonance
