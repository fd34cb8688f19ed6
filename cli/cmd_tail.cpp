/// `resonance tail`: the last events of a run, and each new one as it is recorded.
#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <limits>
#include <set>
#include <thread>

#include "app.hpp"
#include "event_lines.hpp"
#include "event_table.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "run_reference.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {
namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr int kNewestRuns = 8;  // looked at for one that is being recorded

struct Options {
  std::filesystem::path database;
  std::optional<std::string> run, stream, columns;
  std::vector<std::string> column;
  std::uint64_t count = 10;
  bool once = false;
};

std::vector<std::string> wanted_columns(const Options& options) {
  std::vector<std::string> names;
  if (options.columns) names = CLI::detail::split(*options.columns, ',');
  names.insert(names.end(), options.column.begin(), options.column.end());
  return names;
}

void pause() {
  check_interrupt();
  std::this_thread::sleep_for(kPause);
  check_interrupt();
}

/// Follows one run to its end. Each look costs the same, however long the run is.
class Follower {
 public:
  /// Begins with the last `count` events.
  Follower(Session& session, const Options& options, Run run, std::uint64_t count)
      : session_(session), options_(options), run_(std::move(run)), count_(count) {}

  void follow() {
    begin();
    for (auto state = run_.state();; state = run_.state()) {  // before the events: what comes later is seen by the next look
      if (!lines_) choose(state);
      if (lines_) print_new();
      if (state == RunState::closed || state == RunState::dead) return end(state);
      pause();
    }
  }

 private:
  void begin() {
    const auto run = run_.summary();
    if (session_.json) return print_line(Json::object({{"kind", "run"}, {"run", wire::to_json(run)}}));
    const auto scan = run.scan_id ? fmt::format("scan {}: ", *run.scan_id) : std::string();
    session_.say(fmt::format("{}{}  {}", scan, safe_text(run.plan_name), safe_text(run.uid)));
  }

  /// The stream that was named, or the first one that has events, once it is there.
  void choose(RunState state) {
    for (const auto& stream : run_.streams()) {
      if (options_.stream ? stream.name != *options_.stream : stream.num_events == 0) continue;
      const bool cut = stream.num_events > count_;
      next_ = cut ? stream.num_events - count_ + 1 : 0;
      const auto wanted = wanted_columns(options_);
      auto plan = plan_table(run_, stream, wanted, {next_, count_});
      stream_ = stream.name;
      lines_.emplace(session_.out, session_.json, run_, stream, std::move(plan.columns), wanted.empty());
      return cut ? print_last() : print_new();
    }
    if (state == RunState::closed && options_.stream) (void)choose_stream(run_, options_.stream);  // says which there are
  }

  void print_last() {
    std::deque<Event> last;  // numbers may have gaps in files of other programs
    visit([&](const Event& event) {
      last.push_back(event);
      if (last.size() > count_) last.pop_front();
    });
    for (const auto& event : last) lines_->write(event);
  }

  void print_new() {
    visit([&](const Event& event) { lines_->write(event); });
  }

  template <class Each>
  void visit(Each&& each) {
    run_.for_each_event(
        stream_,
        [&](const Event& event) {
          check_interrupt();
          each(event);
          next_ = event.seq_num + 1;
          return true;
        },
        next_);
  }

  void end(RunState state) {
    const auto run = run_.summary();
    const auto reason = run_.reason();
    if (session_.json)
      return print_line(Json::object({{"kind", "end"},
                                      {"run", run.uid},
                                      {"state", to_string(state)},
                                      {"exit_status", run.exit_status ? Json(*run.exit_status) : Json()},
                                      {"reason", reason ? Json(*reason) : Json()},
                                      {"num_events", run.num_events},
                                      {"num_frames", run.num_frames}}));
    const auto counts = fmt::format("{}, {}", counted(run.num_events, "event"), counted(run.num_frames, "frame"));
    if (state == RunState::dead)
      return session_.say(
          fmt::format("the program that recorded this run is gone without having closed it: {}; 'resonance recover' closes it as "
                      "failed, and so does the next program that opens the beamtime for recording",
                      counts));
    const auto why = reason && !reason->empty() ? fmt::format(" ({})", safe_text(*reason)) : std::string();
    session_.say(fmt::format("{}{}: {}", run.exit_status ? safe_text(*run.exit_status) : "ended", why, counts));
  }

  void print_line(const Json& line) {
    session_.out.write(wire::json_text(line) + "\n");
    session_.out.flush();
  }

  Session& session_;
  const Options& options_;
  const Run run_;
  const std::uint64_t count_;
  std::string stream_;
  std::optional<EventLines> lines_;
  std::uint64_t next_ = 0;  // seq_num
};

/// The runs of a beamtime in the order in which they come.
class Runs {
 public:
  explicit Runs(const std::filesystem::path& database) : catalog_(database) {
    for (int n = 1; n <= kNewestRuns; ++n) {
      const auto run = newest(n);
      if (!run) break;
      old_.insert(run->uid());
      if (!in_progress(*run, n == 1)) seen_.insert(run->uid());
    }
  }

  /// One that was not given out: at first the newest that is being recorded, later what was begun since, short ones too.
  std::optional<Run> next() {
    std::optional<Run> found;
    for (int n = 1; n <= kNewestRuns; ++n) {
      auto run = newest(n);
      if (!run) break;
      if (!seen_.contains(run->uid())) found = std::move(run);
      if (found && first_) break;
    }
    first_ = false;
    if (found) seen_.insert(found->uid());
    return found;
  }

  /// It was there before we began to look.
  [[nodiscard]] bool is_old(const Run& run) const { return old_.contains(run.uid()); }

 private:
  std::optional<Run> newest(int n) const {
    try {
      return catalog_.run(fmt::format("-{}", n));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
      return std::nullopt;
    }
  }

  /// Of runs of other programs nothing but their rows is known: the newest may be alive.
  static bool in_progress(const Run& run, bool is_newest) {
    const auto state = run.state();
    return state == RunState::live || (state == RunState::unknown && is_newest);
  }

  Catalog catalog_;
  std::set<std::string> old_, seen_;
  bool first_ = true;
};

void follow_all(Session& session, const Options& options) {
  Runs runs(options.database);
  for (bool said = false;; pause()) {
    if (auto run = runs.next()) {
      constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();  // nothing of what begins while we look is passed over
      const auto count = runs.is_old(*run) ? options.count : kAll;
      Follower(session, options, std::move(*run), count).follow();
      if (options.once) return;
      said = false;
    } else if (!said) {
      session.say(fmt::format("waiting for a run in {}", safe_text(options.database.string())));
      said = true;
    }
  }
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  use_clocks_of(options.database);
  note_signals();
  warn_of_missing(session, Catalog(options.database));
  try {
    if (options.run)
      Follower(session, options, find_run(Catalog(options.database), *options.run), options.count).follow();
    else
      follow_all(session, options);
    return 0;
  } catch (const Interrupted& interrupted) {  // the usual end: nothing to say about it
    return 128 + interrupted.signal;
  }
}

}  // namespace

void add_tail(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"tail", "Follow a run: its last events, and each new one",
                                           "  resonance tail znpc.db\n"
                                           "  resonance tail znpc.db -1 -n 3 --columns \"Beamline Energy,AI 3 Izero\"\n"
                                           "  resonance tail znpc.db --once --json | my-plot\n\n"
                                           "Without RUN it waits for the run in progress, and goes on with the next one when\n"
                                           "it ends, until Ctrl-C. With RUN or --once it ends with the run. Changes nothing."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->option_text(" ");
  app.add_option("--stream", options.stream, "Stream (the first that has events)")->option_text("S");
  app.add_option("--columns", options.columns, "Only these, after seq_num and time")->option_text("A,B");
  app.add_option("--column", options.column, "The same for one name, which may hold commas; repeatable")
      ->option_text("NAME")
      ->allow_extra_args(false);
  whole_number(app.add_option("-n,--last", options.count, "Begin with the last N events (10)")->option_text("N"));
  app.add_flag("--once", options.once, "End when the run ends");
}

}  // namespace resonance::cli
