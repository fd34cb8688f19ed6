/// Runs are found by what people know of them.
#include "resonance/catalog.hpp"

#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

/// Five closed runs and an open one, newest last: plan, sample, status, tag, start.
class Finding : public testing::Test {
 protected:
  struct Given {
    const char* uid;
    const char* plan;
    const char* sample;  // null: none
    ExitStatus status;
    const char* tag;
    double start;
  };
  static constexpr Given kRuns[] = {
      {"1000aaaa000000000000000000000001", "energy_scan", "ZnPc", ExitStatus::success, "good", 1000},
      {"1000aaab000000000000000000000002", "energy_scan", "ZnPc film [2]", ExitStatus::aborted, "good", 2000},
      {"2f00000000000000000000000000000a", "xy_map", "P3HT", ExitStatus::failed, "night", 3000},
      {"77000000000000000000000000000003", "ENERGY_scan", nullptr, ExitStatus::success, "night", 4000},
      {"88000000000000000000000000000004", "count", "ZnPc", ExitStatus::success, "good", 5000},
  };
  Finding() {
    for (const auto& given : kRuns) {
      writer.open_run(given.plan, options_of(given));
      writer.close_run(given.status, "", given.start + 10);
    }
    writer.open_run("count", options_of({"99000000000000000000000000000005", "", "P3HT", ExitStatus::success, "now", 6000}));
  }
  static RunOptions options_of(const Given& given) {
    RunOptions out;
    out.uid = given.uid;
    out.time_start = given.start;
    out.tags = {given.tag, "all"};
    if (given.sample != nullptr) {
      out.sample.emplace();
      out.sample->name = given.sample;
    }
    return out;
  }
  /// First digits of the uids found, in order.
  std::string found(const std::function<void(RunQuery&)>& ask) {
    RunQuery query;
    ask(query);
    return names(catalog().find(query));
  }
  static std::string names(const std::vector<RunSummary>& runs) {
    std::string out;
    for (const auto& run : runs) out += run.uid.back();
    return out;
  }
  Catalog catalog() const { return Catalog(folder / "x.db"); }

  TemporaryFolder folder;
  RunWriter writer{folder / "x.db"};
};

TEST_F(Finding, RecentOnesComeNewestFirst) {
  EXPECT_EQ(names(catalog().recent()), "543a21");
  EXPECT_EQ(names(catalog().recent(2)), "54");
  EXPECT_EQ(names(catalog().recent(0)), "");
  EXPECT_EQ(names(catalog().recent(~0ull)), "543a21");
}

TEST_F(Finding, BySampleIsExact) {
  EXPECT_EQ(names(catalog().by_sample("ZnPc")), "41");
  EXPECT_EQ(names(catalog().by_sample("Zn*")), "");
  EXPECT_EQ(names(catalog().by_sample("")), "");
}

TEST_F(Finding, EachConditionNarrowsAndWildcardsWorkInPlanAndSample) {
  EXPECT_EQ(found([](auto& q) { q.plan = "energy_scan"; }), "21");
  EXPECT_EQ(found([](auto& q) { q.plan = "*_*"; }), "3a21");
  EXPECT_EQ(found([](auto& q) { q.plan = "?y_map"; }), "a");
  EXPECT_EQ(found([](auto& q) { q.plan = "energy%"; }), "");
  EXPECT_EQ(found([](auto& q) { q.sample = "ZnPc*"; }), "421");
  EXPECT_EQ(found([](auto& q) { q.sample = "*[2]"; }), "2");
  EXPECT_EQ(found([](auto& q) { q.sample = "'; DROP TABLE runs; --*"; }), "");
  EXPECT_EQ(found([](auto& q) { q.status = "success"; }), "431");
  EXPECT_EQ(found([](auto& q) { q.status = "aborted"; }), "2");
  EXPECT_EQ(found([](auto& q) { q.status = "open"; }), "5");
  EXPECT_EQ(found([](auto& q) { q.tag = "night"; }), "3a");
  EXPECT_EQ(found([](auto& q) { q.tag = "nigh"; }), "");
  EXPECT_EQ(found([](auto& q) { q.since = 2000, q.until = 4000; }), "a2");
  EXPECT_EQ(found([](auto& q) { q.limit = 3; }), "543");
  EXPECT_EQ(found([](auto& q) {
              q.plan = "*scan";
              q.sample = "ZnPc";
              q.tag = "good";
              q.status = "success";
              q.since = 500;
              q.limit = 5;
            }),
            "1");
}

TEST_F(Finding, ARunIsNamedInManyWays) {
  const auto uid = [&](std::string_view reference) { return catalog().run(reference).uid(); };
  EXPECT_EQ(uid(kRuns[1].uid), kRuns[1].uid);
  EXPECT_EQ(uid("2f"), kRuns[2].uid);
  EXPECT_EQ(uid("1000aaab"), kRuns[1].uid);
  EXPECT_EQ(uid("-1"), "99000000000000000000000000000005");
  EXPECT_EQ(uid("-2"), kRuns[4].uid);
  EXPECT_EQ(uid("-6"), kRuns[0].uid);
  EXPECT_EQ(uid("3"), kRuns[2].uid);   // scan_id
  EXPECT_EQ(uid("77"), kRuns[3].uid);  // digits, but no scan_id
  EXPECT_EQ(uid("2"), kRuns[1].uid);   // scan_id before prefix
}

TEST_F(Finding, AScanIdThatWasUsedTwiceMeansTheNewest) {
  writer.close_run();
  auto options = options_of({"ab000000000000000000000000000006", "", nullptr, ExitStatus::success, "x", 500});
  options.scan_id = 3;
  writer.open_run("older with the same number", options);
  EXPECT_EQ(catalog().run("3").uid(), kRuns[2].uid);
}

TEST_F(Finding, WhatFitsNoRunOrSeveralIsSaid) {
  const auto words = [&](std::string_view reference) { return said([&] { (void)catalog().run(reference); }); };
  EXPECT_THAT(words("1000"), refusal(ErrorCode::invalid_argument, "'1000' is the beginning of several runs: " + std::string(kRuns[0].uid) +
                                                                      ", " + kRuns[1].uid + "; give more of it"));
  EXPECT_THAT(words("-7"), refusal(ErrorCode::not_found, "has fewer than 7 runs"));
  EXPECT_THAT(words("-9223372036854775808"), refusal(ErrorCode::not_found, "has fewer than 9223372036854775808 runs"));
  EXPECT_THAT(words("-99999999999999999999"), refusal(ErrorCode::not_found, "has no run '-99999999999999999999'"));
  EXPECT_THAT(words(""), refusal(ErrorCode::not_found, "has no run ''"));
  EXPECT_THAT(words("nope\n"), refusal(ErrorCode::not_found, "has no run 'nope\\x0a'; name it by its uid"));
  EXPECT_THAT(words("1000AAAB"), refusal(ErrorCode::not_found, "1000AAAB"));
  EXPECT_THAT(words("%"), refusal(ErrorCode::not_found, "'%'"));
}

TEST(Following, ARunThatIsBeingRecordedGrowsBeforeTheReadersEyes) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  const auto run = [&] {
    const Catalog catalog(folder / "x.db");
    return catalog.run("-1");
  }();  // outlives its catalog
  EXPECT_EQ(run.table().rows, 0);
  EXPECT_TRUE(run.images("ccd").empty());
  std::uint64_t next = 1;
  for (unsigned i = 0; i < 5; ++i) {
    const auto frame = make_frame(i);
    writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    std::vector<std::uint64_t> fresh;
    run.for_each_event(
        "primary",
        [&](const Event& event) {
          fresh.push_back(event.seq_num);
          next = event.seq_num + 1;
          return true;
        },
        next);
    EXPECT_EQ(fresh, std::vector<std::uint64_t>{i + 1});
    EXPECT_EQ(run.table().rows, i + 1);
    EXPECT_EQ(run.summary().num_events, i + 1);
    EXPECT_EQ(run.summary().num_frames, i + 1);
    const auto images = run.images("ccd");
    ASSERT_EQ(images.size(), i + 1);
    EXPECT_EQ(images[i].bytes, frame.bytes);
  }
  const auto before_close = run.images("ccd");
  (void)before_close[0];
  writer.close_run();
  EXPECT_EQ(run.summary().exit_status, "success");
  for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(before_close[i].bytes, make_frame(i).bytes);  // shards were replaced under it
}

TEST(Following, ARunSaysWhetherItIsStillRecorded) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  RunWriter writer(database);
  const auto uid = writer.open_run("count");
  const auto run = Catalog(database).run(uid);
  EXPECT_EQ(run.state(), RunState::live);
  fs::copy(database, folder / "copy.db");
  fs::copy(folder / "x.db-wal", folder / "copy.db-wal");
  EXPECT_EQ(Catalog(folder / "copy.db").run(uid).state(), RunState::dead) << "nobody records into a copy";
  EXPECT_FALSE(fs::exists(folder / "copy.db-lock"));
  sqlite::Connection(folder / "copy.db", sqlite::Access::read_write).execute("DELETE FROM run_details");
  EXPECT_EQ(Catalog(folder / "copy.db").run(uid).state(), RunState::unknown) << "as in files of other programs";
  writer.close_run();
  EXPECT_EQ(run.state(), RunState::closed);
  EXPECT_THAT(said([&] { (void)Catalog(folder / "copy.db").run("none").state(); }), refusal(ErrorCode::not_found, "none"));
}

TEST(Following, AnEventSaysHowManyFramesItHas) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  const auto frame = make_frame(0);
  const auto with = writer.write_event("primary", event_with(x_is(0), {{"ccd", &frame}}));
  const auto without = writer.write_event("primary", x_is(1));
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.frames_of_event(with), 1);
  EXPECT_EQ(run.frames_of_event(without), 0);
  EXPECT_EQ(run.frames_of_event("none"), 0);
}

TEST(Following, EventsCanBeLeftEarlyAndMissingStreamsAreSaidWithThoseThereAre) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("count");
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_THAT(said([&] { (void)run.table(); }), refusal(ErrorCode::not_found, "has no stream 'primary'; it has none"));
  writer.open_stream("primary", usual_keys());
  writer.open_stream("baseline", usual_keys());
  std::vector<NewEvent> block(4500, event_with(x_is(1)));  // more than one page of the reader
  writer.write_events("primary", block);
  std::uint64_t seen = 0;
  run.for_each_event("primary", [&](const Event& event) { return event.seq_num == ++seen && seen < 4100; });
  EXPECT_EQ(seen, 4100);
  EXPECT_EQ(run.table().rows, 4500);
  EXPECT_THAT(said([&] { (void)run.table("dark"); }), refusal(ErrorCode::not_found, "has no stream 'dark'; it has: primary, baseline"));
}

TEST(Statistics, CountWhatABeamtimeHolds) {
  const TemporaryFolder folder;
  {
    RunWriter writer(folder / "x.db");
    RunOptions options;
    options.sample.emplace();
    options.sample->name = "s";
    options.time_start = 1000;
    writer.open_run("count", options);
    writer.open_stream("primary", usual_keys());
    const auto frame = make_frame(1);
    for (int i = 0; i < 3; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    writer.close_run(ExitStatus::success, "", 1060);
    options.time_start = 2000;
    writer.open_run("open", options);
    const auto live = beamtime_statistics(folder / "x.db");
    EXPECT_EQ(live.runs, 2);
    EXPECT_EQ(live.last_stop, 1060);
    writer.close_run(ExitStatus::success, "", 2005);
  }
  const auto found = beamtime_statistics(folder / "x.db");
  EXPECT_EQ(found.samples, 1);
  EXPECT_EQ(found.streams, 1);
  EXPECT_EQ(found.events, 3);
  EXPECT_EQ(found.frames, 3);
  EXPECT_EQ(found.frame_bytes, 3 * 6 * 10 * 2);
  EXPECT_EQ(found.first_start, 1000);
  EXPECT_EQ(found.last_stop, 2005);
  EXPECT_EQ(found.recording_seconds, 65);
  EXPECT_EQ(found.database_bytes, fs::file_size(folder / "x.db"));
  EXPECT_GT(found.store_bytes, 0);
}

}  // namespace
}  // namespace resonance
