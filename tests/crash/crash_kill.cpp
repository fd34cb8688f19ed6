/// kill -9 at any moment: what was acknowledged is there for readers at once, and for good after the next writer came.
///
/// Each round starts a recorder in a child, kills it, looks at the beamtime as a reader does, and compares it with what the child
/// noted in shared memory. The next round's recorder recovers what this one left, and may be killed while it does. A second recorder
/// goes on through all rounds of a beamtime, untouched. Some rounds kill `resonance simulate --live --json` instead.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "crash/common/checker.hpp"
#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "crash/common/simulator.hpp"
#include "resonance/error.hpp"
#include "resonance/recover.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

constexpr unsigned kRoundsOfABeamtime = 24;
constexpr unsigned kRunsLookedAtAgain = 2;

struct Sums {
  std::uint64_t rounds = 0, killed = 0, while_opening = 0, while_closing = 0, simulated = 0, recoveries = 0, beamtimes = 0;
  std::uint64_t steps = 0, not_committed = 0;
  std::int64_t oldest_lost_ns = 0;  // acknowledged at level group, and lost
};

enum class Moment { opening, recording, closing };

/// One beamtime, killed in many times.
class Beamtime {
 public:
  Beamtime(fs::path database, std::uint64_t seed, Sums& sums, const fs::path& command)
      : database_(std::move(database)), dice_(seed), seed_(seed), sums_(sums), command_(command) {
    ++sums_.beamtimes;
  }
  ~Beamtime() {
    if (survivor_ > 0) kill_and_wait(survivor_);
  }

  void begin_survivor() {
    auto plan = WriterPlan::of(mix(seed_, 100));
    plan.steps = 50;
    RecorderOptions options;
    options.pause = microseconds(4000);
    survivor_plan_ = plan;
    survivor_ = start_recorder(database_, plan, options, *survivor_board_);
    wait_until([&] { return survivor_board_->runs > 0 && survivor_board_->run[0].acknowledged > 0; }, survivor_, *survivor_board_);
  }

  void round(unsigned number) {
    const auto plan = WriterPlan::of(mix(seed_, 200, number));
    words_ = plan.words();
    if (!command_.empty() && dice_.one_in(12))
      kill_simulator(number);
    else if (fs::exists(database_) && dice_.one_in(10))
      kill_recovery();
    else
      kill_recorder(plan);
    look();
    ++sums_.rounds;
  }

  /// A last writer recovers, and everything is looked at.
  void finish() {
    end_survivor();
    {
      const pid_t last = start_recorder(database_, WriterPlan::of(seed_), {.most_runs = 0}, *Shared<Board>());
      require(wait_for(last) == 0, "a writer that only opens and closes the beamtime fails");
    }
    for (auto& run : known_) run.recovery_begun = run.recovered = true;
    const Catalog catalog(database_, {.threads = 1});
    for (const auto& run : known_) check_run(catalog, run);
    for (auto& run : simulated_) run.check(catalog, true);
    check_verified(database_, {}, true);
    require(!fs::exists(database_.string() + "-wal"), "the log is still there after the last writer has closed");
  }

  [[nodiscard]] const std::string& words() const noexcept { return words_; }

 private:
  template <class Condition>
  static void wait_until(Condition&& condition, pid_t child, const Board& board) {
    int status = 0;
    while (!condition()) {
      require(!has_left(child, status) || status == 0, "a recorder left with {}: {}", status, board.failure);
      if (status == 0 && board.state == Board::closed) return;
      std::this_thread::sleep_for(microseconds(200));
    }
  }

  /// Wait for the moment in which the child shall die, but not for ever.
  void wait_for_moment(Moment moment, const Board& board) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto reached = [&] {
      if (moment == Moment::opening) return true;
      const auto& run = board.run[board.runs == 0 ? 0 : board.runs - 1];
      return moment == Moment::recording ? run.acknowledged > 0 || board.runs > 1
                                         : run.state >= RunNotes::closing || board.state >= Board::closing;
    };
    while (!reached() && board.failed == 0 && board.state != Board::closed) {
      require(std::chrono::steady_clock::now() < deadline, "a recorder has not come so far in 20 s");
      std::this_thread::sleep_for(microseconds(100));
    }
    const auto most = moment == Moment::recording ? 15000u : moment == Moment::opening ? 6000u : 2000u;
    std::this_thread::sleep_for(microseconds(dice_.below(most)));
  }

  void kill_recorder(const WriterPlan& plan) {
    const Shared<Board> board;
    const auto moment = dice_.one_in(4) ? Moment::opening : dice_.one_in(4) ? Moment::closing : Moment::recording;
    for (auto& run : known_) run.recovery_begun = true;
    const pid_t child = start_recorder(database_, plan, {}, *board);
    wait_for_moment(moment, *board);
    const auto killed = kill_and_wait(child);
    const auto when = now_ns();
    require(board->failed == 0, "recording failed: {}", board->failure);
    sums_.killed += killed ? 1 : 0;
    sums_.while_opening += moment == Moment::opening ? 1 : 0;
    sums_.while_closing += moment == Moment::closing ? 1 : 0;
    note(plan, *board, when);
  }

  void note(const WriterPlan& plan, const Board& board, std::int64_t when) {
    if (board.state >= Board::opened) now_recovered();
    new_ = known_.size();
    for (unsigned run = 0; run < board.runs; ++run) known_.push_back(KnownRun::of(plan, board, run));
    if (board.runs == 0) return;
    last_acknowledged_.clear();
    for (const auto& at : board.run[board.runs - 1].when_ns) last_acknowledged_.push_back(when - at);
  }

  void now_recovered() {
    for (auto& run : known_) run.recovered = true;
    for (auto& run : simulated_) run.recovered = true;
  }

  /// recover_beamtime() may die at any moment, too; when it ends, it has done what a writer would have.
  void kill_recovery() {
    for (auto& run : known_) run.recovery_begun = true;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        (void)recover_beamtime(database_);
        ::_exit(0);
      } catch (const Error& error) {
        ::_exit(known_never_made(error) ? 0 : 9);
      } catch (...) {
        ::_exit(10);
      }
    }
    std::this_thread::sleep_for(microseconds(dice_.below(6000)));
    ::kill(child, SIGKILL);
    const int status = wait_for(child);
    require(status == 0 || status == -SIGKILL, "recovery without a writer left with {}", status);
    sums_.killed += status == 0 ? 0 : 1;
    ++sums_.recoveries;
    if (status == 0) now_recovered();
    new_ = known_.size();
  }

  /// A beamtime whose first writer was killed while it made the tables.
  [[nodiscard]] bool known_never_made(const Error& error) const {
    return known_.empty() && simulated_.empty() && error.code() == ErrorCode::corrupt;
  }

  void kill_simulator(unsigned number) {
    for (auto& run : known_) run.recovery_begun = true;
    auto runs = simulate_and_kill(command_, database_, mix(seed_, 300, number), microseconds(dice_.below(25000)), sums_.killed);
    if (!runs.empty()) now_recovered();
    for (auto& run : runs) simulated_.push_back(std::move(run));
    new_ = known_.size();
    ++sums_.simulated;
  }

  /// Before anybody recovers: what is new, and a few of the older runs.
  void look() {
    if (!fs::exists(database_)) return;  // killed before it was made
    std::optional<Catalog> catalog;
    try {
      catalog.emplace(database_, CatalogOptions{.threads = 1});
    } catch (const Error& error) {
      require(known_.empty() && simulated_.empty(), "the beamtime cannot be opened: {}", error.what());
      return;  // killed while it was made
    }
    std::vector<std::string> looked_at;
    const auto check = [&](const KnownRun& known) {
      const auto seen = check_run(*catalog, known);
      if (seen.run) looked_at.push_back(run_uid(known.seed));
      return seen;
    };
    for (auto i = new_; i < known_.size(); ++i) count(known_[i], check(known_[i]), i + 1 == known_.size());
    for (unsigned i = 0; i < kRunsLookedAtAgain && new_ > 0; ++i) check(known_[i == 0 ? new_ - 1 : dice_.below(new_)]);
    if (!simulated_.empty()) simulated_.back().check(*catalog, simulated_.back().recovered);
    if (!looked_at.empty()) check_verified(database_, looked_at, dice_.one_in(4));
  }

  void count(const KnownRun& known, const Seen& seen, bool last) {
    sums_.steps += seen.steps;
    if (seen.steps >= known.acknowledged) return;
    sums_.not_committed += known.acknowledged - seen.steps;
    if (last && known.acknowledged - seen.steps <= last_acknowledged_.size())
      sums_.oldest_lost_ns = std::max(sums_.oldest_lost_ns, last_acknowledged_[seen.steps % last_acknowledged_.size()]);
  }

  void end_survivor() {
    if (survivor_ <= 0) return;
    survivor_board_->stop = 1;
    const auto status = wait_for(std::exchange(survivor_, 0));
    require(status == 0, "the recorder that nobody killed left with {}: {}", status, survivor_board_->failure);
    for (unsigned run = 0; run < survivor_board_->runs; ++run) {
      known_.push_back(KnownRun::of(survivor_plan_, *survivor_board_, run));
      require(known_.back().state == RunNotes::closed, "the recorder that nobody killed has not closed its run");
    }
  }

  fs::path database_;
  Dice dice_;
  std::uint64_t seed_;
  Sums& sums_;
  const fs::path& command_;
  std::string words_;
  std::vector<KnownRun> known_;
  std::size_t new_ = 0;  // from here on they are of the last round
  std::vector<SimulatedRun> simulated_;
  std::vector<std::int64_t> last_acknowledged_;  // how long before the death
  pid_t survivor_ = 0;
  WriterPlan survivor_plan_;
  Shared<Board> survivor_board_;
};

void tell(const Sums& sums, double seconds) {
  fmt::print(
      "{} rounds in {:.0f} s ({:.0f} ms each), {} processes killed ({} while opening or recovering, {} while closing, {} of the command), "
      "{} recoveries without a writer, {} beamtimes\n{} steps found again; at level group {} acknowledged ones were still queued, the "
      "oldest for {:.1f} ms\n",
      sums.rounds, seconds, seconds * 1000 / static_cast<double>(std::max<std::uint64_t>(1, sums.rounds)), sums.killed, sums.while_opening,
      sums.while_closing, sums.simulated, sums.recoveries, sums.beamtimes, sums.steps, sums.not_committed,
      static_cast<double>(sums.oldest_lost_ns) / 1e6);
}

int run(const Settings& settings, Scratch& scratch, std::uint64_t seed) {
  const Clock clock(settings.has("seconds") ? std::optional(settings.number("seconds", 0)) : std::nullopt);
  const auto kills = settings.number("kills", settings.has("seconds") ? ~0ull : 1000);
  fs::path command = settings.text("command", (fs::read_symlink("/proc/self/exe").parent_path() / "resonance").string());
  if (!fs::exists(command)) {
    fmt::print("SKIPPED: kills of the command, because there is no {}\n", command.string());
    command.clear();
  }
  Sums sums;
  for (std::uint64_t number = 0; sums.killed < kills && !clock.over(); ++number) {
    const auto folder = scratch / fmt::format("{}", number);
    fs::create_directory(folder);
    Beamtime beamtime(folder / "x.db", mix(seed, number), sums, command);
    unsigned round = 0;
    try {
      if (number % 3 == 1) beamtime.begin_survivor();
      for (; round < kRoundsOfABeamtime && sums.killed < kills && !clock.over(); ++round) beamtime.round(round);
      beamtime.finish();
    } catch (const std::exception& error) {
      throw Broken(fmt::format("beamtime {}, round {} ({}): {}", number, round, beamtime.words(), error.what()));
    }
    fs::remove_all(folder);
  }
  tell(sums, clock.elapsed());
  return sums.rounds > 0 ? 0 : kTooShort;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(argc, argv, "kill recorders with SIGKILL and look for what they were told",
                          {{"seconds=", "how long; default: until --kills"},
                           {"kills=", "how many; default: 1000"},
                           {"seed=", "of the random numbers"},
                           {"command=", "the resonance command to be killed, too; default: beside this program"}});
  Scratch scratch;
  const auto seed = settings.seed();
  return guarded(scratch, seed, " (with the same options; when the process dies is not the same each time)",
                 [&] { return run(settings, scratch, seed); });
}
