#include "crash/model/check.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "crash/model/check_frames.hpp"
#include "crash/model/fingerprint.hpp"
#include "crash/model/session.hpp"
#include "crash/seam/operation_log.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"

namespace resonance::crash {

namespace fs = std::filesystem;

namespace {

class Check {
 public:
  Check(fs::path database, const Expected& expected, const Crash& crash, const CheckOptions& options)
      : database_(std::move(database)), expected_(expected), crash_(crash), options_(options) {}

  std::vector<std::string> run() {
    if (options_.before) attempt("reading what the crash left", [&] { read_before(); });
    for (auto& text : faults_) text += " (before recovery)";
    attempt("1 opening for writing", [&] { recover(); });
    if (!faults_.empty()) return faults_;
    attempt("1 reading after recovery", [&] { read(true); });
    if (options_.verify) attempt("5 verify", [&] { verify(); });
    if (options_.again && faults_.empty()) {
      attempt("7 recovering again", [&] { recover_again(); });
      attempt("7 a new run", [&] { record_new_run(); });
    }
    return faults_;
  }

 private:
  template <class Work>
  void attempt(std::string_view what, Work&& work) {
    try {
      work();
    } catch (const std::exception& error) {
      faults_.push_back(fmt::format("{}: {}", what, error.what()));
    }
  }
  void fault(std::string text) { faults_.push_back(std::move(text)); }

  [[nodiscard]] bool anything_promised() const {
    for (const auto& run : expected_.runs)
      if (crash_.keeps(run.opened)) return true;
    return false;
  }

  /// Nothing needs to be there yet as long as no run was acknowledged.
  void read_before() {
    if (anything_promised()) return read(false);
    try {
      read(false);
    } catch (const Error&) {  // half a beamtime in which nobody was promised anything
    }
  }

  void recover() {
    RunWriter writer(database_, quiet_options(Durability::commit, Codec::none));
    writer.close();
  }

  void read(bool recovered) {
    const Catalog catalog(database_, {.threads = 1});
    std::map<std::string, RunSummary> found;
    for (auto& summary : catalog.recent(1000)) found.emplace(summary.uid, summary);
    for (const auto& run : expected_.runs) {
      const auto it = found.find(run.uid);
      if (it == found.end()) {
        if (crash_.keeps(run.opened) && !run.discarded) fault(fmt::format("1 run {} is gone", run.uid));
        continue;
      }
      attempt(fmt::format("1 reading run {}{}", run.uid, recovered ? " after recovery" : ""),
              [&] { read_run(catalog.run(run.uid), run, it->second, recovered); });
      found.erase(it);
    }
    for (const auto& [uid, summary] : found) fault(fmt::format("3 nobody recorded run {}", uid));
  }

  void read_run(const Run& run, const ExpectedRun& expected, const RunSummary& summary, bool recovered) {
    if (crash_.keeps(expected.closed) && summary.exit_status != "success")
      fault(fmt::format("1 run {} was closed, its status is '{}'", expected.uid, summary.exit_status.value_or("")));
    if (recovered && (!summary.exit_status || !summary.time_stop))
      fault(fmt::format("1 run {} is still open after recovery", expected.uid));
    std::map<std::string, std::uint64_t> events;
    for (const auto& info : run.streams()) events[info.name] = info.num_events;
    for (const auto& stream : expected.streams) {
      if (!events.contains(stream.name)) {
        if (crash_.keeps(stream.promise)) fault(fmt::format("1 stream {} of run {} is gone", stream.name, expected.uid));
        continue;
      }
      events[stream.name] = read_events(run, stream);
    }
    const FrameCheck frames{crash_, recovered, options_.torn_sectors, expected_.lost_before, expected_.shared_chunks};
    for (auto& text : check_frames(run, expected, events, frames)) fault(std::move(text));
    if (recovered || (crash_.death == Death::process && !expected_.lost_before))
      for (auto& text : check_arrays(database_, run)) fault(std::move(text));
  }

  std::uint64_t read_events(const Run& run, const ExpectedStream& stream) {
    std::uint64_t count = 0;
    run.for_each_event(stream.name, [&](const Event& event) {
      if (event.seq_num != count + 1 || count >= stream.events.size()) {
        fault(fmt::format("2 event {} of {} comes behind {} events, {} were written", event.seq_num, stream.name, count,
                          stream.events.size()));
        return false;
      }
      const auto& expected = stream.events[count++];
      const auto* x = event.data.find("x");
      if (event.uid != expected.uid || x == nullptr || x->as_double() != expected.x)
        fault(fmt::format("1 event {} of {} is another one: {} {}", event.seq_num, stream.name, event.uid, event.data.dump()));
      return true;
    });
    for (auto i = count; i < stream.events.size(); ++i)
      if (crash_.keeps(stream.events[i].promise)) {
        fault(fmt::format("1 event {} of {} was acknowledged and is gone; {} are there", i + 1, stream.name, count));
        break;
      }
    return count;
  }

  void verify() {
    VerifyOptions options;
    options.frames = true;
    options.threads = 1;
    verify_beamtime(database_, options, [&](const Fault& found) {
      if (found.severity == Severity::fault) fault(fmt::format("5 verify: {}: {}", found.kind, found.message));
    });
  }

  void recover_again() {
    const auto before = fingerprint(database_);
    recover();
    const auto after = fingerprint(database_);
    for (const auto& [name, value] : before)
      if (const auto it = after.find(name); it == after.end() || it->second != value)
        fault(fmt::format("7 recovering again changed {}", name));
    for (const auto& [name, value] : after)
      if (!before.contains(name)) fault(fmt::format("7 recovering again made {}", name));
  }

  void record_new_run() {
    Expected more = expected_;
    const OperationLog none;
    Session session(database_, quiet_options(Durability::strict, Codec::none), none, more);
    session.open_run("after the crash");
    session.open_stream("primary", {{"ccd"}});
    session.event("primary", {{"ccd"}});
    session.event("primary", {{"ccd"}});
    session.close_run();
    session.close();
    const auto images = Catalog(database_, {.threads = 1}).run(more.runs.back().uid).images("ccd");
    if (images.size() != 2 || images[1].bytes != pixels_of(more.runs.back().streams[0].events[1].frames[0]))
      fault("7 the new run does not read back");
  }

  const fs::path database_;
  const Expected& expected_;
  const Crash crash_;
  const CheckOptions options_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> check_beamtime(const fs::path& database, const Expected& expected, const Crash& crash,
                                        const CheckOptions& options) {
  return Check(database, expected, crash, options).run();
}

}  // namespace resonance::crash
