/// System call number k fails, for k = 1, 2, … until a whole scenario passes without meeting the fault: nothing acknowledged is lost,
/// the call that failed says what and where, recording goes on where it can and refuses where it must not, and no file handle and no
/// thread is left behind.
#include <signal.h>
#include <unistd.h>
#include <chrono>
#include <thread>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>

#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "crash/common/stubborn.hpp"
#include "crash/seam/seam.hpp"
#include "resonance/beamtime.hpp"
#include "sqlite/connection.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;

/// How a system call fails.
struct Fault {
  const char* name;
  int error;       // 0: a short write
  bool for_ever;   // until room is made; else once
  bool invisible;  // the library has to cope with it by itself
  [[nodiscard]] bool no_space() const noexcept { return error == ENOSPC || error == EDQUOT; }
};
constexpr Fault kFaults[] = {
    {"EIO once", EIO, false, false},          {"EIO for ever", EIO, true, false},    {"ENOSPC once", ENOSPC, false, false},
    {"ENOSPC for ever", ENOSPC, true, false}, {"EDQUOT once", EDQUOT, false, false}, {"EDQUOT for ever", EDQUOT, true, false},
    {"EINTR once", EINTR, false, true},       {"short write once", 0, false, true},  {"short writes for ever", 0, true, true},
};

/// Lets one operation fail.
class FaultyDisk final : public Observer {
 public:
  FaultyDisk(const Fault& fault, std::uint64_t at) : fault_(fault), at_(at) {}

  Verdict before(const Operation& operation) override {
    if (over_ || !fits(operation)) return {};
    const bool now = ++count_ == at_ || (fault_.for_ever && count_ > at_);
    if (!now) return {};
    if (met_.empty()) met_ = std::string(to_string(operation.kind)) + " " + operation.path;
    if (fault_.error == 0) return {.at_most = std::max<std::uint64_t>(1, operation.bytes.size() / 2)};
    any_sync_failed_ |= operation.kind == Kind::sync || operation.kind == Kind::sync_folder;
    sync_failed_ |= run_is_open && operation.kind == Kind::sync && !operation.path.ends_with(".partial") &&
                    operation.path.find("zarr.json") == operation.path.npos;
    return {.error = fault_.error};
  }
  void end() {
    between_operations([this] { over_ = true; });
  }
  [[nodiscard]] std::string met() const { return look(met_); }
  [[nodiscard]] bool sync_failed() const { return look(sync_failed_); }
  [[nodiscard]] bool any_sync_failed() const { return look(any_sync_failed_); }
  bool run_is_open = false;  // set and read between operations

 private:
  template <class Value>
  static Value look(const Value& at) {
    Value out{};
    between_operations([&] { out = at; });
    return out;
  }

  /// Interrupted, or written in part, can only be what takes time.
  [[nodiscard]] bool fits(const Operation& operation) const {
    if (fault_.error == 0) return operation.kind == Kind::write && operation.bytes.size() > 1;
    if (fault_.error == EINTR) return operation.kind == Kind::write || operation.kind == Kind::create || operation.kind == Kind::truncate;
    return !(fault_.no_space() && operation.kind == Kind::unlink);
  }

  const Fault& fault_;
  std::uint64_t at_, count_ = 0;
  bool over_ = false, sync_failed_ = false, any_sync_failed_ = false;
  std::string met_;
};

/// What the machine is asked to do while it fails.
struct Scenario {
  enum class Kind { record, recover, migrate };
  std::string name;
  Kind kind = Kind::record;
  WriterPlan plan;
  fs::path template_folder = {};  // what is there before; empty: nothing
  std::vector<KnownRun> known = {};
};

WriterPlan plan_of(std::uint64_t seed, Durability level, Codec codec, unsigned steps) {
  auto out = WriterPlan::of(seed);
  out.level = level;
  out.codec = codec;
  out.height = 16;
  out.width = 24;
  out.frames_per_chunk = 0;
  out.steps = steps;
  return out;
}

void to_version_1(const fs::path& database) {
  sqlite::Connection connection(database, sqlite::Access::read_write);
  connection.execute("ALTER TABLE image_refs DROP COLUMN compression_codec; PRAGMA user_version = 1");
}

/// A beamtime with one run: closed, or left by a killed writer.
Scenario prepared(Scenario scenario, const fs::path& folder, std::uint64_t seed) {
  fs::create_directories(folder);
  scenario.template_folder = folder;
  const Shared<Board> board;
  const auto plan = plan_of(seed, Durability::commit, scenario.plan.codec, 8);
  const bool dies = scenario.kind == Scenario::Kind::recover;
  RecorderOptions options{.most_runs = 1};
  options.dies_before_closing = dies;
  require(wait_for(start_recorder(folder / "x.db", plan, options, *board)) == (dies ? -SIGKILL : 0), "preparing: {}", board->failure);
  fs::remove(folder / "x.db-shm");
  if (scenario.kind == Scenario::Kind::migrate) to_version_1(folder / "x.db");
  scenario.known.push_back(KnownRun::of(plan, *board, 0));
  scenario.known.back().recovery_begun = scenario.known.back().recovered = scenario.known.back().troubled = true;
  return scenario;
}

struct Sums {
  std::uint64_t cases = 0, told = 0, logged = 0, silent = 0;
  std::uint64_t behind = 0;        // zarr.json of a run that failed says less frames than there are
  std::set<std::string> silently;  // met, and nobody said anything
};

/// One scenario with one fault at one operation.
class Case {
 public:
  Case(const Scenario& scenario, const Fault& fault, std::uint64_t at, const fs::path& folder)
      : scenario_(scenario), fault_(fault), folder_(folder), database_(folder / "x.db"), disk_(fault, at) {}

  /// \return whether the fault was met
  bool run(std::uint64_t seed, Sums& sums) {
    fs::remove_all(folder_);
    if (scenario_.template_folder.empty())
      fs::create_directory(folder_);
    else
      fs::copy(scenario_.template_folder, folder_, fs::copy_options::recursive);
    const auto before = Belongings::now();
    {
      const Watch watch(folder_, disk_);
      scenario_.kind == Scenario::Kind::migrate ? migrate() : record();
      disk_.end();
    }
    auto after = Belongings::now();
    for (int i = 0; i < 200 && after != before; ++i) {  // the kernel counts a thread for a moment after it was joined
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      after = Belongings::now();
    }
    require(after == before, "{}: {} file handles and {} threads before, {} and {} after", met(), before.handles, before.threads,
            after.handles, after.threads);
    judge(sums);
    try {
      const auto behind = check_afterwards(database_, known_, seed, tolerated());
      sums.behind += scenario_.kind == Scenario::Kind::migrate ? 0 : behind;
    } catch (const std::exception& error) {
      throw Broken(fmt::format("{}\n  after: {}{}", error.what(), met(), story()));
    }
    return !disk_.met().empty();
  }

 private:
  /// A run that failed when it was sealed may say less frames in zarr.json than it has. And no file of version 1 was ever ours.
  [[nodiscard]] const char* tolerated() const { return scenario_.kind == Scenario::Kind::migrate ? "codec" : "published_length"; }
  [[nodiscard]] std::string met() const { return disk_.met() + " failed"; }
  [[nodiscard]] std::string story() const {
    std::string out;
    for (const auto& trouble : troubles_) out += fmt::format("\n    {}: {}", trouble.call, trouble.words);
    return out;
  }

  void record() {
    StubbornRecorder::Means means;
    if (fault_.no_space()) means.make_room = [this] { disk_.end(); };
    means.room_was_made = fault_.no_space() || !fault_.for_ever;
    means.sync_failed = [this] { return disk_.sync_failed(); };
    means.may_refuse = [this] { return disk_.any_sync_failed(); };
    means.now_at = [this](const std::string& call) { between_operations([&] { disk_.run_is_open = call.starts_with("step"); }); };
    StubbornRecorder recorder(database_, scenario_.plan, means);
    try {
      recorder.run();
    } catch (const std::exception& error) {
      troubles_ = recorder.troubles();
      throw Broken(fmt::format("{}\n  after: {}{}", error.what(), met(), story()));
    }
    troubles_ = recorder.troubles();
    logged_ = recorder.logged();
    known_ = scenario_.known;
    known_.insert(known_.end(), recorder.known().begin(), recorder.known().end());
  }

  void migrate() {
    for (int i = 0; i < 2; ++i) {
      try {
        migrate_beamtime_file(database_);
        break;
      } catch (const Error& error) {
        troubles_.push_back({"migrate", true, error.code(), error.detail().file, error.what()});
        if (fault_.no_space()) disk_.end();
        // The copy that the first attempt made is the user's to move away.
        if (error.code() == ErrorCode::already_exists || i == 0) fs::remove(database_.string() + ".v1.bak");
      }
    }
    disk_.end();
    if (describe_schema(database_).user_version == 1) {
      fs::remove(database_.string() + ".v1.bak");
      migrate_beamtime_file(database_);
    }
    known_ = scenario_.known;
  }

  void judge(Sums& sums) {
    ++sums.cases;
    if (disk_.met().empty()) return;
    if (fault_.invisible) {
      require(troubles_.empty(), "{} ({}), which has to be coped with: {}", met(), fault_.name, story());
      return;
    }
    for (const auto& trouble : troubles_)
      require(!trouble.file.empty() || trouble.words.find(folder_.string()) != std::string::npos, "{}: {} names no file: {}", met(),
              trouble.call, trouble.words);
    if (!troubles_.empty())
      ++sums.told;
    else if (logged_)
      ++sums.logged;
    else {
      ++sums.silent;
      sums.silently.insert(without_numbers(disk_.met()));
    }
  }

  /// Random and counted parts of names left out.
  static std::string without_numbers(const std::string& text) {
    std::string out;
    for (const char c : text)
      if (c < '0' || c > '9') out += c;
    if (const auto runs = out.find("runs/"); runs != std::string::npos)
      out = out.substr(0, runs) + out.substr(out.find('/', runs + 5) == out.npos ? out.size() : out.find('/', runs + 5));
    return out;
  }

  const Scenario& scenario_;
  const Fault& fault_;
  fs::path folder_, database_;
  FaultyDisk disk_;
  std::vector<Trouble> troubles_;
  std::vector<KnownRun> known_;
  bool logged_ = false;
};

std::vector<Scenario> scenarios(const fs::path& folder, std::uint64_t seed) {
  std::vector<Scenario> out;
  for (const auto level : {Durability::strict, Durability::commit, Durability::group})
    for (const auto codec : {Codec::none, Codec::blosc})
      out.push_back({fmt::format("record at {}, {}", to_string(level), to_string(codec)), Scenario::Kind::record,
                     plan_of(mix(seed, 1), level, codec, 10)});
  for (const auto codec : {Codec::none, Codec::blosc})
    out.push_back(prepared(
        {fmt::format("recover, {}", to_string(codec)), Scenario::Kind::recover, plan_of(mix(seed, 2), Durability::commit, codec, 3)},
        folder / fmt::format("dead-{}", to_string(codec)), mix(seed, 3)));
  out.push_back(prepared({"migrate", Scenario::Kind::migrate, plan_of(mix(seed, 4), Durability::commit, Codec::none, 3)}, folder / "old",
                         mix(seed, 5)));
  return out;
}

/// One scenario with one fault at some of its calls.
struct Sweep {
  const Scenario& scenario;
  const Fault& fault;
  Sums& sums;
  bool looked_at = false;
};

using Over = std::function<bool()>;

/// Each `step`-th call from a random one on, until the fault is not met any more; one of them however little time there is.
/// \return false when time is up
bool sweep(Sweep& work, const fs::path& scratch, std::uint64_t seed, std::uint64_t step, const Settings& settings, const Over& over) {
  const auto only = settings.number("call", 0);
  std::uint64_t clean = 0;
  // Background threads do more or less each time: clean is clean twice.
  for (auto at = only != 0 ? only : 1 + mix(seed, 9, step) % step; clean < 2; at += step) {
    if (work.looked_at && over()) return false;
    try {
      clean = Case(work.scenario, work.fault, at, scratch / "x").run(seed, work.sums) ? 0 : clean + 1;
    } catch (const std::exception& error) {
      throw Broken(fmt::format("--scenario '{}' --fault '{}' --call {}: {}", work.scenario.name, work.fault.name, at, error.what()));
    }
    work.looked_at = true;
    if (only != 0) return true;
  }
  return true;
}

/// With --seconds: a few calls of everything, then more, as long as there is time.
std::vector<std::uint64_t> steps_of(const Settings& settings, const Clock& clock) {
  if (settings.has("every") || settings.has("call") || !clock.limited()) return {std::max<std::uint64_t>(1, settings.number("every", 1))};
  return {61, 17, 5, 1};
}

int run(const Settings& settings, Scratch& scratch, std::uint64_t seed) {
  ::signal(SIGXFSZ, SIG_IGN);
  const Clock clock(settings.has("seconds") ? std::optional(settings.number("seconds", 0)) : std::nullopt);
  const auto all = scenarios(scratch.path(), seed);
  std::vector<Sums> sums(all.size());
  std::vector<Sweep> sweeps;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const auto& fault : kFaults)
      if ((!settings.has("scenario") || settings.text("scenario") == all[i].name) &&
          (!settings.has("fault") || settings.text("fault") == fault.name))
        sweeps.push_back({all[i], fault, sums[i]});
  require(!sweeps.empty(), "there is no such scenario or fault");
  std::string how_far = "nothing whole";
  bool first = true;
  for (const auto step : steps_of(settings, clock)) {
    bool whole = true;
    for (std::size_t i = 0; i < sweeps.size(); ++i)
      whole &= sweep(sweeps[i], scratch.path(), seed, step, settings, [&] { return first ? clock.over(i, sweeps.size()) : clock.over(); });
    if (whole) how_far = fmt::format("each {}. call of everything", step);
    first = false;
  }
  std::uint64_t cases = 0;
  std::set<std::string> silently;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (sums[i].cases > 0)
      fmt::print("{:<24} {:>6} cases: {} told by a call, {} logged, {} without a word; {} zarr.json left behind\n", all[i].name,
                 sums[i].cases, sums[i].told, sums[i].logged, sums[i].silent, sums[i].behind);
    cases += sums[i].cases;
    silently.insert(sums[i].silently.begin(), sums[i].silently.end());
  }
  const auto missed = std::count_if(sweeps.begin(), sweeps.end(), [](const Sweep& one) { return !one.looked_at; });
  fmt::print("{} cases in {:.0f} s, {}{}; met without a word:\n", cases, clock.elapsed(), how_far,
             missed > 0 ? fmt::format("; too little time for {} of {} pairs of a scenario and a fault", missed, sweeps.size()) : "");
  for (const auto& met : silently) fmt::print("  {}\n", met);
  return missed > 0 ? kTooShort : 0;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(argc, argv, "let one system call after another fail",
                          {{"seconds=", "at most; default: until all is done"},
                           {"every=", "only each so-manieth call; default: 1"},
                           {"scenario=", "only this one"},
                           {"fault=", "only this one"},
                           {"call=", "only this number"},
                           {"seed=", "of what is recorded"}});
  Scratch scratch;
  const auto seed = settings.seed();
  return guarded(scratch, seed, " and the options above", [&] { return run(settings, scratch, seed); });
}
