/// One writer, eight readers, a second writer, and death among them: readers only ever see the beginning of what was recorded, never
/// less than before, never other values, never "database is locked"; and the log stays small.
///
/// With --threads everything happens in this process, without kills: the form to run under the thread sanitizer.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "crash/common/checker.hpp"
#include "crash/common/follower.hpp"
#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "sqlite/connection.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr unsigned kReaders = 8;
constexpr std::uint64_t kLongLog = 64u << 20;  // a checkpoint is due at 8 MB

WriterPlan plan_of(std::uint64_t seed) {
  auto out = WriterPlan::of(seed);
  out.steps = 150;
  return out;
}

std::uint64_t bytes_of(const fs::path& file) {
  std::error_code missing;
  const auto out = fs::file_size(file, missing);
  return missing ? 0 : out;
}

/// A process that does one thing over and over, and is started again when it was killed.
struct Member {
  pid_t process = 0;
  std::uint64_t kills = 0;
};

/// Writer and readers as processes.
class Crowd {
 public:
  Crowd(fs::path database, std::uint64_t seed) : database_(std::move(database)), dice_(seed), seed_(seed) {}
  ~Crowd() {
    for (const auto& reader : readers_)
      if (reader.process > 0) kill_and_wait(reader.process);
    if (writer_.process > 0) kill_and_wait(writer_.process);
  }

  void run(const Clock& clock) {
    start_writer();
    wait_until_made();
    for (unsigned i = 0; i < kReaders; ++i) start_reader(i);
    while (!clock.over()) {
      std::this_thread::sleep_for(milliseconds(5 + dice_.below(30)));
      look_after_all();
      if (dice_.one_in(6)) replace_writer();
      if (dice_.one_in(10)) replace_reader(static_cast<unsigned>(dice_.below(kReaders)));
      largest_log_ = std::max(largest_log_, bytes_of(database_.string() + "-wal"));
    }
    finish();
  }

  void tell() const {
    fmt::print("{} kills of writers, {} of readers; {} looks at runs, {} events, {} frames; the log had {:.1f} MB at most\n", writer_.kills,
               reader_kills_, totals_->looks.load(), totals_->events.load(), totals_->frames.load(),
               static_cast<double>(largest_log_) / 1e6);
  }

 private:
  /// A file that is being made has no tables for a moment, and is no beamtime yet.
  void wait_until_made() const {
    for (int i = 0; i < 2000; ++i) {
      try {
        (void)Catalog(database_);
        return;
      } catch (const Error&) {
        std::this_thread::sleep_for(milliseconds(5));
      }
    }
  }
  void start_writer() {
    board_ = std::make_unique<Shared<Board>>();
    plan_ = plan_of(mix(seed_, 1, writer_.kills));
    writer_.process = start_recorder(database_, plan_, {.pause = std::chrono::microseconds(dice_.below(400))}, **board_);
  }
  void start_reader(unsigned number) {
    std::fflush(nullptr);
    const auto seed = mix(seed_, 2, number + 100 * reader_kills_);
    const pid_t child = ::fork();
    if (child != 0) {
      readers_[number].process = child;
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int status = 0;
    try {
      for (;;) follow_once(database_, {.seed = seed, .threads = number % 2 == 0 ? 1u : 2u}, *totals_);
    } catch (const std::exception& error) {
      fmt::print(stderr, "reader {}: {}\n", number, error.what());
      status = 4;
    }
    ::_exit(status);
  }
  void look_after_all() {
    int status = 0;
    for (const auto& reader : readers_) require(!has_left(reader.process, status), "a reader left with {}", status);
    if (!has_left(writer_.process, status)) return;
    require(status == 0, "the writer left with {}: {}", status, (*board_)->failure);
    note();
    start_writer();
  }
  void note() {
    for (auto& run : known_) run.recovery_begun = run.recovered = true;
    for (unsigned run = 0; run < (*board_)->runs; ++run) known_.push_back(KnownRun::of(plan_, **board_, run));
  }
  void replace_writer() {
    kill_and_wait(writer_.process);
    ++writer_.kills;
    note();
    start_writer();
  }
  void replace_reader(unsigned number) {
    kill_and_wait(readers_[number].process);
    ++reader_kills_;
    start_reader(number);
  }
  void finish() {
    for (auto& reader : readers_) kill_and_wait(std::exchange(reader.process, 0));
    (*board_)->stop = 1;
    const auto status = wait_for(std::exchange(writer_.process, 0));
    require(status == 0, "the writer left with {}: {}", status, (*board_)->failure);
    for (auto& run : known_) run.recovery_begun = run.recovered = true;
    note();
    const Catalog catalog(database_, {.threads = 1});
    for (const auto& run : known_) check_run(catalog, run);
    check_verified(database_, {}, true);
    require(largest_log_ < kLongLog, "the log grew to {} bytes", largest_log_);
  }

  fs::path database_;
  Dice dice_;
  std::uint64_t seed_;
  Member writer_;
  Member readers_[kReaders];
  std::uint64_t reader_kills_ = 0, largest_log_ = 0;
  WriterPlan plan_;
  std::unique_ptr<Shared<Board>> board_;
  std::vector<KnownRun> known_;
  Shared<FollowTotals> totals_;
};

/// Everybody is a thread.
void run_threads(const fs::path& database, std::uint64_t seed, const Clock& clock) {
  FollowTotals totals;
  std::atomic<bool> stop = false;
  std::mutex mutex;  // guards broken
  std::string broken;
  const auto guard = [&](const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex);
      broken += fmt::format("\n  {}", error.what());
      stop = true;
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (std::uint64_t round = 0; !stop; ++round)
      guard([&] {
        Board own;
        auto plan = plan_of(mix(seed, 1, round));
        plan.steps = 60;
        record(database, plan, {.most_runs = 3}, own);
      });
  });
  for (unsigned i = 0; i < kReaders; ++i)
    threads.emplace_back([&, i] {
      while (!stop) guard([&] { follow_once(database, {.seed = mix(seed, 2, i), .threads = 1 + i % 2}, totals); });
    });
  while (!clock.over() && !stop) std::this_thread::sleep_for(milliseconds(20));
  stop = true;
  for (auto& thread : threads) thread.join();
  require(broken.empty(), "among threads:{}", broken);
  check_verified(database, {}, true);
  fmt::print("threads: {} looks at runs, {} events, {} frames\n", totals.looks.load(), totals.events.load(), totals.frames.load());
}

/// A reader that never lets go of its view: the log cannot be reset, writing goes on, and afterwards the log becomes short again.
void run_stubborn_reader(const fs::path& database, std::uint64_t seed) {
  auto plan = plan_of(mix(seed, 3));
  plan.level = Durability::commit;
  plan.codec = Codec::none;
  plan.height = plan.width = 8;
  plan.steps = 900;
  const auto log = database.string() + "-wal";
  const Shared<Board> board;
  record(database, plan, {.most_runs = 1}, *board);
  std::uint64_t held = 0, steps = 0;
  RunWriter writer(database, plan.options());
  {
    sqlite::Connection reader(database, sqlite::Access::read);
    reader.execute("BEGIN");
    require(reader.query_int("SELECT count(*) FROM runs") == 1, "the reader does not see the run");
    const auto before = reader.query_int("SELECT count(*) FROM events");
    for (unsigned run = 1; run <= 3; ++run, steps += plan.steps) {
      open_run(writer, plan, plan.run_seed(run));
      Script script(plan.run_seed(run));
      std::vector<std::string> uids[kStreams];
      for (unsigned i = 0; i < plan.steps; ++i) perform(writer, plan, plan.run_seed(run), script.next(), uids);
      writer.close_run();
    }
    held = bytes_of(log);
    require(reader.query_int("SELECT count(*) FROM events") == before, "the reader's view changes while it holds it");
    reader.execute("ROLLBACK");
  }
  // Nobody holds it any more: the next checkpoint takes all, and the next commit begins the log anew.
  open_run(writer, plan, plan.run_seed(4));
  Script script(plan.run_seed(4));
  std::vector<std::string> uids[kStreams];
  for (unsigned i = 0; i < plan.steps; ++i) perform(writer, plan, plan.run_seed(4), script.next(), uids);
  const auto after = bytes_of(log);
  writer.close_run();
  writer.close();
  require(!fs::exists(log), "the log stays behind after the last writer has closed");
  require(after <= held + (4u << 20), "the log goes on growing after the reader has let go: {} bytes, then {}", held, after);
  fmt::print(
      "a reader that held its view for {} steps: the log grew to {:.1f} MB, writing went on; after it let go the log stayed at {:.1f} MB\n",
      steps, static_cast<double>(held) / 1e6, static_cast<double>(after) / 1e6);
}

int run(const Settings& settings, Scratch& scratch, std::uint64_t seed) {
  const Clock clock(settings.number("seconds", 20));
  if (settings.has("threads")) {
    run_threads(scratch / "threads.db", seed, clock);
    return 0;
  }
  run_stubborn_reader(scratch / "held.db", seed);
  constexpr double kLeast = 1;  // seconds for the crowd, however short the run
  const auto left = std::max(kLeast, static_cast<double>(settings.number("seconds", 20)) - clock.elapsed());
  Crowd crowd(scratch / "x.db", seed);
  crowd.run(Clock(static_cast<std::uint64_t>(std::ceil(left))));
  crowd.tell();
  return 0;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(
      argc, argv, "one writer, eight readers, and death among them",
      {{"seconds=", "how long; default: 20"}, {"threads", "in this process alone, without kills"}, {"seed=", "of the random numbers"}});
  Scratch scratch;
  const auto seed = settings.seed();
  return guarded(scratch, seed, " (who comes when is not the same each time)", [&] { return run(settings, scratch, seed); });
}
