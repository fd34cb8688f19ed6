/// `resonance index`: bring the master index of a data root up to date, make it anew, compare it with the beamtimes.
#include <fmt/format.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::string action;
  std::filesystem::path root;
  std::optional<std::string> database, researcher, label, description;
  unsigned threads = 0;
};

SyncOptions sync_options(const Options& options, ProgressBar& bar) {
  SyncOptions out;
  out.threads = options.threads;
  out.progress = [&bar](const IndexProgress& progress) {
    check_interrupt();
    bar.update(progress.beamtimes_done, progress.beamtimes);
    return true;
  };
  return out;
}

void tell_faults(Session& session, const std::vector<IndexFault>& faults) {
  for (const auto& fault : faults) session.warn(safe_text(fmt::format("{}: {}", fault.db_path, fault.message)));
}

std::string in_words(const SyncReport& report, bool anew) {
  std::string out = counted(report.beamtimes, "beamtime");
  const auto add = [&out](std::size_t count, const char* what) {
    if (count > 0) out += fmt::format(", {} {}", count, what);
  };
  if (!anew) add(report.added.size(), "new");
  add(report.changed.size(), "changed");
  add(report.moved.size(), "moved");
  add(report.removed.size(), "gone");
  const bool same = report.added.empty() && report.changed.empty() && report.moved.empty() && report.removed.empty();
  if (report.runs_written > 0) out += fmt::format("; {} written", counted(report.runs_written, "run"));
  if (report.runs_written + report.runs_removed == 0 && same) out += "; nothing to do";
  if (report.runs_removed > 0) out += fmt::format(", {} taken out", report.runs_removed);
  return out;
}

int report_sync(Session& session, const SyncReport& report, bool anew) {
  if (session.json) {
    session.print(wire::to_json(report));
    return 0;
  }
  tell_faults(session, report.faults);
  for (const auto& [from, to] : report.moved) session.say(safe_text(fmt::format("moved: {} to {}", from, to)));
  for (const auto& path : report.removed) session.say(safe_text("gone: " + path));
  session.say(in_words(report, anew));
  return 0;
}

int verify(Session& session, const Options& options) {
  ProgressBar bar("comparing", session.quiet);
  const auto report = MasterIndex(options.root).verify(sync_options(options, bar));
  bar.clear();
  if (session.json) {
    session.print(wire::to_json(report));
  } else {
    for (const auto& difference : report.differences)
      session.out.write(safe_text(fmt::format("{}{}: {}", difference.db_path, difference.uid.empty() ? "" : ": run " + difference.uid,
                                              difference.message)) +
                        "\n");
    tell_faults(session, report.faults);
    session.say(fmt::format("{}, {} compared: {}", counted(report.beamtimes, "beamtime"), counted(report.runs, "run"),
                            report.differences.empty()
                                ? report.faults.empty()
                                      ? "the index says the same"
                                      : fmt::format("the index says the same, but {} cannot be read", report.faults.size())
                                : counted(report.differences.size(), "difference") + "; 'resonance index rebuild' mends them"));
  }
  return report.differences.empty() && report.faults.empty() ? 0 : wire::exit_status(ErrorCode::corrupt);
}

int add(Session& session, const Options& options) {
  if (!options.database) throw Error(ErrorCode::invalid_argument, "index add: name the database; see 'resonance index --help'");
  // As it lies from here, or as it lies in the root.
  std::error_code ignored;
  std::filesystem::path database = *options.database;
  if (!std::filesystem::exists(database, ignored)) database = options.root / database;
  require_beamtime(database);
  IndexedBeamtime beamtime;
  beamtime.db_path = std::filesystem::absolute(database).string();
  beamtime.label = options.label.value_or("");
  beamtime.researcher = options.researcher.value_or("");
  beamtime.description = options.description;
  MasterIndex index(options.root);
  const auto id = index.register_beamtime(beamtime);
  for (const auto& known : index.beamtimes()) {
    if (known.id != id) continue;
    if (session.json)
      session.print(wire::to_json(known));
    else
      session.say(
          safe_text(fmt::format("{}: '{}' of {}, {}", known.db_path, known.label, known.researcher, counted(known.num_runs, "run"))));
  }
  return 0;
}

int run(Session& session, const Options& options) {
  if (options.action == "add") return add(session, options);
  if (options.database || options.researcher || options.label || options.description)
    throw Error(ErrorCode::invalid_argument, fmt::format("index {}: a database and what is said about it are for 'add'", options.action));
  note_signals();
  if (options.action == "verify") return verify(session, options);
  ProgressBar bar(options.action == "sync" ? "indexing" : "making the index", session.quiet);
  MasterIndex index(options.root);
  const auto report = options.action == "sync" ? index.sync(sync_options(options, bar)) : index.rebuild(sync_options(options, bar));
  bar.clear();
  return report_sync(session, report, options.action == "rebuild");
}

}  // namespace

void add_index(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"index", "Keep the master index of a data root up to date",
                                           "  resonance index sync /data/rsoxs\n"
                                           "  resonance index add /data/rsoxs smith/march.db --researcher \"Ada Smith\"\n"
                                           "  resonance index verify /data/rsoxs\n"
                                           "  resonance index rebuild /data/rsoxs\n\n"
                                           "sync finds beamtimes that are new, changed, moved or gone; what has not changed\n"
                                           "costs next to nothing. rebuild makes all of it anew, also when the index is\n"
                                           "damaged; researchers and what was added by hand stay. verify compares every run\n"
                                           "and changes nothing; its exit status is 7 when there are differences.\n"
                                           "What is recorded below a data root is indexed as it is recorded."},
                                          run);
  one_of(session, app.add_option("ACTION", options.action, "add, sync, rebuild or verify")->required()->option_text(" "),
         {"add", "sync", "rebuild", "verify"});
  app.add_option("ROOT", options.root, "The data root")->required()->option_text(" ");
  app.add_option("X.db", options.database, "add: the beamtime's database, in the root")->option_text(" ");
  app.add_option("--researcher", options.researcher, "add: whose it is")->option_text("NAME");
  app.add_option("--label", options.label, "add: what it is called (the file's name)")->option_text("TEXT");
  app.add_option("--description", options.description, "add: what it is about")->option_text("TEXT");
  whole_number(app.add_option("--threads", options.threads, "Threads that read beamtimes (one for each core)")->option_text("N"));
}

}  // namespace resonance::cli
