/// What goes into a run comes out of it: samples, runs, streams, values.
#include <cmath>
#include <limits>

#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

std::vector<Event> events_of(const Run& run, std::string_view stream) {
  std::vector<Event> out;
  run.for_each_event(stream, [&](const Event& event) {
    out.push_back(event);
    return true;
  });
  return out;
}

TEST(Recording, EveryValueComesBackAsItWasGiven) {
  const TemporaryFolder folder;
  const auto nested = Json::parse(R"({"a": [1, [2.5, {"b": null}]], "": [], "z": {}, "a2": true})");
  const auto data = Json::object({{"int64 min", std::numeric_limits<std::int64_t>::min()},
                                  {"int64 max", std::numeric_limits<std::int64_t>::max()},
                                  {"2^53+1", 9007199254740993},
                                  {"uint64 max", std::numeric_limits<std::uint64_t>::max()},
                                  {"big", Json::BigInteger{"-123456789012345678901234567890"}},
                                  {"whole double", 270.0},
                                  {"negative zero", -0.0},
                                  {"smallest", std::numeric_limits<double>::denorm_min()},
                                  {"largest", std::numeric_limits<double>::max()},
                                  {"third", 1.0 / 3},
                                  {"nan", std::numeric_limits<double>::quiet_NaN()},
                                  {"inf", std::numeric_limits<double>::infinity()},
                                  {"-inf", -std::numeric_limits<double>::infinity()},
                                  {"text", "it's \"quoted\" \\ Å ≤ 🙂\n\ttab"},
                                  {"nul", std::string("a\0b", 3)},
                                  {"empty", ""},
                                  {"true", true},
                                  {"null", nullptr},
                                  {"nested", nested}});
  const auto timestamps = Json::object({{"int64 min", 1700000000.125}, {"text", 1700000000.0625}});
  RunWriterOptions options;
  options.allow_undeclared = true;
  RunWriter writer(folder / "x.db", options);
  const auto uid = writer.open_run("count");
  writer.open_stream("primary", Json::object());
  NewEvent event{data, timestamps, 1700000001.5, {}};
  const auto event_uid = writer.write_event("primary", event);
  writer.close_run();
  writer.close();

  const auto events = events_of(Catalog(folder / "x.db").run(uid), "primary");
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].data, data) << events[0].data.dump();
  EXPECT_TRUE(std::signbit(events[0].data.at("negative zero").as_double()));
  EXPECT_EQ(events[0].timestamps, timestamps);
  EXPECT_EQ(events[0].time, 1700000001.5);
  EXPECT_EQ(events[0].uid, event_uid);
}

TEST(Recording, DeclaredKeysTakeTheirValuesAndNull) {
  const TemporaryFolder folder;
  const std::int64_t shape[] = {2, 3};
  RunWriter writer(folder / "x.db");
  writer.open_run("count");
  writer.open_stream("primary", Json::object({{"i", integer_key("s")},
                                              {"n", number_key("s", "eV")},
                                              {"t", string_key("s")},
                                              {"b", boolean_key("s")},
                                              {"a", array_key("s", shape, "V")}}));
  const auto full = Json::parse(R"({"i": 9007199254740993, "n": 3, "t": "x", "b": false, "a": [[1, 2, 3], [4.5, NaN, null]]})");
  writer.write_event("primary", full);
  writer.write_event("primary", Json::parse(R"({"i": null, "n": null, "t": null, "b": null, "a": null})"));
  writer.write_event("primary", Json::object());
  writer.close_run();
  const auto events = events_of(Catalog(folder / "x.db").run("-1"), "primary");
  ASSERT_EQ(events.size(), 3);
  EXPECT_EQ(events[0].data, full);
  EXPECT_TRUE(events[1].data.at("a").is_null());
  EXPECT_EQ(events[2].data.size(), 0);
  const auto keys = Catalog(folder / "x.db").run("-1").streams().at(0).data_keys;
  EXPECT_EQ(keys.at("n").at("units"), Json("eV"));
  EXPECT_EQ(keys.at("a").at("shape"), Json::array({2, 3}));
}

TEST(Recording, ASampleIsFoundByItsNameElseInsertedOnce) {
  const TemporaryFolder folder;
  SampleMetadata sample;
  sample.name = "ZnPc";
  sample.formula = "C32H16N8Zn";
  sample.tags = {"organic", "thin film"};
  sample.extra = Json::object({{"thickness_nm", 40}});
  RunWriter writer(folder / "x.db");
  const auto id = writer.add_sample(sample);
  EXPECT_EQ(writer.add_sample(sample), id);
  for (int i = 0; i < 2; ++i) {
    RunOptions options;
    options.sample = sample;
    writer.open_run("count", options);
    writer.close_run();
  }
  EXPECT_EQ(count(folder / "x.db", "SELECT count(*) FROM samples"), 1);
  const auto found = Catalog(folder / "x.db").run("-1").sample();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->formula, "C32H16N8Zn");
  EXPECT_EQ(found->tags, sample.tags);
  EXPECT_EQ(found->extra, sample.extra);
}

TEST(Recording, TheIdOfASampleFromAnotherBeamtimeNamesNothingHere) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  SampleMetadata other;
  other.name = "first here";
  const auto id = writer.add_sample(other);
  SampleMetadata carried;
  carried.name = "carried over";
  carried.id = id;
  RunOptions options;
  options.sample = carried;
  writer.open_run("count", options);
  EXPECT_EQ(Catalog(folder / "x.db").run("-1").summary().sample, "carried over");
}

TEST(Recording, EachStreamCountsItsOwnEventsFromOne) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  const auto uid = writer.open_run("scan");
  const auto keys = Json::object({{"x", number_key("m")}});
  for (const char* name : {"primary", "baseline", "monitor of I0"}) writer.open_stream(name, keys);
  for (int i = 0; i < 5; ++i) {
    writer.write_event("primary", x_is(i));
    if (i % 2 == 0) writer.write_event("baseline", x_is(10 * i));
  }
  const Catalog catalog(folder / "x.db");
  std::vector<std::uint64_t> seen;
  for (const auto& event : events_of(catalog.run(uid), "baseline")) seen.push_back(event.seq_num);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3}));
  const auto streams = catalog.run(uid).streams();
  ASSERT_EQ(streams.size(), 3);
  EXPECT_EQ(streams[0].name, "primary");
  EXPECT_EQ(streams[0].num_events, 5);
  EXPECT_EQ(streams[2].name, "monitor of I0");
  EXPECT_EQ(streams[2].num_events, 0);
  writer.close_run();
  EXPECT_EQ(catalog.run(uid).summary().num_events, 8);
}

TEST(Recording, ARunKeepsWhatItWasTold) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  RunOptions options;
  options.operator_name = "J. Doe";
  options.metadata = Json::parse(R"({"b": 1, "a": {"nested": [NaN, 12345678901234567890]}, "purpose": "prüfen"})");
  options.tags = {"night", "good", "night"};
  options.uid = "0123456789abcdef0123456789abcdef";
  options.time_start = 1700000000.25;
  EXPECT_EQ(writer.open_run("energy scan", options), *options.uid);
  EXPECT_TRUE(writer.run_open());
  writer.close_run(ExitStatus::aborted, "beam dump", 1700000100.5);
  EXPECT_FALSE(writer.run_open());
  const auto run = Catalog(folder / "x.db").run(*options.uid);
  const auto summary = run.summary();
  EXPECT_EQ(summary.plan_name, "energy scan");
  EXPECT_EQ(summary.operator_name, "J. Doe");
  EXPECT_EQ(summary.time_start, 1700000000.25);
  EXPECT_EQ(summary.time_stop, 1700000100.5);
  EXPECT_EQ(summary.exit_status, "aborted");
  EXPECT_EQ(summary.tags, (std::vector<std::string>{"good", "night"}));
  EXPECT_EQ(run.reason(), "beam dump");
  EXPECT_EQ(run.metadata(), options.metadata);
}

TEST(Recording, RunsEndAsTheyAreClosed) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  for (const auto status : {ExitStatus::success, ExitStatus::aborted, ExitStatus::failed}) {
    const auto uid = writer.open_run("count");
    EXPECT_FALSE(Catalog(folder / "x.db").run(uid).summary().exit_status);
    writer.close_run(status);
    const auto run = Catalog(folder / "x.db").run(uid);
    EXPECT_EQ(run.summary().exit_status, to_string(status));
    EXPECT_TRUE(run.summary().time_stop);
    EXPECT_FALSE(run.reason());
  }
}

TEST(Recording, ScanIdsCountUpFromTheLargestUnlessGiven) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  const auto scan_id_of = [&](RunOptions options) {
    const auto uid = writer.open_run("count", std::move(options));
    writer.close_run();
    return Catalog(folder / "x.db").run(uid).summary().scan_id;
  };
  EXPECT_EQ(scan_id_of({}), 1);
  EXPECT_EQ(scan_id_of({}), 2);
  RunOptions given;
  given.scan_id = 80276;
  EXPECT_EQ(scan_id_of(given), 80276);
  EXPECT_EQ(scan_id_of({}), 80277);
  RunOptions in_metadata;
  in_metadata.metadata = Json::object({{"scan_id", 90000}});
  EXPECT_EQ(scan_id_of(in_metadata), 90000);
  in_metadata.scan_id = 5;  // what is said outright counts more
  EXPECT_EQ(scan_id_of(in_metadata), 5);
  EXPECT_EQ(scan_id_of({}), 90001);
}

TEST(Recording, ABlockOfEventsIsThereAsAWholeAtEveryLevel) {
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    const TemporaryFolder folder;
    RunWriterOptions options;
    options.durability = level;
    options.commit_interval = std::chrono::hours(1);
    RunWriter writer(folder / "x.db", options);
    writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    std::vector<Frame> frames;
    for (unsigned i = 0; i < 10; ++i) frames.push_back(make_frame(i));
    std::vector<NewEvent> block;
    for (unsigned i = 0; i < 10; ++i) block.push_back(event_with(x_is(i), {{"ccd", &frames[i]}}));
    writer.write_event("primary", x_is(-1));
    const auto uids = writer.write_events("primary", block);
    ASSERT_EQ(uids.size(), 10);
    const auto run = Catalog(folder / "x.db").run("-1");
    EXPECT_EQ(run.streams().at(0).num_events, 11);  // what was queued before the block comes before it
    EXPECT_EQ(events_of(run, "primary").back().uid, uids.back());
    const auto images = run.images("ccd");
    ASSERT_EQ(images.size(), 10);
    for (unsigned i = 0; i < 10; ++i) {
      EXPECT_EQ(images[i].bytes, frames[i].bytes);
      EXPECT_EQ(images.seq_num(i), i + 2);
    }
    EXPECT_TRUE(writer.write_events("primary", {}).empty());
  }
}

TEST(Recording, ABlockThatIsWrongInOnePlaceIsRefusedAsAWhole) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  std::vector<NewEvent> block(3, event_with(x_is(1)));
  block[2].data = Json::object({{"x", "text"}});
  EXPECT_THAT(said([&] { writer.write_events("primary", block); }), refusal(ErrorCode::invalid_argument, "data key 'x'"));
  block[2] = event_with(Json::object({{"x", 1.0}}));
  block[2].time = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(said([&] { writer.write_events("primary", block); }), refusal(ErrorCode::invalid_argument, "an event's time is NaN"));
  EXPECT_EQ(count(folder / "x.db", "SELECT count(*) FROM events"), 0);
  writer.write_event("primary", x_is(1));
  EXPECT_EQ(count(folder / "x.db", "SELECT max(seq_num) FROM events"), 1);
}

}  // namespace
}  // namespace resonance::record_test
