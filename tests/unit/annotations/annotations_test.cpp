/// Tags and notes: what people say about a run stays, and recording it goes on meanwhile.
#include "resonance/annotations.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "io/file_lock.hpp"
#include "io/posix_error.hpp"
#include "resonance/verify.hpp"
#include "support/raw_database.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;
using testing::ElementsAre;
using testing::IsEmpty;
using Tags = std::vector<std::string>;

class Annotating : public testing::Test {
 protected:
  std::string record_run(RunOptions options = {}) {
    RunWriter writer(database, {});
    auto uid = writer.open_run("count", std::move(options));
    writer.close_run();
    return uid;
  }
  Tags tags_of(const std::string& run = "-1") const { return Catalog(database).run(run).summary().tags; }
  std::vector<Note> notes_of(const std::string& run = "-1") const { return Catalog(database).run(run).notes(); }
  bool is_one_plain_file() const { return !fs::exists(database.string() + "-wal") && text(database, "PRAGMA journal_mode") == "delete"; }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
};

class Notebook final : public RunListener {
 public:
  void run_changed(const fs::path& file, std::string_view uid) noexcept override {
    const auto run = Catalog(file).run(uid);
    seen.push_back(run.uid() + " " + std::to_string(run.summary().tags.size()) + " " + std::to_string(run.notes().size()));
  }
  std::vector<std::string> seen;  // one call at a time
};

TEST_F(Annotating, TagsComeAndGoAndOnlyRealChangesAreTold) {
  RunOptions options;
  options.tags = {"carbon edge"};
  const auto uid = record_run(options);
  const auto other = record_run();
  Annotations annotations(database);
  EXPECT_THAT(annotations.add_tags(uid, Tags{"good", "carbon edge", "good", "Å ≤ 🙂"}), ElementsAre("good", "Å ≤ 🙂"));
  EXPECT_THAT(annotations.add_tags(uid, Tags{"good"}), IsEmpty());
  EXPECT_THAT(tags_of(uid), ElementsAre("carbon edge", "good", "Å ≤ 🙂"));
  EXPECT_THAT(annotations.remove_tags(uid, Tags{"carbon edge", "never there"}), ElementsAre("carbon edge"));
  EXPECT_THAT(annotations.remove_tags(uid, Tags{}), IsEmpty());
  EXPECT_THAT(tags_of(uid), ElementsAre("good", "Å ≤ 🙂"));
  EXPECT_THAT(tags_of(other), IsEmpty());
  RunQuery query;
  query.tag = "good";
  EXPECT_EQ(Catalog(database).find(query).size(), 1);
}

TEST_F(Annotating, NotesAreALogWithTimeAndAuthor) {
  const auto uid = record_run();
  const auto other = record_run();
  AnnotationOptions options;
  options.clock = [time = 1700000000.0]() mutable { return time += 0.5; };
  Annotations annotations(database, options);
  const auto first = annotations.add_note(uid, "beam lost\nback after 3 min", "J. Doe");
  const auto second = annotations.add_note(uid, "  it's \"good\" -- Å\t\r\n");
  (void)annotations.add_note(other, "not this one");
  EXPECT_EQ(first.time, 1700000000.5);
  const auto notes = notes_of(uid);
  ASSERT_EQ(notes.size(), 2);
  EXPECT_EQ(notes[0].id, first.id);
  EXPECT_EQ(notes[0].text, "beam lost\nback after 3 min");
  EXPECT_EQ(notes[0].author, "J. Doe");
  EXPECT_EQ(notes[0].time, 1700000000.5);
  EXPECT_EQ(notes[1].id, second.id);
  EXPECT_EQ(notes[1].text, "  it's \"good\" -- Å\t\r\n");
  EXPECT_EQ(notes[1].author, std::nullopt);
  EXPECT_LT(notes[0].id, notes[1].id);
}

TEST_F(Annotating, NamesARunAsTheCatalogDoes) {
  RunOptions options;
  options.scan_id = 80276;
  const auto first = record_run(options);
  const auto newest = record_run();
  Annotations annotations(database);
  (void)annotations.add_tags("80276", Tags{"by scan"});
  (void)annotations.add_tags("-1", Tags{"by order"});
  (void)annotations.add_tags(first, Tags{"by uid"});
  EXPECT_THAT(tags_of(first), ElementsAre("by scan", "by uid"));
  EXPECT_THAT(tags_of(newest), ElementsAre("by order"));
  EXPECT_THAT(said([&] { (void)annotations.add_tags("4711", Tags{"x"}); }), refusal(ErrorCode::not_found, "4711"));
  EXPECT_THAT(said([&] { (void)annotations.add_note("-3", "x"); }), refusal(ErrorCode::not_found, "fewer than 3 runs"));
}

TEST_F(Annotating, RefusesWhatIsNoTagAndNoNote) {
  record_run();
  Annotations annotations(database);
  for (const std::string tag : {"", "two\nlines", "\xff", "a\x1f"})
    EXPECT_THAT(said([&] { (void)annotations.add_tags("-1", Tags{"fine", tag}); }), refusal(ErrorCode::invalid_argument, "tag")) << tag;
  EXPECT_THAT(said([&] { (void)annotations.add_tags("-1", Tags{std::string(256, 'x')}); }), refusal(ErrorCode::invalid_argument, "256"));
  for (const auto& [text, why] :
       {std::pair(std::string(), "empty"), std::pair(std::string(" \n\t"), "empty"), std::pair(std::string("a\0b", 3), "NUL"),
        std::pair(std::string("\xc3"), "UTF-8"), std::pair(std::string(65537, 'x'), "65536")})
    EXPECT_THAT(said([&, text = text] { (void)annotations.add_note("-1", text); }), refusal(ErrorCode::invalid_argument, why));
  EXPECT_THAT(said([&] { (void)annotations.add_note("-1", "text", ""); }), refusal(ErrorCode::invalid_argument, "author"));
  EXPECT_THAT(tags_of(), IsEmpty()) << "a call with one wrong tag adds none";
  EXPECT_THAT(notes_of(), IsEmpty());
  EXPECT_EQ(annotations.add_note("-1", std::string(65536, 'x')).text.size(), 65536);
}

TEST_F(Annotating, MakesNoBeamtimeOutOfSomethingElse) {
  EXPECT_THAT(said([&] { Annotations annotations(database); }), refusal(ErrorCode::not_found, "x.db"));
  EXPECT_FALSE(fs::exists(database));
  std::ofstream(database).close();
  EXPECT_NE(said([&] { Annotations annotations(database); }), "");
  EXPECT_EQ(fs::file_size(database), 0);
  std::ofstream(database) << "name,value\n";
  EXPECT_NE(said([&] { Annotations annotations(database); }), "");
  EXPECT_EQ(fs::file_size(database), 11);
}

TEST_F(Annotating, TakesFilesOfThePythonPackage) {
  for (const int version : {1, 2}) {
    const fs::path foreign = folder / ("foreign" + std::to_string(version) + ".db");
    {
      test::RawDatabase raw(foreign);
      migrate_beamtime_schema(raw.handle(), version);
      for (const char* table : {"run_details", "run_tags", "run_notes", "schema_extensions", "stream_ranges"})
        raw.query(std::string("DROP TABLE IF EXISTS ") + table);
      raw.query("INSERT INTO runs(uid, plan_name, time_start) VALUES('0123456789abcdef0123456789abcdef', 'nexafs', 1700000000.0)");
    }
    EXPECT_THAT(Catalog(foreign).run("-1").notes(), IsEmpty());
    Annotations annotations(foreign);
    EXPECT_THAT(annotations.add_tags("0123", Tags{"good"}), ElementsAre("good"));
    (void)annotations.add_note("0123", "seen");
    annotations.close();
    EXPECT_THAT(Catalog(foreign).run("-1").summary().tags, ElementsAre("good"));
    EXPECT_EQ(Catalog(foreign).run("-1").notes().at(0).text, "seen");
  }
}

TEST_F(Annotating, GoesOnBesideARunThatIsRecorded) {
  RunWriterOptions options;
  options.durability = Durability::group;
  options.commit_interval = std::chrono::milliseconds(1);
  RunWriter writer(database, options);
  const auto uid = writer.open_run("fly");
  writer.open_stream("primary", usual_keys());
  std::atomic<bool> stop = false;
  unsigned events = 0;
  std::thread recording([&] {
    for (; !stop; ++events) {
      const auto frame = make_frame(events % 7);
      writer.write_event("primary", event_with(x_is(events), {{"ccd", &frame}}));
    }
  });
  const pid_t child = ::fork();  // another process, as the command is
  if (child == 0) {
    int status = 99;
    try {
      for (int i = 0; i < 20; ++i) {
        Annotations annotations(database);
        (void)annotations.add_tags("-1", Tags{"other " + std::to_string(i)});
      }
      status = 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(status);
  }
  for (int i = 0; i < 20; ++i) {
    Annotations annotations(database);
    (void)annotations.add_note(uid, "note " + std::to_string(i));
    EXPECT_EQ(Catalog(database).run(uid).state(), RunState::live);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  stop = true;
  recording.join();
  writer.close_run();
  writer.close();
  EXPECT_TRUE(is_one_plain_file());
  const auto run = Catalog(database).run(uid);
  EXPECT_EQ(run.summary().num_events, events);
  EXPECT_EQ(run.summary().num_frames, events);
  EXPECT_EQ(run.summary().tags.size(), 20);
  EXPECT_EQ(run.notes().size(), 20);
  VerifyOptions all;
  all.frames = true;
  std::string faults;
  const auto report = verify_beamtime(database, all, [&](const Fault& fault) { faults += fault.message + "\n"; });
  EXPECT_EQ(report.num_faults, 0) << faults;
}

TEST_F(Annotating, LeavesTheLogToWhoRecordsAndOnePlainFileWhenNobodyDoes) {
  RunWriter writer(database);
  writer.open_run("count");
  Annotations beside(database);
  (void)beside.add_tags("-1", Tags{"while it is recorded"});
  const auto size = fs::file_size(database);
  beside.close();
  EXPECT_EQ(fs::file_size(database), size) << "the log was moved into the database, and whoever records had to wait";
  writer.close_run();
  writer.close();
  EXPECT_TRUE(is_one_plain_file());
  Annotations alone(database);
  (void)alone.add_tags("-1", Tags{"afterwards"});
  alone.close();
  alone.close();
  EXPECT_TRUE(is_one_plain_file());
  EXPECT_THAT(tags_of(), ElementsAre("afterwards", "while it is recorded"));
  EXPECT_THAT(said([&] { (void)alone.add_tags("-1", Tags{"x"}); }), refusal(ErrorCode::invalid_state, "closed"));
}

TEST_F(Annotating, DoesNotCloseARunOfADeadWriter) {
  const pid_t child = ::fork();
  if (child == 0) {
    RunWriter writer(database);
    writer.open_run("doomed");
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  Annotations annotations(database);
  (void)annotations.add_note("-1", "the machine went down");
  EXPECT_EQ(Catalog(database).run("-1").state(), RunState::dead) << "that is for the next who records";
  annotations.close();
  RunWriter(database).close();
  EXPECT_EQ(Catalog(database).run("-1").summary().exit_status, "failed");
  EXPECT_EQ(notes_of().size(), 1);
}

TEST_F(Annotating, IsOnStableStorageWhenACallReturns) {
  record_run();
  const auto files = std::make_shared<WatchedFiles>();
  AnnotationOptions options;
  options.file_system = files;
  Annotations annotations(database, options);
  const auto synced = [&](const auto& call) {
    files->calls.clear();
    call();
    return std::any_of(files->calls.begin(), files->calls.end(),
                       [&](const auto& done) { return done.what == "sync" && done.path == database.string() + "-wal"; });
  };
  EXPECT_TRUE(synced([&] { (void)annotations.add_tags("-1", Tags{"good"}); }));
  EXPECT_TRUE(synced([&] { (void)annotations.remove_tags("-1", Tags{"good"}); }));
  EXPECT_TRUE(synced([&] { (void)annotations.add_note("-1", "text"); }));
}

TEST_F(Annotating, ASyncThatFailedIsFinal) {
  record_run();
  const auto files = std::make_shared<WatchedFiles>();
  AnnotationOptions options;
  options.file_system = files;
  Annotations annotations(database, options);
  files->watch([](std::string_view call, const fs::path& path) {
    if (call == "sync") io::throw_errno(EIO, "syncing", path, 0);
  });
  EXPECT_THAT(said([&] { (void)annotations.add_tags("-1", Tags{"good"}); }), refusal(ErrorCode::io, "syncing"));
  files->watch(nullptr);
  EXPECT_THAT(said([&] { (void)annotations.add_tags("-1", Tags{"better"}); }), refusal(ErrorCode::invalid_state, "open it anew"));
}

TEST_F(Annotating, TellsAListenerOfEachChangeOnce) {
  const auto uid = record_run();
  const auto notebook = std::make_shared<Notebook>();
  AnnotationOptions options;
  options.on_change = notebook;
  Annotations annotations(database, options);
  (void)annotations.add_tags("-1", Tags{"a", "b"});
  (void)annotations.add_tags("-1", Tags{"a"});
  (void)annotations.remove_tags("-1", Tags{"c"});
  (void)annotations.add_note("-1", "text");
  (void)annotations.remove_tags("-1", Tags{"b"});
  EXPECT_THAT(notebook->seen, ElementsAre(uid + " 2 0", uid + " 2 1", uid + " 1 1"));
}

TEST_F(Annotating, SaysWhoIsInTheWay) {
  record_run();
  AnnotationOptions options;
  options.busy_timeout = std::chrono::milliseconds(20);
  Annotations annotations(database, options);
  io::LockFile other(database.string() + "-lock");
  ASSERT_TRUE(other.try_lock(0));
  EXPECT_THAT(said([&] { (void)annotations.add_note("-1", "text"); }), refusal(ErrorCode::busy, "x.db-lock"));
  other.unlock(0);
  EXPECT_EQ(annotations.add_note("-1", "text").text, "text");
}

TEST_F(Annotating, IsNotForAChildAfterFork) {
  record_run();
  Annotations annotations(database);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = said([&] { (void)annotations.add_note("-1", "text"); }).starts_with("invalid_state");
    annotations.close();
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  (void)annotations.add_note("-1", "the parent goes on");
  EXPECT_EQ(notes_of().size(), 1);
}

}  // namespace
}  // namespace resonance
