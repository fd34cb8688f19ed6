/// What the writer refuses, in which words, and that nothing is left of it.
#include <limits>

#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

/// A writer with one event in stream "primary"; after each refusal everything is as it was.
class Refusals : public testing::Test {
 protected:
  Refusals() {
    writer.open_run("count");
    writer.open_stream("primary", keys());
    writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
    before = row_counts(database);
  }
  static Json keys() {
    auto out = usual_keys();
    const std::int64_t shape[] = {2};
    out.set("i", integer_key("s"));
    out.set("t", string_key("s"));
    out.set("b", boolean_key("s"));
    out.set("a", array_key("s", shape));
    return out;
  }
  void expect_refused(const NewEvent& event, std::string_view part) {
    EXPECT_THAT(said([&] { writer.write_event("primary", event); }), refusal(ErrorCode::invalid_argument, part));
  }
  void expect_nothing_happened() {
    EXPECT_EQ(row_counts(database), before);
    writer.write_event("primary", event_with(x_is(2), {{"ccd", &frame}}));
    EXPECT_EQ(count(database, "SELECT max(seq_num) FROM events"), 2);
    EXPECT_EQ(count(database, "SELECT max(index_in_stack) FROM image_refs"), 1);
    writer.close_run();
    const auto run = Catalog(database).run("-1");
    EXPECT_EQ(run.summary().num_events, 2);
    EXPECT_EQ(run.summary().num_frames, 2);
    EXPECT_EQ(run.images("ccd")[1].bytes, frame.bytes);
  }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
  Frame frame = make_frame(1);
  RunWriter writer{database};
  std::map<std::string, std::int64_t> before;
};

TEST_F(Refusals, ValuesThatAreNotAsDeclaredNameTheirKey) {
  expect_refused(event_with(Json::object({{"y", 1}})), "data key 'y' was not declared by open_stream; declared are: x, ccd, i, t, b, a");
  expect_refused(event_with(Json::object({{"x", "1.5"}})), "data key 'x': is declared as number, but the value is \"1.5\"");
  expect_refused(event_with(Json::object({{"x", true}})), "'x'");
  expect_refused(event_with(Json::object({{"x", Json::array({1})}})), "'x'");
  expect_refused(event_with(Json::object({{"i", 1.0}})), "data key 'i': is declared as integer, but the value is 1.0");
  expect_refused(event_with(Json::object({{"t", 1}})), "data key 't': is declared as string");
  expect_refused(event_with(Json::object({{"b", 1}})), "data key 'b': is declared as boolean");
  expect_refused(event_with(Json::object({{"a", Json::array({1, 2, 3})}})), "data key 'a': is declared as array of another shape");
  expect_refused(event_with(Json::object({{"a", 1}})), "'a'");
  expect_refused(event_with(Json::object({{"ccd", Json::array({1})}})), "data key 'ccd': its values are frames");
  expect_refused(event_with(Json::array({1})), "an event's data must be an object, not [1]");
  expect_nothing_happened();
}

TEST_F(Refusals, TimestampsBelongToDeclaredKeysAndAreNumbers) {
  auto event = event_with(x_is(1));
  event.timestamps = Json::object({{"y", 1.0}});
  expect_refused(event, "timestamp of data key 'y' was not declared");
  event.timestamps = Json::object({{"x", "noon"}});
  expect_refused(event, "data key 'x': its timestamp must be a number of seconds, not \"noon\"");
  event.timestamps = Json::array();
  expect_refused(event, "timestamps must be an object");
  event.timestamps = Json::object();
  event.time = std::numeric_limits<double>::infinity();
  expect_refused(event, "an event's time is Infinity");
  expect_nothing_happened();
}

TEST_F(Refusals, FramesThatAreNotAsDeclaredNameTheirField) {
  const auto turned = make_frame(10, 6, DType::uint16, 1);
  const auto typed = make_frame(6, 10, DType::float32, 1);
  expect_refused(event_with(x_is(1), {{"ccd", &turned}}), "data key 'ccd': is declared as 6x10 uint16, but the frame is 10x6 uint16");
  expect_refused(event_with(x_is(1), {{"ccd", &typed}}), "but the frame is 6x10 float32");
  expect_refused(event_with(x_is(1), {{"ccd", &frame}, {"ccd2", &frame}}), "frame field 'ccd2' was not declared");
  expect_refused(event_with(x_is(1), {{"..", &frame}}), "frame field '..'");
  auto cut = event_with(x_is(1), {{"ccd", &frame}});
  cut.frames[0].frame.bytes = cut.frames[0].frame.bytes.first(7);
  expect_refused(cut, "do not fit 7 bytes");
  expect_nothing_happened();
}

TEST_F(Refusals, TextThatIsNotUtf8AndNestingThatCouldNotBeReadAgain) {
  RunWriterOptions options;
  options.allow_undeclared = true;
  RunWriter lenient(folder / "lenient.db", options);
  lenient.open_run("count");
  lenient.open_stream("primary", Json::object());
  EXPECT_THAT(said([&] { lenient.write_event("primary", Json::object({{"t", "caf\xe9"}})); }),
              refusal(ErrorCode::invalid_argument, "UTF-8"));
  Json deep = 1;
  for (int i = 0; i < 127; ++i) deep = Json::array({deep});
  lenient.write_event("primary", Json::object({{"deep", deep}}));
  EXPECT_THAT(said([&] { lenient.write_event("primary", Json::object({{"deep", Json::array({deep})}})); }),
              refusal(ErrorCode::invalid_argument, "an event's data nests deeper than 128 levels"));
  EXPECT_THAT(said([&] { lenient.write_event("primary", Json::object({{"bad\nkey", 1}})); }),
              refusal(ErrorCode::invalid_argument, "data key 'bad\\x0akey' contains a control character"));
  const auto table = Catalog(folder / "lenient.db").run("-1").table();
  ASSERT_EQ(table.rows, 1);
  EXPECT_EQ(table["deep"].at(0), deep);
}

TEST_F(Refusals, StreamsAndRuns) {
  EXPECT_THAT(said([&] { writer.write_event("primry", x_is(1)); }),
              refusal(ErrorCode::not_found, "this run has no stream 'primry'; it has: primary"));
  EXPECT_THAT(said([&] { writer.open_stream("primary", Json::object()); }),
              refusal(ErrorCode::already_exists, "this run has a stream 'primary' already"));
  EXPECT_THAT(said([&] { writer.open_stream("", Json::object()); }), refusal(ErrorCode::invalid_argument, "stream name is empty"));
  EXPECT_THAT(said([&] { writer.open_run("again"); }), refusal(ErrorCode::invalid_state, "is open; close it before the next one"));
  EXPECT_THAT(said([&] { (void)writer.durable("other"); }), refusal(ErrorCode::not_found, "no stream 'other'"));
  EXPECT_THAT(said([&] { writer.close_run(ExitStatus::success, "", std::numeric_limits<double>::quiet_NaN()); }),
              refusal(ErrorCode::invalid_argument, "time_stop is NaN"));
  expect_nothing_happened();
}

TEST(OpenRun, RefusesWhatARunCannotBeCalled) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  const auto open = [&](std::string_view plan, const std::function<void(RunOptions&)>& change) {
    RunOptions options;
    change(options);
    return said([&] { writer.open_run(plan, options); });
  };
  const auto nothing = [](RunOptions&) {};
  EXPECT_THAT(open("", nothing), refusal(ErrorCode::invalid_argument, "plan name is empty"));
  EXPECT_THAT(open("a\tb", nothing), refusal(ErrorCode::invalid_argument, "plan name 'a\\x09b' contains a control character"));
  EXPECT_THAT(open(std::string(256, 'x'), nothing), refusal(ErrorCode::invalid_argument, "at most 255"));
  EXPECT_THAT(open("p", [](auto& o) { o.metadata = Json::array(); }), refusal(ErrorCode::invalid_argument, "metadata must be an object"));
  EXPECT_THAT(open("p", [](auto& o) { o.metadata = Json::object({{"t", "\xff"}}); }), refusal(ErrorCode::invalid_argument, "UTF-8"));
  EXPECT_THAT(open("p", [](auto& o) { o.metadata = Json::object({{"scan_id", Json::BigInteger{"99999999999999999999"}}}); }),
              refusal(ErrorCode::invalid_argument, "99999999999999999999"));
  EXPECT_THAT(open("p", [](auto& o) { o.uid = "ABC"; }), refusal(ErrorCode::invalid_argument, "run uid 'ABC' is not a uid"));
  EXPECT_THAT(open("p", [](auto& o) { o.tags = {"ok", ""}; }), refusal(ErrorCode::invalid_argument, "tag is empty"));
  EXPECT_THAT(open("p", [](auto& o) { o.sample = SampleMetadata{}; }), refusal(ErrorCode::invalid_argument, "sample name is empty"));
  EXPECT_THAT(open("p", [](auto& o) { o.time_start = std::numeric_limits<double>::quiet_NaN(); }),
              refusal(ErrorCode::invalid_argument, "time_start is NaN"));
  for (const auto& [table, rows] : row_counts(folder / "x.db")) EXPECT_EQ(rows, 0) << table;
  const auto uid = writer.open_run("p");
  writer.close_run();
  EXPECT_THAT(open("p", [&](auto& o) { o.uid = uid; }), refusal(ErrorCode::already_exists, uid));
  writer.open_run("p");  // and goes on
}

TEST(ClosedWriter, RefusesEverythingAndClosesTwice) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  EXPECT_THAT(said([&] { writer.open_stream("primary", {}); }), refusal(ErrorCode::invalid_argument, "data_keys must be an object"));
  EXPECT_THAT(said([&] { writer.open_stream("primary", Json::object()); }), refusal(ErrorCode::invalid_state, "no run is open"));
  EXPECT_THAT(said([&] { writer.write_event("primary", x_is(1)); }),
              refusal(ErrorCode::invalid_state, "no run is open; call open_run first"));
  EXPECT_THAT(said([&] { writer.close_run(); }), refusal(ErrorCode::invalid_state, "no run is open"));
  writer.close();
  writer.close();
  const auto closed = refusal(ErrorCode::invalid_state, "the writer of " + (folder / "x.db").string() + " is closed");
  EXPECT_THAT(said([&] { writer.open_run("p"); }), closed);
  EXPECT_THAT(said([&] { writer.write_event("primary", x_is(1)); }), closed);
  EXPECT_THAT(said([&] { writer.flush(); }), closed);
  EXPECT_THAT(said([&] { writer.sync(); }), closed);
  EXPECT_THAT(said([&] { writer.close_run(); }), closed);
  EXPECT_THAT(said([&] { writer.add_sample({{}, "s", {}, {}, {}, {}, Json::object()}); }), closed);
  EXPECT_FALSE(writer.run_open());
}

TEST(MovedWriter, TheNewOneGoesOnAndTheOldOneSaysSo) {
  const TemporaryFolder folder;
  RunWriter first(folder / "x.db");
  first.open_run("count");
  first.open_stream("primary", usual_keys());
  RunWriter second(std::move(first));
  second.write_event("primary", x_is(1));
  // NOLINTBEGIN(bugprone-use-after-move): that is what is tested
  EXPECT_THAT(said([&] { first.write_event("primary", x_is(2)); }), refusal(ErrorCode::invalid_state, "this writer was moved away"));
  EXPECT_FALSE(first.run_open());
  EXPECT_TRUE(first.database().empty());
  first.close();
  // NOLINTEND(bugprone-use-after-move)
  RunWriter other(folder / "y.db");
  other.open_run("given up");
  other = std::move(second);  // closes the run of y.db as failed
  EXPECT_EQ(Catalog(folder / "y.db").run("-1").summary().exit_status, "failed");
  other.write_event("primary", x_is(2));
  EXPECT_EQ(other.database(), folder / "x.db");
  EXPECT_EQ(count(folder / "x.db", "SELECT count(*) FROM events"), 2);
}

TEST(WriterDestructor, MarksAnOpenRunFailed) {
  const TemporaryFolder folder;
  {
    RunWriter writer(folder / "x.db");
    writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    writer.write_event("primary", x_is(1));
  }
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.summary().exit_status, "failed");
  EXPECT_EQ(run.summary().num_events, 1);
  EXPECT_EQ(run.reason(), "the writer was closed while the run was open");
}

TEST(WriterPlaces, WhatIsNoBeamtimeIsRefusedAndStaysAsItWas) {
  const TemporaryFolder folder;
  const auto open = [&](const fs::path& path) { return said([&] { RunWriter writer(path); }); };
  EXPECT_THAT(open(folder / "x.sqlite"), refusal(ErrorCode::invalid_argument, "ends in .db"));
  EXPECT_THAT(open(folder / "nowhere/x.db"), refusal(ErrorCode::not_found, "there is no folder"));
  fs::create_directory(folder / "folder.db");
  EXPECT_THAT(open(folder / "folder.db"), refusal(ErrorCode::invalid_argument, "is a folder"));
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  EXPECT_THAT(open(folder / "text.db"), refusal(ErrorCode::corrupt, "text.db"));
  {
    sqlite::Connection index(folder / "index.db", sqlite::Access::create);
    create_index_schema(index.handle());
  }
  EXPECT_THAT(open(folder / "index.db"), refusal(ErrorCode::corrupt, "index.db is no beamtime"));
  EXPECT_EQ(count(folder / "index.db", "PRAGMA user_version"), 1);
  EXPECT_EQ(count(folder / "index.db", "SELECT count(*) FROM sqlite_master WHERE name = 'runs'"), 0);
  {
    RunWriter writer(folder / "newer.db");
    writer.close();
    sqlite::Connection(folder / "newer.db", sqlite::Access::read_write).set_user_version(3);
  }
  EXPECT_THAT(open(folder / "newer.db"), refusal(ErrorCode::unsupported, "schema version 3"));
}

}  // namespace
}  // namespace resonance::record_test
