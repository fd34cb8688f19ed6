/// Several writers, processes and threads on one beamtime; writers that die; children of fork().
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/discard.hpp"
#include "unit/record/record_testing.hpp"
#include "zarr/metadata.hpp"

namespace resonance::record_test {
namespace {

/// Run `work` in a child process. It exits with what `work` returns, or with 99 when that throws.
template <class Work>
pid_t in_child(Work&& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 99;
  try {
    status = work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
  }
  ::_exit(status);
}

int exit_status_of(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Record one run of `events` events with frames.
void record_run(RunWriter& writer, std::string_view plan, unsigned events) {
  writer.open_run(plan);
  writer.open_stream("primary", usual_keys());
  for (unsigned i = 0; i < events; ++i) {
    const auto frame = make_frame(i);
    writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
  }
  writer.close_run();
}

void expect_whole(const Run& run, unsigned events) {
  EXPECT_EQ(run.summary().exit_status, "success");
  const auto table = run.table();
  const auto images = run.images("ccd");
  ASSERT_EQ(table.rows, events);
  ASSERT_EQ(images.size(), events);
  for (unsigned i = 0; i < events; ++i) {
    EXPECT_EQ(table["x"].at(i), Json(double(i)));
    ASSERT_EQ(images[i].bytes, make_frame(i).bytes) << i;
  }
}

TEST(Processes, TwoRecordRunsIntoOneBeamtimeAtTheSameTime) {
  const TemporaryFolder folder;
  std::vector<pid_t> children;
  for (const char* plan : {"one", "two"})
    children.push_back(in_child([&] {
      RunWriter writer(folder / "x.db");
      record_run(writer, plan, 200);
      writer.close();
      return 0;
    }));
  for (const auto child : children) EXPECT_EQ(exit_status_of(child), 0);
  const Catalog catalog(folder / "x.db");
  EXPECT_EQ(catalog.recent().size(), 2);
  for (const char* plan : {"one", "two"}) {
    RunQuery query;
    query.plan = plan;
    const auto found = catalog.find(query);
    ASSERT_EQ(found.size(), 1);
    expect_whole(catalog.run(found[0].uid), 200);
  }
  EXPECT_EQ(count(folder / "x.db", "SELECT count(DISTINCT scan_id) FROM run_details"), 2);
  EXPECT_EQ(text(folder / "x.db", "PRAGMA integrity_check"), "ok");
}

TEST(Processes, TwoWritersInOneProcessDoNotDisturbEachOther) {
  const TemporaryFolder folder;
  RunWriter first(folder / "x.db");
  first.open_run("first");
  first.open_stream("primary", usual_keys());
  {
    RunWriter second(folder / "x.db");  // must not take the first one's run for dead
    std::thread other([&] { record_run(second, "second", 100); });
    for (unsigned i = 0; i < 100; ++i) {
      const auto frame = make_frame(i);
      first.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    }
    other.join();
  }
  first.close_run();
  first.close();
  const Catalog catalog(folder / "x.db");
  expect_whole(catalog.run("1"), 100);
  expect_whole(catalog.run("2"), 100);
}

TEST(Processes, FramesOfADeadOneArePublishedAndSealedByTheNextForStockReaders) {
  for (const auto codec : {Codec::blosc, Codec::none}) {
    const TemporaryFolder folder;
    const auto database = folder / "x.db";
    const pid_t child = in_child([&] {
      RunWriterOptions options;
      options.frames.codec = codec;
      options.publish_interval = std::chrono::hours(1);  // zarr.json never learns of the later frames
      RunWriter writer(database, options);
      writer.open_run("doomed");
      writer.open_stream("primary", usual_keys());
      for (unsigned i = 0; i < 7; ++i) {
        const auto frame = make_frame(i);
        writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
      }
      ::kill(::getpid(), SIGKILL);
      return 1;
    });
    ASSERT_EQ(exit_status_of(child), -SIGKILL);
    const auto array = Catalog(database).frame_store() / Catalog(database).run("-1").images("ccd").zarr_group(0);
    const auto length = [&] { return zarr::parse_array_metadata(io::read_text(array / "zarr.json", 1 << 20)).shape[0]; };
    ASSERT_LT(length(), 7);

    { const RunWriter next(database); }
    const auto shard = io::file_bytes(array / "c/0/0/0");
    EXPECT_EQ(length(), 7);
    EXPECT_LT(shard, 1 << 20) << "a sealed shard has its true length";
    const auto images = Catalog(database).run("-1").images("ccd");
    for (unsigned i = 0; i < 7; ++i) EXPECT_EQ(images[i].bytes, make_frame(i).bytes);
    { const RunWriter again(database); }
    EXPECT_EQ(io::file_bytes(array / "c/0/0/0"), shard);
  }
}

TEST(Processes, WhatADeadOneAcknowledgedIsThereAndItsRunIsClosedByTheNext) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = in_child([&] {
    RunWriterOptions options;
    options.clock = [] { return 1700000000.0; };
    RunWriter writer(database, options);
    writer.open_run("doomed");
    writer.open_stream("primary", usual_keys());
    for (unsigned i = 0;; ++i) {
      const auto frame = make_frame(i);
      auto event = event_with(x_is(i), {{"ccd", &frame}});
      event.time = 1700000000.0 + i;
      writer.write_event("primary", event);
      if (::write(pipe[1], &i, sizeof i) != sizeof i) return 1;
    }
  });
  ::close(pipe[1]);
  unsigned acknowledged = 0, number = 0;
  while (::read(pipe[0], &number, sizeof number) == sizeof number) {
    acknowledged = number + 1;
    if (acknowledged == 60) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  ASSERT_EQ(exit_status_of(child), -SIGKILL);
  ASSERT_GE(acknowledged, 60);
  std::uint64_t events = 0;
  const auto check = [&] {
    const auto run = Catalog(database).run("1");
    const auto images = run.images("ccd");
    events = run.table().rows;
    EXPECT_GE(events, acknowledged);
    EXPECT_LE(events, acknowledged + 1);
    ASSERT_EQ(images.size(), events);
    for (unsigned i = 0; i < events; ++i) ASSERT_EQ(images[i].bytes, make_frame(i).bytes);
  };
  check();
  EXPECT_FALSE(Catalog(database).run("1").summary().exit_status);

  RunWriter living(database);
  check();
  const auto dead = Catalog(database).run("1");
  EXPECT_EQ(dead.summary().exit_status, "failed");
  EXPECT_EQ(dead.summary().num_events, events);
  EXPECT_EQ(dead.summary().num_frames, events);
  EXPECT_EQ(dead.summary().time_stop, 1700000000.0 + static_cast<double>(events - 1));
  EXPECT_EQ(dead.reason(), "the recording process ended without closing the run");
  const auto alive = living.open_run("alive");
  const RunWriter next(database);
  EXPECT_FALSE(Catalog(database).run(alive).summary().exit_status);
  EXPECT_THAT(said([&] { discard_run(database, alive); }), refusal(ErrorCode::busy, "is being recorded"));
}

TEST(Processes, AChildOfForkMayNotUseTheWriterAndDoesItNoHarm) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer cannot follow threads that are started after a fork";
#endif
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  RunWriterOptions options;
  options.sync_interval = std::chrono::milliseconds(1);
  auto writer = std::make_unique<RunWriter>(database, options);
  const auto uid = writer->open_run("count");
  writer->open_stream("primary", usual_keys());
  const auto frame = make_frame(0);
  writer->write_event("primary", event_with(x_is(0), {{"ccd", &frame}}));
  const pid_t child = in_child([&] {
    const auto words = said([&] { writer->write_event("primary", x_is(1)); });
    if (words.find("invalid_state: this writer belongs to the parent process") != 0) return 1;
    if (said([&] { writer->close_run(); }).empty() || said([&] { (void)writer->durable("primary"); }).empty()) return 2;
    if (writer->run_open()) return 3;
    writer->close();
    writer.reset();
    RunWriter own(database);  // and one of its own works
    record_run(own, "of the child", 3);
    return 0;
  });
  EXPECT_EQ(exit_status_of(child), 0);
  const auto second = make_frame(1);
  writer->write_event("primary", event_with(x_is(1), {{"ccd", &second}}));
  {
    const RunWriter other(database);  // would close the run if the child had given its lock away
    EXPECT_FALSE(Catalog(database).run(uid).summary().exit_status);
  }
  writer->close_run();
  writer->close();
  expect_whole(Catalog(database).run(uid), 2);
  expect_whole(Catalog(database).run("-1"), 3);
  EXPECT_EQ(text(database, "PRAGMA integrity_check"), "ok");
}

TEST(Processes, AfterCloseTheDatabaseIsOneFileAgain) {
  const TemporaryFolder folder;
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    RunWriterOptions options;
    options.durability = level;
    RunWriter writer(folder / "x.db", options);
    record_run(writer, "count", 5);
    EXPECT_TRUE(fs::exists(folder / "x.db-wal"));
    writer.close();
    EXPECT_FALSE(fs::exists(folder / "x.db-wal"));
    EXPECT_FALSE(fs::exists(folder / "x.db-shm"));
    EXPECT_EQ(text(folder / "x.db", "PRAGMA journal_mode"), "delete");
  }
}

TEST(Threads, FourOfThemWriteToFourStreams) {
  for (const auto level : {Durability::commit, Durability::group}) {
    const TemporaryFolder folder;
    RunWriterOptions options;
    options.durability = level;
    options.commit_interval = options.sync_interval = options.publish_interval = std::chrono::milliseconds(1);
    RunWriter writer(folder / "x.db", options);
    writer.open_run("fly");
    constexpr unsigned kEvents = 60;
    for (unsigned t = 0; t < 4; ++t) writer.open_stream("s" + std::to_string(t), usual_keys());
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (unsigned i = 0; i < kEvents; ++i) {
          const auto frame = make_frame(1000 * t + i);
          writer.write_event("s" + std::to_string(t), event_with(x_is(i), {{"ccd", &frame}}));
        }
      });
    for (auto& thread : threads) thread.join();
    writer.close_run();
    const auto run = Catalog(folder / "x.db").run("-1");
    const auto images = run.images("ccd");  // stream by stream
    ASSERT_EQ(images.size(), 4 * kEvents);
    for (unsigned t = 0; t < 4; ++t) {
      const auto table = run.table("s" + std::to_string(t));
      ASSERT_EQ(table.rows, kEvents);
      for (unsigned i = 0; i < kEvents; ++i) {
        EXPECT_EQ(table["x"].at(i), Json(double(i)));
        EXPECT_EQ(table["seq_num"].at(i), Json(i + 1));
        ASSERT_EQ(images[t * kEvents + i].bytes, make_frame(1000 * t + i).bytes);
      }
    }
  }
}

TEST(DiscardRun, TakesTheRowsAndMovesTheFramesAside) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  std::string gone, kept;
  {
    RunWriter writer(database);
    record_run(writer, "gone", 3);
    gone = Catalog(database).run("-1").uid();
    record_run(writer, "kept", 3);
    kept = Catalog(database).run("-1").uid();
  }
  const auto stale = Catalog(database).run(gone);
  discard_run(database, gone);
  discard_run(database, gone);
  discard_run(database, std::string(32, 'f'));
  EXPECT_THAT(said([&] { discard_run(database, "../x"); }), refusal(ErrorCode::invalid_argument, "run uid"));
  EXPECT_THAT(said([&] { (void)stale.summary(); }), refusal(ErrorCode::not_found, "has no run " + gone + " any more"));
  EXPECT_THAT(said([&] { (void)Catalog(database).run(gone); }), refusal(ErrorCode::not_found, gone));
  for (const auto& [table, rows] : row_counts(database)) {
    if (table == "events" || table == "image_refs") {
      EXPECT_EQ(rows, 3) << table;
    } else if (table == "runs" || table == "streams" || table == "frame_stores") {
      EXPECT_EQ(rows, 1) << table;
    }
  }
  EXPECT_FALSE(fs::exists(folder / "x.zarr/runs" / gone));
  EXPECT_TRUE(fs::exists(folder / "x.zarr.quarantine" / (gone + ".1") / "ccd/zarr.json"));
  expect_whole(Catalog(database).run(kept), 3);
}

}  // namespace
}  // namespace resonance::record_test
