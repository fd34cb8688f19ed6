// Events per second at each durability level, beside bare SQLite: the same rows, tables, pragmas, checkpoints and transaction
// sizes, with uids and JSON text made beforehand.
#include "base/uid.hpp"
#include "material.hpp"
#include "pair.hpp"
#include "resonance/catalog.hpp"
#include "resonance/schema.hpp"
#include "sqlite/connection.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::bench {
namespace {

constexpr std::uint64_t kBlock = 1000;
constexpr std::int64_t kCheckpointPages = 2000;  // as the writer does
constexpr auto kInsert = "INSERT INTO events(uid, stream_uid, seq_num, time, data, timestamps) VALUES(?, ?, ?, ?, ?, ?)";

class BareSqlite {
 public:
  BareSqlite(const std::filesystem::path& path, sqlite::Synchronous level) : connection_(path, sqlite::Access::create) {
    create_beamtime_schema(connection_.handle());
    connection_.use_write_ahead_log();
    connection_.set_synchronous(level);
    connection_.execute(
        "INSERT INTO runs(uid, plan_name, time_start) VALUES('r', 'scan', 0);"
        "INSERT INTO streams(uid, run_uid, name, data_keys, time_created) VALUES('0123456789abcdef0123456789abcdef', 'r', 'primary', '{}', "
        "0)");
    insert_ = std::make_unique<sqlite::Statement>(connection_.prepare(kInsert));
  }

  /// Seconds to insert the events in transactions of `rows`. One row needs no BEGIN: that is the least there can be.
  double insert(const std::vector<NewEvent>& events, std::uint64_t rows) {
    struct Row {
      std::string uid, data, timestamps;
      double time;
    };
    std::vector<Row> prepared;
    for (const auto& event : events) prepared.push_back({new_uid(*event.time), event.data.dump(), event.timestamps.dump(), *event.time});
    const Stopwatch watch;
    for (std::size_t first = 0; first < prepared.size(); first += rows) {
      if (rows > 1) connection_.execute("BEGIN IMMEDIATE");
      for (auto i = first; i < std::min(first + rows, prepared.size()); ++i)
        insert_->bind_all(prepared[i].uid, stream_, ++seq_num_, prepared[i].time, prepared[i].data, prepared[i].timestamps).run();
      if (rows > 1) connection_.execute("COMMIT");
      if (connection_.log_pages() > kCheckpointPages) connection_.checkpoint();
    }
    return watch.seconds();
  }

 private:
  const std::string stream_ = "0123456789abcdef0123456789abcdef";
  sqlite::Connection connection_;
  std::unique_ptr<sqlite::Statement> insert_;
  std::uint64_t seq_num_ = 0;
};

RunWriter open_writer(const std::filesystem::path& path, Durability level) {
  RunWriterOptions options;
  options.durability = level;
  RunWriter writer(path, std::move(options));
  (void)writer.open_run("scan");
  (void)writer.open_stream("primary", data_keys());
  return writer;
}

/// `rows`: of one transaction of the floor. Blocks go through write_events(), single events through write_event().
void record(benchmark::State& state, Durability level, std::uint64_t count, std::uint64_t rows, bool timestamps) {
  const test::TemporaryFolder folder;
  const bool blocks = rows > 1 && level != Durability::group;
  const auto events = make_events(count, timestamps);
  auto writer = open_writer(folder / "ours.db", level);
  BareSqlite bare(folder / "bare.db", level == Durability::strict ? sqlite::Synchronous::full : sqlite::Synchronous::normal);
  const auto ours = [&] {
    const Stopwatch watch;
    if (blocks) {
      for (std::size_t i = 0; i < events.size(); i += rows)
        (void)writer.write_events("primary", std::span(events).subspan(i, std::min(rows, events.size() - i)));
    } else {
      for (const auto& event : events) (void)writer.write_event("primary", event);
    }
    if (level == Durability::group) writer.flush();
    const auto seconds = watch.seconds();
    writer.sync();  // what it still does behind our back must not slow the floor down
    return seconds;
  };
  compare(state, rows > 1 ? "bare SQLite, 1000 rows a transaction" : "bare SQLite, a row a transaction", static_cast<double>(count), ours,
          [&] { return bare.insert(events, rows); });
  writer.close_run();
}

void read_table(benchmark::State& state) {
  constexpr std::uint64_t kRows = 100'000;
  const test::TemporaryFolder folder;
  {
    auto writer = open_writer(folder / "x.db", Durability::commit);
    const auto events = make_events(kRows, false);
    (void)writer.write_events("primary", events);
    writer.close_run();
  }
  const auto run = Catalog(folder / "x.db").run("-1");
  const auto ours = [&] {
    const Stopwatch watch;
    const auto table = run.table();
    benchmark::DoNotOptimize(table.columns.data());
    return watch.seconds();
  };
  const auto floor = [&] {
    sqlite::Connection connection(folder / "x.db", sqlite::Access::read);
    auto select = connection.prepare("SELECT seq_num, time, data FROM events ORDER BY stream_uid, seq_num");
    const Stopwatch watch;
    double sum = 0;
    while (select.step()) sum += static_cast<double>(select.int64(0)) + select.real(1) + static_cast<double>(select.text(2).size());
    benchmark::DoNotOptimize(sum);
    return watch.seconds();
  };
  compare(state, "bare SQLite reading the same JSON text", kRows, ours, floor);
}

void add(const char* name, Durability level, std::uint64_t count, std::uint64_t rows, bool timestamps, int rounds) {
  benchmark::RegisterBenchmark(name, record, level, count, rows, timestamps)
      ->UseManualTime()
      ->Iterations(rounds)
      ->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  add("events/strict", Durability::strict, 300, 1, false, 11);
  add("events/commit", Durability::commit, 4000, 1, false, 11);
  add("events/commit, a timestamp for each key", Durability::commit, 4000, 1, true, 11);
  add("events/group", Durability::group, 40'000, kBlock, false, 9);
  add("events/blocks of 1000", Durability::commit, 40'000, kBlock, false, 9);
  add("events/blocks of 1000, strict", Durability::strict, 20'000, kBlock, false, 9);
  benchmark::RegisterBenchmark("events/table() of 100,000 events", read_table)
      ->UseManualTime()
      ->Iterations(7)
      ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace resonance::bench
