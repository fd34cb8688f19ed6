/// What bench/compare_search starts: beamtimes are made, indexed, and asked; one JSON object a line on standard output.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>

#include "arguments.hpp"
#include "base/text.hpp"
#include "index/search.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/index.hpp"
#include "search_material.hpp"
#include "stopwatch.hpp"

namespace resonance::bench {
namespace {

namespace fs = std::filesystem;

void print(const Json& line) {
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

void make(const fs::path& root, std::uint64_t runs, std::uint64_t beamtimes) {
  init_data_root(root);
  for (std::uint64_t i = 0; i < beamtimes; ++i)
    make_beamtime(root / fmt::format("user{}", i % 40) / fmt::format("beamtime{:04}.db", i), i * (runs / beamtimes), runs / beamtimes);
}

void rebuild(const fs::path& root) {
  MasterIndex index(root);
  const Stopwatch watch;
  const auto report = index.rebuild();
  print(Json::object({{"runs", report.runs_written}, {"seconds", watch.seconds()}, {"bytes", fs::file_size(root / "index.db")}}));
}

/// The rows of an index, inserted once more by SQLite alone, run by run, into the same tables.
class BareInsert {
 public:
  BareInsert(const fs::path& from, const fs::path& to) {
    fs::remove(to);
    require(sqlite3_open_v2(from.c_str(), &from_, SQLITE_OPEN_READONLY, nullptr));
    require(sqlite3_open(to.c_str(), &to_));
    run(to_, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA locking_mode = EXCLUSIVE");
    auto* schema = prepare(from_,
                           "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE "
                           "'search_text_%' ORDER BY type = 'index'");
    while (sqlite3_step(schema) == SQLITE_ROW) run(to_, reinterpret_cast<const char*>(sqlite3_column_text(schema, 0)));
    sqlite3_finalize(schema);
  }
  ~BareInsert() {
    sqlite3_close(to_);
    sqlite3_close(from_);
  }
  BareInsert(const BareInsert&) = delete;
  BareInsert& operator=(const BareInsert&) = delete;

  Json measure() {
    run(to_, "BEGIN");
    for (const char* table : {"researchers", "beamtimes", "search_names", "search_paths", "search_samples"}) copy(table, "1");
    auto* count = prepare(from_, "SELECT max(run) FROM search_runs");
    sqlite3_step(count);
    const auto last = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    constexpr std::int64_t kStep = 5000;
    for (std::int64_t i = 0; i <= last; i += kStep) {
      const auto runs = fmt::format("BETWEEN {} AND {}", i + 1, i + kStep);
      copy("runs_index", fmt::format("uid IN (SELECT uid FROM search_runs WHERE run {})", runs));
      for (const char* table : {"search_runs", "search_tags", "search_values"}) copy(table, "run " + runs);
      copy("search_text", "rowid " + runs);
    }
    const Stopwatch watch;
    run(to_, "COMMIT");
    return Json::object({{"rows", rows_}, {"seconds", seconds_ + watch.seconds()}});
  }

 private:
  using Row = std::vector<sqlite3_value*>;
  static void require(int result) {
    if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ROW) throw std::runtime_error(sqlite3_errstr(result));
  }
  static void run(sqlite3* db, const std::string& sql) { require(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr)); }
  static sqlite3_stmt* prepare(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* out = nullptr;
    require(sqlite3_prepare_v2(db, sql.c_str(), -1, &out, nullptr));
    return out;
  }

  /// Rows are read first, so that only the inserts are timed.
  void copy(const std::string& table, const std::string& where) {
    const bool text = table == "search_text";
    auto* select = prepare(from_, fmt::format("SELECT {}* FROM {} WHERE {}", text ? "rowid, " : "", table, where));
    const int columns = sqlite3_column_count(select);
    std::vector<Row> rows;
    while (sqlite3_step(select) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < columns; ++i) row.push_back(sqlite3_value_dup(sqlite3_column_value(select, i)));
      rows.push_back(std::move(row));
    }
    sqlite3_finalize(select);
    std::string marks;
    for (int i = 0; i < columns; ++i) marks += i == 0 ? "?" : ", ?";
    auto* insert = prepare(to_, fmt::format("INSERT INTO {}{} VALUES({})", table, text ? "(rowid, words, notes)" : "", marks));
    const Stopwatch watch;
    for (const auto& row : rows) {
      for (int i = 0; i < columns; ++i) sqlite3_bind_value(insert, i + 1, row[static_cast<std::size_t>(i)]);
      require(sqlite3_step(insert));
      sqlite3_reset(insert);
    }
    seconds_ += watch.seconds();
    sqlite3_finalize(insert);
    rows_ += rows.size();
    for (const auto& row : rows)
      for (auto* value : row) sqlite3_value_free(value);
  }

  sqlite3* from_ = nullptr;
  sqlite3* to_ = nullptr;
  double seconds_ = 0;
  std::uint64_t rows_ = 0;
};

struct Question {
  const char* name;
  std::function<std::string(std::mt19937_64&)> query;
  const char* sort = "-time_start";
};

std::vector<Question> questions(const MasterIndex& index, std::uint64_t runs) {
  std::vector<std::string> uids;
  SearchOptions all;
  all.limit = 1000;
  for (const auto& run : index.search(all).runs) uids.push_back(run.uid);
  const auto start_of = [runs](std::mt19937_64& random) {
    return kFirstStart + kSecondsBetweenRuns * static_cast<double>(random() % runs);
  };
  return {
      {"newest first", [](auto&) { return std::string(); }},
      {"uid prefix", [uids](auto& random) { return "uid:" + uids[random() % uids.size()].substr(0, 20); }},
      {"sample", [runs](auto& random) { return fmt::format("sample:\"sample {}\"", random() % (runs / 100)); }},
      {"plan and time", [=](auto& random) { return fmt::format("plan:rsoxs_scan before:@{:.0f}", start_of(random)); }},
      {"plan", [](auto& random) { return fmt::format("plan:{}", kPlans[random() % kPlans.size()]); }},
      {"metadata, few runs",
       [](auto& random) {
         const auto low = static_cast<double>(random() % 40) - 20;
         return fmt::format("metadata.sample_x:{}..{}", low, low + 0.0001);
       }},
      {"metadata, many runs", [](auto& random) { return fmt::format("edge={} temperature>300K", kEdges[random() % kEdges.size()]); }},
      {"data key range", [](auto& random) { return fmt::format("energy>{}", 700 + random() % 20); }},
      {"rare word", [](auto& random) { return Vocabulary::word(50'000 + random() % 100'000); }},
      {"frequent word", [](auto& random) { return Vocabulary::word(random() % 5); }},
      {"rare word, ranked", [](auto& random) { return Vocabulary::word(50'000 + random() % 100'000); }, "rank"},
      {"two conditions, or",
       [=](auto& random) { return fmt::format("(sample:\"sample {}\" OR tag:reference) status:failed", random() % (runs / 100)); }},
  };
}

/// `before:@123` of a question stands for a time.
std::string with_time(std::string query) {
  const auto at = query.find('@');
  if (at == std::string::npos) return query;
  return query.substr(0, at) + '"' + iso_utc(std::stod(query.substr(at + 1))) + '"';
}

void ask(const fs::path& root, std::uint64_t runs, std::uint64_t count) {
  const MasterIndex index(root);
  sqlite::Connection connection(root / "index.db", sqlite::Access::read);
  for (const auto& question : questions(index, runs)) {
    std::mt19937_64 random(7);
    std::vector<double> times;
    std::uint64_t found = 0;
    SearchOptions options;
    constexpr std::uint64_t kWarm = 5;  // pages of the disk that every further question finds in memory
    for (std::uint64_t i = 0; i < count + kWarm; ++i) {
      options.query = with_time(question.query(random));
      options.sort = question.sort;
      const Stopwatch watch;
      const auto runs_found = index.search(options).runs.size();
      if (i < kWarm) continue;
      times.push_back(watch.seconds() * 1000);
      found += runs_found;
    }
    Json plan = Json::array();
    for (auto& line : index::Search(connection).plan(options)) plan.push_back(std::move(line));
    print(Json::object({{"question", question.name},
                        {"example", options.query},
                        {"found", static_cast<double>(found) / static_cast<double>(count)},
                        {"median_ms", percentile(times, 0.5)},
                        {"p99_ms", percentile(times, 0.99)},
                        {"plan", std::move(plan)}}));
  }
  const auto timed = [&](const char* name, const std::string& query, const auto& work) {
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) {
      const Stopwatch watch;
      work(query);
      times.push_back(watch.seconds() * 1000);
    }
    print(Json::object({{"question", name},
                        {"example", query},
                        {"found", index.count(query)},
                        {"median_ms", percentile(times, 0.5)},
                        {"p99_ms", percentile(times, 1)}}));
  };
  timed("facets of a tenth", "plan:rsoxs_scan", [&](const std::string& query) { (void)index.facets({.query = query}); });
  timed("facets of all", "", [&](const std::string& query) { (void)index.facets({.query = query}); });
  timed("facets of four keys", "",
        [&](const std::string& query) { (void)index.facets({.query = query, .names = {"plan", "sample", "operator", "status"}}); });
  timed("count of a tenth", "plan:rsoxs_scan", [&](const std::string& query) { (void)index.count(query); });
}

/// The same without an index: every beamtime is opened and asked.
void open_all(const fs::path& root, std::uint64_t beamtimes) {
  const MasterIndex index(root);
  const auto all = index.beamtimes();
  const auto some = std::min<std::uint64_t>(beamtimes, all.size());
  const auto timed = [&](const char* name, const auto& work) {
    const Stopwatch watch;
    for (std::uint64_t i = 0; i < some; ++i) work(Catalog(root / all[i * all.size() / some].db_path));
    print(Json::object({{"question", name},
                        {"beamtimes", some},
                        {"of", static_cast<std::uint64_t>(all.size())},
                        {"ms", watch.seconds() * 1000 * static_cast<double>(all.size()) / static_cast<double>(some)}}));
  };
  timed("sample", [](const Catalog& catalog) { (void)catalog.by_sample("sample 77"); });
  timed("plan", [](const Catalog& catalog) {
    RunQuery query;
    query.plan = "rsoxs_scan";
    query.limit = 50;
    (void)catalog.find(query);
  });
}

void sync(const fs::path& root) {
  MasterIndex index(root);
  std::vector<double> times;
  SyncReport report;
  for (int i = 0; i < 9; ++i) {
    const Stopwatch watch;
    report = index.sync();
    times.push_back(watch.seconds() * 1000);
  }
  print(Json::object({{"beamtimes", report.beamtimes}, {"runs_written", report.runs_written}, {"median_ms", percentile(times, 0.5)}}));
}

int run(int count, char** words) {
  const Arguments arguments(count, words, {"dir", "runs", "beamtimes", "count"});
  const fs::path root = arguments.text("dir");
  const auto runs = arguments.number("runs", 100'000);
  if (arguments.verb() == "make") make(root, runs, arguments.number("beamtimes", 100));
  if (arguments.verb() == "rebuild") rebuild(root);
  if (arguments.verb() == "bare") print(BareInsert(root / "index.db", root / "bare.copy").measure());
  if (arguments.verb() == "sync") sync(root);
  if (arguments.verb() == "ask") ask(root, runs, arguments.number("count", 200));
  if (arguments.verb() == "open-all") open_all(root, arguments.number("beamtimes", 20));
  return 0;
}

}  // namespace
}  // namespace resonance::bench

int main(int count, char** words) {
  try {
    return resonance::bench::run(count, words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "search_probe: {}\n", error.what());
    return 1;
  }
}
