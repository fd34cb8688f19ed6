/// The index and a filter that looks at every run in memory answer the same questions alike.
#include <sys/stat.h>

#include <map>
#include <set>

#include "index/search.hpp"
#include "index_testing.hpp"
#include "naive_filter.hpp"
#include "query/parse.hpp"
#include "random_queries.hpp"
#include "random_runs.hpp"
#include "resonance/annotations.hpp"
#include "support/query_tree.hpp"

namespace resonance::index_test {
namespace {

constexpr double kFirstStart = 1771200000;             // 2026-02-16; 40 days from there clocks are set, in America and in Europe
constexpr double kAsked = kFirstStart + 36.5 * 86400;  // within them, too
constexpr const char* kZone = "America/Los_Angeles";

std::uint64_t bytes_on_disk(const fs::path& folder) {
  std::uint64_t sum = 0;
  if (!fs::exists(folder)) return sum;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat info{};
    if (entry.is_regular_file() && ::stat(entry.path().c_str(), &info) == 0) sum += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return sum;
}

class Agreement : public DataRoot, public testing::WithParamInterface<int> {
 protected:
  static constexpr int kRuns = 120, kQueries = 1500;

  Agreement() {
    auto master = index();
    master.register_researcher({.name = "Ada Example", .root_path = "ada"});
    master.register_researcher({.name = "Bo", .root_path = "bo/x"});
    RandomRuns random(static_cast<std::uint64_t>(GetParam()), kFirstStart);
    record_all(random, "ada/march.db", "Ada Example", kRuns / 2);
    record_all(random, "bo/x/Spring 1.db", "Bo", kRuns / 3);
    record_all(random, "else.db", "unassigned", kRuns - kRuns / 2 - kRuns / 3);
    master.sync();
  }

  void record_all(RandomRuns& random, const std::string& db_path, const std::string& researcher, int count) {
    const auto database = root() / db_path;
    fs::create_directories(database.parent_path());
    RunWriter writer(database);
    const auto first = runs_.size();
    for (int i = 0; i < count; ++i) {
      auto run = random.next();
      run.db_path = db_path;
      run.beamtime = database.stem().string();
      run.researcher = researcher;
      record_one(writer, run);
      runs_.push_back(std::move(run));
    }
    writer.close();
    add_notes(database, first);
    const auto store = fs::path(database).replace_extension(".zarr");
    sqlite::Connection connection(database, sqlite::Access::read_write);
    for (auto run = runs_.begin() + static_cast<std::ptrdiff_t>(first); run != runs_.end(); ++run) {
      if (run->num_frames > 0) run->bytes = bytes_on_disk(store / "runs" / run->uid);
      // what no writer of ours leaves: a run that is open for good, and another program's word
      connection.prepare("UPDATE runs SET exit_status = ?, time_stop = ? WHERE uid = ?")
          .bind_all(run->status, run->time_stop, run->uid)
          .run();
    }
  }

  void add_notes(const fs::path& database, std::size_t first) const {
    Annotations annotations(database);
    for (std::size_t i = first; i < runs_.size(); ++i)
      for (const auto& note : runs_[i].notes) annotations.add_note(runs_[i].uid, note);
  }

  static void record_one(RunWriter& writer, const PlainRun& run) {
    RunOptions options;
    options.operator_name = run.operator_name;
    options.metadata = run.metadata;
    options.tags = run.tags;
    options.scan_id = run.scan_id;
    options.uid = run.uid;
    options.time_start = run.time_start;
    if (run.sample) {
      options.sample.emplace();
      options.sample->name = run.sample->name;
      options.sample->formula = run.sample->formula;
      options.sample->serial = run.sample->serial;
      options.sample->tags = run.sample->tags;
    }
    writer.open_run(run.plan, options);
    Json keys = Json::object();
    for (const auto& key : run.keys) keys.set(key.name, number_key("simulated", key.unit));
    if (run.num_frames > 0) keys.set("ccd", image_key("camera", 4, 4, DType::uint16));
    writer.open_stream("primary", keys);
    const std::vector<std::byte> pixels(4 * 4 * 2, std::byte{7});
    for (std::uint64_t i = 0; i < run.num_events; ++i) {
      NewEvent event;
      for (const auto& key : run.keys) event.data.set(key.name, key.values[i]);
      event.time = run.time_start + static_cast<double>(i);
      if (i < run.num_frames) event.frames.push_back({"ccd", {pixels, 4, 4, DType::uint16}});
      writer.write_event("primary", event);
    }
    writer.close_run(ExitStatus::success, "", run.time_stop);
  }

  [[nodiscard]] query::Node parsed(const std::string& text) const { return query::parse_query(text, {kAsked, TimeZone::load(kZone)}); }

  [[nodiscard]] std::set<std::string> expected(const query::Node& tree) const {
    std::set<std::string> out;
    for (const auto& run : runs_)
      if (NaiveFilter(run).fits(tree)) out.insert(run.uid);
    return out;
  }

  static SearchOptions asked(const std::string& query) {
    SearchOptions options;
    options.query = query;
    options.zone = kZone;
    options.now = kAsked;
    return options;
  }

  /// All pages of an answer. A run that is on two of them is told.
  template <class Search>
  static std::set<std::string> all_pages(SearchOptions options, Search&& search) {
    std::set<std::string> out;
    do {
      const SearchPage page = search(options);
      for (const auto& run : page.runs) EXPECT_TRUE(out.insert(run.uid).second) << "twice: " << run.uid;
      options.cursor = page.next;
    } while (!options.cursor.empty());
    return out;
  }

  /// How often each value occurs among the runs.
  [[nodiscard]] std::map<std::string, std::uint64_t> counted(const std::set<std::string>& uids, std::string_view facet) const {
    std::map<std::string, std::uint64_t> out;
    for (const auto& run : runs_) {
      if (!uids.contains(run.uid)) continue;
      if (facet == "plan") ++out[run.plan];
      if (facet == "status") ++out[run.status.value_or("open")];
      if (facet == "sample" && run.sample) ++out[run.sample->name];
      if (facet == "researcher") ++out[run.researcher];
      if (facet != "tag") continue;
      const auto tags = run.all_tags();
      for (const auto& tag : std::set(tags.begin(), tags.end())) ++out[tag];
    }
    return out;
  }

  /// Why two answers differ, with one of the runs that are in one of them alone.
  [[nodiscard]] std::string difference(const std::set<std::string>& wanted, const std::set<std::string>& got) const {
    for (const auto& run : runs_)
      if (wanted.contains(run.uid) != got.contains(run.uid))
        return fmt::format("{} {}: plan {}, sample {}, start {}, keys {}, tags {}, metadata {}", run.uid,
                           wanted.contains(run.uid) ? "is missing" : "does not fit", run.plan, run.sample ? run.sample->name : "none",
                           iso_utc(run.time_start), run.keys.size(), fmt::join(run.all_tags(), "|"), run.metadata.dump());
    return "";
  }

  void compare_answers() const {
    const auto master = index();
    RandomQueries queries(static_cast<std::uint64_t>(GetParam()) + 1000, runs_);
    Choice choice(static_cast<std::uint64_t>(GetParam()));
    int with_answers = 0, failures = 0;
    for (int i = 0; i < kQueries && failures < 5; ++i) {
      auto options = asked(queries.next());
      options.sort = choice.of({"-time_start", "time_start", "scan_id", "-duration", "sample", "num_events"});
      options.limit = choice.one_in(3) ? 7 : 1000;
      const auto tree = parsed(options.query);
      const auto wanted = expected(tree), got = all_pages(options, [&](const auto& page) { return master.search(page); });
      EXPECT_EQ(wanted.size(), got.size()) << "query: " << options.query << "\ntree: " << test::text_of(tree);
      EXPECT_EQ(difference(wanted, got), "") << "query: " << options.query << "\ntree: " << test::text_of(tree);
      if (wanted != got) ++failures;
      if (!wanted.empty() && wanted.size() < runs_.size()) ++with_answers;
    }
    EXPECT_GT(with_answers, kQueries / 3) << "questions that are true of all runs, or of none, show little";
  }

  void compare_facets() const {
    const auto master = index();
    RandomQueries queries(static_cast<std::uint64_t>(GetParam()) + 2000, runs_);
    for (int i = 0; i < kQueries / 10; ++i) {
      FacetOptions options;
      options.query = queries.next();
      options.names = {"plan", "status", "sample", "researcher", "tag"};
      options.zone = kZone;
      options.now = kAsked;
      const auto wanted = expected(parsed(options.query));
      for (const auto& facet : master.facets(options))
        EXPECT_EQ(std::map(facet.values.begin(), facet.values.end()), counted(wanted, facet.name))
            << facet.name << " of: " << options.query;
    }
  }

  /// The same answers where hardly anything is listed, and most runs are found on a walk.
  void compare_walks() const {
    sqlite::Connection connection(root() / "index.db", sqlite::Access::read);
    RandomQueries queries(static_cast<std::uint64_t>(GetParam()) + 4000, runs_);
    for (int i = 0; i < kQueries / 3; ++i) {
      const auto few = static_cast<std::uint64_t>(i % 7);
      index::Search search(connection, {.few = few, .many_for_all = few * 2, .listed_words = few});
      const auto query = queries.next();
      const auto wanted = expected(parsed(query));
      EXPECT_EQ(all_pages(asked(query), [&](const auto& options) { return search.page(options); }), wanted) << query;
      FacetOptions options{.query = query, .names = {"sample"}, .zone = kZone, .now = kAsked};
      EXPECT_EQ(search.count(options), wanted.size()) << query;
      const auto sample = search.facets(options).front();
      EXPECT_EQ(std::map(sample.values.begin(), sample.values.end()), counted(wanted, "sample")) << query;
    }
  }

  /// The same questions, asked of one of the beamtimes alone.
  void compare_beamtime() const {
    const Catalog catalog(root() / "ada/march.db");
    std::set<std::string> uids;
    for (const auto& run : runs_)
      if (run.db_path == "ada/march.db") uids.insert(run.uid);
    RandomQueries queries(static_cast<std::uint64_t>(GetParam()) + 3000, runs_);
    for (int i = 0; i < kQueries / 50; ++i) {
      const auto query = queries.next();
      if (query.find("beamtime") != std::string::npos || query.find("researcher") != std::string::npos) continue;  // it knows neither
      std::set<std::string> wanted;
      std::ranges::set_intersection(expected(parsed(query)), uids, std::inserter(wanted, wanted.end()));
      EXPECT_EQ(all_pages(asked(query), [&](const auto& options) { return resonance::search(catalog, options); }), wanted) << query;
    }
  }

  std::vector<PlainRun> runs_;
};

TEST_P(Agreement, OfTheIndexWithAFilterThatLooksAtEveryRun) {
  compare_answers();
  compare_facets();
  compare_walks();
  compare_beamtime();
}

INSTANTIATE_TEST_SUITE_P(Seeds, Agreement, testing::Range(1, 3));

}  // namespace
}  // namespace resonance::index_test
