/// Between which values a run's data keys lie: what a search for `energy>280` goes by, without reading an event.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>

#include "io/posix_error.hpp"
#include "resonance/verify.hpp"
#include "support/raw_database.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

using Ranges = std::map<std::string, std::pair<double, double>>;

/// "stream/key" → low and high.
Ranges ranges_of(const fs::path& database, const std::string& run = "-1") {
  Ranges out;
  for (const auto& range : Catalog(database).run(run).data_key_ranges())
    EXPECT_TRUE(out.emplace(range.stream + "/" + range.data_key, std::pair(range.low, range.high)).second) << range.data_key << " twice";
  return out;
}

std::int64_t stored(const fs::path& database) { return count(database, "SELECT count(*) FROM stream_ranges"); }

/// What is stored must be what the events say.
void expect_as_events_say(const fs::path& database) {
  const auto said = ranges_of(database);
  ASSERT_GT(stored(database), 0);
  test::RawDatabase(database).query("DELETE FROM stream_ranges");
  EXPECT_EQ(ranges_of(database), said);
}

std::vector<Fault> faults_of(const fs::path& database) {
  std::vector<Fault> out;
  verify_beamtime(database, {}, [&](const Fault& fault) { out.push_back(fault); });
  return out;
}

class DataKeyRanges : public testing::Test {
 protected:
  TemporaryFolder folder;
  fs::path database = folder / "x.db";
};

TEST_F(DataKeyRanges, AreThoseOfTheNumbersOfEachStream) {
  RunWriter writer(database);
  writer.open_run("scan");
  const std::int64_t shape[] = {2};
  const auto keys = Json::object({{"energy", number_key("mono", "eV")},
                                  {"shots", integer_key("counter")},
                                  {"shutter", boolean_key("shutter")},
                                  {"note", string_key("operator")},
                                  {"spectrum", array_key("mca", shape)},
                                  {"never", number_key("nothing", "V")}});
  for (const char* stream : {"primary", "baseline"}) writer.open_stream(stream, keys);
  writer.write_event("primary", Json::parse(R"({"energy": 284.5, "shots": 7, "shutter": true, "note": "9", "spectrum": [1, 1000]})"));
  writer.write_event("primary", Json::parse(R"({"energy": -0.0, "shots": 9007199254740992, "never": null})"));
  writer.write_event("primary", Json::parse(R"({"energy": 320, "shots": -3})"));
  writer.write_event("baseline", Json::parse(R"({"energy": 5.0})"));
  const Ranges wanted = {{"primary/energy", {0.0, 320.0}}, {"primary/shots", {-3.0, 9007199254740992.0}}, {"baseline/energy", {5.0, 5.0}}};
  EXPECT_EQ(ranges_of(database), wanted) << "while the run is recorded";
  EXPECT_EQ(stored(database), 0);
  writer.close_run();
  EXPECT_EQ(ranges_of(database), wanted);
  EXPECT_EQ(stored(database), 2);
  const auto ranges = Catalog(database).run("-1").data_key_ranges();
  EXPECT_EQ(ranges[0].units, "eV");
  EXPECT_EQ(ranges[1].units, std::nullopt);
  writer.close();
  EXPECT_TRUE(faults_of(database).empty());
  expect_as_events_say(database);
}

TEST_F(DataKeyRanges, LeaveOutWhatIsNoFiniteNumber) {
  RunWriterOptions options;
  options.allow_undeclared = true;
  RunWriter writer(database, options);
  writer.open_run("scan");
  writer.open_stream("primary", Json::object());
  writer.write_event("primary", Json::parse(R"({"a": NaN, "b": Infinity, "c": -Infinity, "d": "1", "e": [1], "f": true, "g": null})"));
  EXPECT_TRUE(ranges_of(database).empty());
  writer.write_event("primary", Json::parse(R"({"g": 2.5, "b": 1, "a": NaN, "later": 1e300})"));
  writer.write_event("primary", Json::object({{"b", Json::BigInteger{std::string(400, '9')}}, {"g", true}}));
  writer.close_run();
  EXPECT_EQ(ranges_of(database), (Ranges{{"primary/g", {2.5, 2.5}}, {"primary/b", {1, 1}}, {"primary/later", {1e300, 1e300}}}));
  EXPECT_TRUE(faults_of(database).empty());
  expect_as_events_say(database);
}

TEST_F(DataKeyRanges, OfAStreamWithoutEventsAreNone) {
  RunWriter writer(database);
  writer.open_run("scan");
  writer.open_stream("primary", usual_keys());
  writer.close_run();
  EXPECT_TRUE(ranges_of(database).empty());
  EXPECT_EQ(text(database, "SELECT ranges FROM stream_ranges"), "{}");
  EXPECT_TRUE(faults_of(database).empty());
}

TEST_F(DataKeyRanges, AreThoseOfRandomEventsHoweverTheyWereWritten) {
  std::mt19937 random(7);
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    RunWriterOptions options;
    options.durability = level;
    options.allow_undeclared = true;
    RunWriter writer(database, options);
    writer.open_run("scan");
    Ranges wanted;
    for (const char* stream : {"a", "b"}) writer.open_stream(stream, Json::object());
    for (int call = 0; call < 60; ++call) {
      const std::string stream = random() % 2 == 0 ? "a" : "b";
      std::vector<NewEvent> block(1 + random() % 4);
      for (auto& event : block)
        for (auto n = random() % 6; n > 0; --n) {
          const auto key = "key" + std::to_string(random() % 9);
          const double value = std::ldexp(static_cast<double>(random()) - 2e9, static_cast<int>(random() % 40) - 20);
          if (event.data.find(key) != nullptr) continue;
          event.data.set(key, value);
          auto& [low, high] = wanted.try_emplace(stream + "/" + key, value, value).first->second;
          low = std::min(low, value);
          high = std::max(high, value);
        }
      if (random() % 2 == 0)
        writer.write_events(stream, block);
      else
        for (const auto& event : block) writer.write_event(stream, event);
    }
    writer.close_run();
    writer.close();
    EXPECT_EQ(ranges_of(database), wanted) << to_string(level);
    EXPECT_TRUE(faults_of(database).empty());
    expect_as_events_say(database);
  }
}

TEST_F(DataKeyRanges, KnowNothingOfEventsThatWereRefusedOrWrittenTwice) {
  RunWriter writer(database);
  writer.open_run("scan");
  writer.open_stream("primary", usual_keys());
  NewEvent event;
  event.data = x_is(1);
  event.uid = "0123456789abcdef0123456789abcdef";
  for (int i = 0; i < 3; ++i) writer.write_event("primary", event);
  std::vector<NewEvent> block(2, event_with(x_is(-500)));
  block[1].data = Json::object({{"x", "text"}});
  EXPECT_NE(said([&] { writer.write_events("primary", block); }), "");
  event.data = x_is(500);
  EXPECT_THAT(said([&] { writer.write_event("primary", event); }), refusal(ErrorCode::already_exists, "other content"));
  writer.close_run();
  EXPECT_EQ(ranges_of(database), (Ranges{{"primary/x", {1, 1}}}));
}

TEST_F(DataKeyRanges, KnowNothingOfEventsThatAFullDiskKeptOut) {
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    const auto files = std::make_shared<WatchedFiles>();
    RunWriterOptions options;
    options.durability = level;
    options.file_system = files;
    RunWriter writer(database, options);
    writer.open_run("scan");
    writer.open_stream("primary", usual_keys());
    const auto frame = make_frame(1);
    for (const double x : {2.0, 3.0}) writer.write_event("primary", event_with(x_is(x), {{"ccd", &frame}}));
    writer.flush();
    std::atomic<bool> full = true;
    files->watch([&](std::string_view call, const fs::path& path) {
      if (full && call == "write" && is_shard(path, "ccd")) io::throw_errno(ENOSPC, "writing", path, 0);
    });
    EXPECT_NE(said([&] {
                writer.write_event("primary", event_with(x_is(700), {{"ccd", &frame}}));
                writer.flush();
              }),
              "");
    full = false;
    (void)said([&] { writer.write_event("primary", event_with(x_is(4), {{"ccd", &frame}})); });  // refused at level group
    (void)said([&] { writer.close_run(); });
    writer.close();
    EXPECT_EQ(ranges_of(database), (Ranges{{"primary/x", {2, level == Durability::group ? 3 : 4}}})) << to_string(level);
    EXPECT_TRUE(faults_of(database).empty());
    expect_as_events_say(database);
  }
}

TEST_F(DataKeyRanges, OfADeadRunAreFoundByTheNextWriter) {
  const pid_t child = ::fork();
  if (child == 0) {
    RunWriter writer(database);
    writer.open_run("doomed");
    writer.open_stream("primary", usual_keys());
    for (int i = 0; i < 300; ++i) writer.write_event("primary", x_is(i));
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(ranges_of(database), (Ranges{{"primary/x", {0, 299}}})) << "before anybody looked after it";
  EXPECT_EQ(stored(database), 0);
  RunWriter(database).close();
  EXPECT_EQ(stored(database), 1);
  EXPECT_EQ(ranges_of(database), (Ranges{{"primary/x", {0, 299}}}));
  EXPECT_TRUE(faults_of(database).empty());
}

TEST_F(DataKeyRanges, ThatWereChangedAreAFaultAndDamagedOnesHideNothing) {
  RunWriter writer(database);
  writer.open_run("scan");
  writer.open_stream("primary", usual_keys());
  for (int i = 0; i < 5; ++i) writer.write_event("primary", x_is(i));
  writer.close_run();
  writer.close();
  const auto change = [&](const std::string& ranges) {
    test::RawDatabase(database).query("UPDATE stream_ranges SET ranges = '" + ranges + "'");
  };
  change(R"({"x": [4, 0]})");
  EXPECT_EQ(ranges_of(database), (Ranges{{"primary/x", {0, 4}}}));
  for (const char* wrong :
       {R"({"x": [0, 5]})", "{}", R"({"x": [0, 4], "y": [1, 1]})", R"({"x": [4, 0]})", R"({"x": [0, NaN]})", "[1, 2]", "{", ""}) {
    change(wrong);
    const auto faults = faults_of(database);
    ASSERT_EQ(faults.size(), 1) << wrong;
    EXPECT_EQ(faults[0].kind, "data_range");
    EXPECT_EQ(faults[0].severity, Severity::fault);
    EXPECT_EQ(faults[0].run_uid, Catalog(database).run("-1").uid());
    EXPECT_THAT(faults[0].message, testing::HasSubstr("stream 'primary'"));
  }
  change(R"({"x":[0,4.0]})");
  EXPECT_TRUE(faults_of(database).empty());
}

}  // namespace
}  // namespace resonance::record_test
