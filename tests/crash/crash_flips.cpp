/// Every byte of a small beamtime changed, one at a time: nothing crashes, hangs or takes all memory; no frame is ever taken for
/// another one unless verify says so; changed events are found; what is not damaged can be read.
///
/// Two beamtimes: one that was closed, and one whose writer was killed, with its log. Each case is looked at in a child, so that the
/// parent lives to tell which one crashed it. With --seconds each beamtime has half of the time, and its cases come in a random order.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>

#include "crash/common/board.hpp"
#include "crash/common/damage.hpp"
#include "crash/common/reading.hpp"
#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "resonance/catalog.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kGuardSeconds = 20;
constexpr rlim_t kMemory = 512ull << 20;
constexpr unsigned kMostFiles = 64, kMostWords = 24;

/// What came of the cases of one file.
struct Counts {
  std::atomic<std::uint64_t> cases{0}, no_effect{0}, refused{0}, found{0}, only_refused{0}, only_full{0}, shorter{0};
  std::atomic<std::uint64_t> event_rows{0}, event_rows_silent{0}, description_silent{0}, frames_silent{0};
};

struct Results {
  Counts of_file[kMostFiles];
  std::atomic<std::uint64_t> at[16]{};  // the case that each worker is at
  std::atomic<std::uint32_t> broken{0};
  char words[kMostWords][600]{};

  void say(const std::string& text) {
    const auto i = broken++;
    if (i < kMostWords) std::memcpy(words[i], text.data(), std::min(text.size(), sizeof words[i] - 1));
  }
};

WriterPlan small_plan(std::uint64_t seed, Codec codec) {
  WriterPlan out;
  out.seed = seed;
  out.codec = codec;
  out.height = 4;
  out.width = 6;
  out.frames_per_chunk = 2;
  out.steps = 5;
  return out;
}

/// Two runs, raw and compressed; of the killed one the second run is open, and the log holds all of it.
void make_beamtime(const fs::path& folder, std::uint64_t seed, bool killed) {
  fs::create_directories(folder);
  const Shared<Board> board;
  for (const auto codec : {Codec::none, Codec::blosc}) {
    const auto plan = small_plan(mix(seed, static_cast<std::uint64_t>(codec)), codec);
    const bool dies = killed && codec == Codec::blosc;
    auto options = RecorderOptions{.most_runs = 1};
    options.dies_before_closing = dies;
    const auto status = wait_for(start_recorder(folder / "x.db", plan, options, *board));
    require(status == (dies ? -SIGKILL : 0), "making the beamtime: {} {}", status, board->failure);
  }
}

/// One beamtime, its sound reading, and what is done to it.
struct Subject {
  fs::path folder;
  std::vector<SoundFile> files;
  BeamtimeReading sound;
  std::vector<Damage> damages;
  unsigned first_file = 0;  // in Results::of_file
  bool explained = false;   // each case in words
  bool listed = false;      // those that verify does not find
  std::string name;

  Subject(fs::path where, std::string what, std::uint64_t seed, bool killed, bool all, bool mixed)
      : folder(std::move(where)), name(std::move(what)) {
    make_beamtime(folder, seed, killed);
    files = sound_files(folder);
    sound = read_everything(folder / "x.db");
    const auto effect = compare(sound, sound);
    require(effect.none() && sound.runs.size() == 2, "the sound beamtime cannot be read: {}", sound.refused);
    const auto findings = findings_of_verify(folder / "x.db", true);
    require(findings.faults == 0, "the sound beamtime has a fault: {}", findings.first);
    // Of the killed one the log is what counts: it has newer versions of nearly all pages.
    const auto sample = all ? DamageSample{.three_ways = true} : DamageSample{.stride = 401, .used_stride = killed ? 7u : 1u};
    for (std::uint32_t i = 0; i < files.size(); ++i) add_damages(damages, files[i], i, sample);
    if (mixed) mix_up(mix(seed, 5));
  }

 private:
  /// In a random order, but one of each file first, so that a short run comes to all of them.
  void mix_up(std::uint64_t seed) {
    Dice dice(seed);
    for (auto left = damages.size(); left > 1; --left) std::swap(damages[left - 1], damages[dice.below(left)]);
    std::vector<bool> seen(files.size());
    std::size_t front = 0;
    for (auto& damage : damages)
      if (!seen[damage.file]) {
        seen[damage.file] = true;
        std::swap(damages[front++], damage);
      }
  }
};

/// One case of `--byte`, in words.
void explain(const Effect& effect, const BeamtimeReading& reading, const Findings& findings) {
  fmt::print("  events changed {}, frames changed {}, description changed {}\n  verify: {} faults; {}\n", effect.events_changed,
             effect.frames_changed, effect.description_changed, findings.faults, findings.first);
  if (!reading.refused.empty()) fmt::print("  opening: {}\n", reading.refused);
  for (const auto& [uid, run] : reading.runs)
    for (const auto& [what, words] : run.refused) fmt::print("  reading {} of {}: {}\n", what, uid, words);
}

/// A worker's own copy of a subject.
class Bench {
 public:
  Bench(const Subject& subject, const fs::path& folder, Results& results, bool explains)
      : subject_(subject), folder_(folder), results_(results), explains_(explains) {
    fs::remove_all(folder_);
    fs::copy(subject.folder, folder_, fs::copy_options::recursive);
    fs::remove(folder_ / "x.db-shm");
  }

  void run(const Damage& damage) {
    const auto& file = subject_.files[damage.file];
    inflict(folder_, file, damage);
    ::alarm(kGuardSeconds);
    try {
      judge(damage);
    } catch (const std::exception& error) {  // what is no Error is a fault of ours, bad_alloc included
      results_.say(fmt::format("{}: {}: threw {}", subject_.name, words_of(file, damage), error.what()));
    }
    ::alarm(0);
    require_untouched(damage);
    heal(folder_, file, damage);
    std::error_code ignored;
    fs::remove(folder_ / "x.db-shm", ignored);
    if (!has_log()) fs::remove(folder_ / "x.db-wal", ignored);  // an empty one, of a reader that took the database for one in log mode
  }

 private:
  [[nodiscard]] bool has_log() const {
    return std::any_of(subject_.files.begin(), subject_.files.end(), [](const auto& file) { return file.kind == SoundFile::Kind::log; });
  }

  /// Invariant R1: readers neither remove nor change anything. What they did is undone.
  void require_untouched(const Damage& damage) {
    for (std::uint32_t i = 0; i < subject_.files.size(); ++i) {
      const auto& file = subject_.files[i];
      std::error_code ignored;
      const auto size = fs::exists(folder_ / file.path) ? fs::file_size(folder_ / file.path, ignored) : ~0ull;
      if (i == damage.file || size == file.bytes.size()) continue;
      results_.say(fmt::format("{}: {}: a reader has changed or removed {}", subject_.name, words_of(subject_.files[damage.file], damage),
                               file.path.string()));
      fs::remove(folder_ / file.path, ignored);
      fs::copy_file(subject_.folder / file.path, folder_ / file.path);
    }
  }

  void judge(const Damage& damage) {
    const auto& file = subject_.files[damage.file];
    auto& counts = results_.of_file[subject_.first_file + damage.file];
    const auto reading = read_everything(folder_ / "x.db");
    const auto effect = compare(subject_.sound, reading);
    const auto findings = findings_of_verify(folder_ / "x.db", false);
    if (explains_) {
      fmt::print("{}: {}\n", subject_.name, words_of(file, damage));
      explain(effect, reading, findings);
    }
    ++counts.cases;
    counts.event_rows += effect.events_changed;
    if (effect.refused) ++counts.refused;
    if (effect.none() && findings.faults == 0) ++counts.no_effect;
    if (findings.faults > 0) ++counts.found;
    if (findings.faults == 0 && !effect.none()) count_silent(damage, effect, reading, counts);
    const bool of_store = file.kind == SoundFile::Kind::metadata || file.kind == SoundFile::Kind::shard;
    if (of_store) require_others_sound(file, damage, reading);
  }

  void count_silent(const Damage& damage, const Effect& effect, const BeamtimeReading& reading, Counts& counts) {
    const auto& file = subject_.files[damage.file];
    if (findings_of_verify(folder_ / "x.db", true).faults > 0) {
      ++counts.only_full;
      return;
    }
    if (subject_.listed) list(damage, effect, reading);
    // A log whose end is damaged or cut is what a killed writer or a power failure leaves: its last transaction does not count.
    if (file.kind == SoundFile::Kind::log && effect.only_shorter) {
      ++counts.shorter;
      counts.event_rows -= effect.events_changed;
      return;
    }
    if (effect.refused) ++counts.only_refused;
    counts.event_rows_silent += effect.events_changed;
    counts.frames_silent += effect.frames_changed;
    if (effect.description_changed) ++counts.description_silent;
    if (effect.frames_changed > 0 || effect.events_changed > 0)
      results_.say(fmt::format("{}: {}: {} events and {} frames are not what was recorded, and verify finds nothing", subject_.name,
                               words_of(file, damage), effect.events_changed, effect.frames_changed));
  }

  void list(const Damage& damage, const Effect& effect, const BeamtimeReading& reading) {
    auto refusal = reading.refused;
    for (const auto& [uid, run] : reading.runs)
      if (!run.refused.empty() && refusal.empty()) refusal = run.refused.begin()->first + ": " + run.refused.begin()->second;
    fmt::print("{}: {}: events {}, frames {}, description {}; {}\n", subject_.name, words_of(subject_.files[damage.file], damage),
               effect.events_changed, effect.frames_changed, effect.description_changed ? 1 : 0, refusal);
  }

  /// Events of all runs, and all of the runs whose file it is not.
  void require_others_sound(const SoundFile& file, const Damage& damage, const BeamtimeReading& reading) {
    for (const auto& [uid, run] : subject_.sound.runs) {
      const auto found = reading.runs.find(uid);
      const bool own = file.path.string().find(uid) != std::string::npos;
      const bool same = found != reading.runs.end() && (own ? found->second.events == run.events : found->second == run);
      if (!same) results_.say(fmt::format("{}: {}: run {} is not as it was", subject_.name, words_of(file, damage), uid));
    }
  }

  const Subject& subject_;
  fs::path folder_;
  Results& results_;
  bool explains_;
};

/// Says when the time of a subject is over.
using Over = std::function<bool()>;

/// Every `jobs`-th case from `from` on, in a child. \return its process
pid_t start_worker(const Subject& subject, const fs::path& folder, Results& results, unsigned job, unsigned jobs, std::uint64_t from,
                   const Over& over) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // lines of several workers
  ::signal(SIGALRM, SIG_DFL);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit memory{kMemory, kMemory};
  ::setrlimit(RLIMIT_DATA, &memory);
#endif
  Bench bench(subject, folder, results, subject.explained);
  for (auto i = from; i < subject.damages.size() && !over(); i += jobs) {
    results.at[job] = i;
    bench.run(subject.damages[i]);
  }
  std::fflush(stdout);
  ::_exit(0);
}

void run_subject(const Subject& subject, const fs::path& scratch, Results& results, unsigned jobs, const Over& over) {
  std::vector<pid_t> workers(jobs);
  const auto start = [&](unsigned job, std::uint64_t from) {
    workers[job] = start_worker(subject, scratch / fmt::format("worker{}", job), results, job, jobs, from, over);
  };
  for (unsigned job = 0; job < jobs; ++job) start(job, job);
  for (unsigned job = 0; job < jobs; ++job)
    for (int status = wait_for(workers[job]); status != 0; status = wait_for(workers[job])) {
      const auto at = results.at[job].load();
      const auto& damage = subject.damages[at];
      results.say(fmt::format("{}: {}: {}", subject.name, words_of(subject.files[damage.file], damage),
                              status == -SIGALRM ? "hangs" : fmt::format("crashes with {}", status)));
      require(results.broken < kMostWords, "too much is broken to go on");
      start(job, at + jobs);
    }
}

void print_row(std::string name, const std::string& bytes, const std::vector<std::string>& cells) {
  if (name.size() > 36) name = name.substr(0, 14) + "~" + name.substr(name.size() - 21);
  fmt::print("  {:<36} {:>8}", name, bytes);
  for (const auto& cell : cells) fmt::print(" {:>9}", cell);
  fmt::print("\n");
}

/// error: reading said so; found: verify did; --full: only verify --full did; shorter: the log ends earlier, as if its writer had been
/// killed before. What nobody found: an error when it is read, changed events, descriptions and frames.
void print_table(const Subject& subject, const Results& results, double seconds) {
  std::uint64_t tried = 0;
  for (std::size_t i = 0; i < subject.files.size(); ++i) tried += results.of_file[subject.first_file + i].cases;
  fmt::print("{}: {} of {} cases tried, {:.0f} a second\n", subject.name, tried, subject.damages.size(),
             static_cast<double>(tried) / std::max(seconds, 0.001));
  print_row("file", "bytes",
            {"cases", "no effect", "error", "found", "--full", "shorter", "unfound:", "error", "events", "descript.", "frames"});
  for (std::size_t i = 0; i < subject.files.size(); ++i) {
    const auto& counts = results.of_file[subject.first_file + i];
    const auto text = [](const std::atomic<std::uint64_t>& count) { return std::to_string(count.load()); };
    print_row(
        subject.files[i].path.string(), std::to_string(subject.files[i].bytes.size()),
        {text(counts.cases), text(counts.no_effect), text(counts.refused), text(counts.found), text(counts.only_full), text(counts.shorter),
         "", text(counts.only_refused), text(counts.event_rows_silent), text(counts.description_silent), text(counts.frames_silent)});
  }
}

int run(const Settings& settings, Scratch& scratch, std::uint64_t seed) {
  const Clock clock(settings.has("seconds") ? std::optional(settings.number("seconds", 0)) : std::nullopt);
  const auto jobs = static_cast<unsigned>(std::clamp<std::uint64_t>(settings.number("jobs", 2), 1, 16));
  const Shared<Results> results;
  unsigned files = 0;
  std::uint64_t silent = 0, changed = 0, cases = 0, planned = 0, missed = 0;
  for (const bool killed : {false, true}) {
    Subject subject(scratch / (killed ? "killed" : "closed"), killed ? "left by a killed writer" : "closed", mix(seed, 1), killed,
                    settings.has("all") || settings.has("byte"), clock.limited());
    subject.first_file = files;
    files += static_cast<unsigned>(subject.files.size());
    subject.listed = settings.has("list");
    if (settings.has("byte")) {
      subject.explained = true;
      std::erase_if(subject.damages, [&](const Damage& damage) { return damage.offset != settings.number("byte", 0); });
    }
    std::erase_if(subject.damages,
                  [&](const Damage& damage) { return !subject.files[damage.file].path.string().ends_with(settings.text("file")); });
    require(files <= kMostFiles, "too many files");
    const auto begin = clock.elapsed();
    run_subject(subject, scratch.path(), *results, jobs, [&] { return clock.over(killed ? 1 : 0, 2); });
    planned += subject.damages.size();
    print_table(subject, *results, clock.elapsed() - begin);
    std::fflush(stdout);
    for (std::size_t i = 0; i < subject.files.size(); ++i) {
      const auto tried = results->of_file[subject.first_file + i].cases.load();
      const bool wanted = std::any_of(subject.damages.begin(), subject.damages.end(), [&](const auto& damage) { return damage.file == i; });
      cases += tried;
      missed += wanted && tried == 0 ? 1 : 0;
    }
  }
  for (const auto& counts : results->of_file) {
    silent += counts.event_rows_silent;
    changed += counts.event_rows;
  }
  fmt::print("verify finds {} of {} changed event rows; {} of {} cases tried; {:.0f} s{}\n", changed - silent, changed, cases, planned,
             clock.elapsed(), missed > 0 ? fmt::format("; too little time for {} files", missed) : "");
  std::string words;
  for (unsigned i = 0; i < std::min<unsigned>(results->broken, kMostWords); ++i) words += fmt::format("\n  {}", results->words[i]);
  require(results->broken == 0, "{} cases:{}", results->broken.load(), words);
  return missed > 0 ? kTooShort : 0;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(argc, argv, "change every byte of a small beamtime, one at a time",
                          {{"seconds=", "at most; default: until all is done"},
                           {"all", "every byte in three ways; else one way, and only some of those that mean nothing"},
                           {"jobs=", "processes; default: 2"},
                           {"list", "name each change that has an effect which verify does not find"},
                           {"file=", "only of files whose names end so"},
                           {"byte=", "only the changes of this byte (cuts to it, growths by it), each told in words"},
                           {"seed=", "of what is recorded"}});
  Scratch scratch;
  const auto seed = settings.seed();
  return guarded(scratch, seed, " (with the same options)", [&] { return run(settings, scratch, seed); });
}
