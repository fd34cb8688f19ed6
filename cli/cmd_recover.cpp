/// `resonance recover`: what a writer that was killed left behind, brought in order without recording anything.
#include "resonance/recover.hpp"

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
  std::filesystem::path path;
  bool dry_run = false;
};

std::string in_words(const RecoveredRun& run, bool dry_run) {
  auto text = fmt::format("run {} {} closed as failed: {}, {}", run.uid.substr(0, 8), dry_run ? "would be" : "is",
                          counted(run.events, "event"), counted(run.frames, "frame"));
  const auto add = [&text](std::uint64_t count, const char* noun, const char* what) {
    if (count > 0) text += fmt::format("; {} {}", counted(count, noun), what);
  };
  add(run.frames_checked, "frame", dry_run ? "would be compared with their checksums" : "compared with their checksums");
  add(run.frames_published, "frame", dry_run ? "would be published to readers of Zarr alone" : "published to readers of Zarr alone");
  add(run.frames_lost, "frame", "did not survive (lost_frames)");
  add(run.leftovers, "leftover", "moved to quarantine");
  if (!run.problem.empty()) text += fmt::format("; not mended: {}", run.problem);
  return text;
}

/// Lines about one beamtime. \return whether there were any
bool tell(Session& session, const RecoverReport& report) {
  const auto line = [&](const std::string& text) {
    session.out.write(fmt::format("{}: {}\n", safe_text(report.database.string()), safe_text(text)));
  };
  for (const auto& run : report.runs) line(in_words(run, report.dry_run));
  for (const auto& uid : report.live_runs) line(fmt::format("run {} is being recorded, and left alone", uid.substr(0, 8)));
  if (!report.missing_log.empty()) line(report.missing_log + (report.dry_run || report.log_stays ? "" : "; it was taken so now"));
  if (report.log_bytes > 0)
    line(fmt::format("{} of the log {} into the database", human_bytes(report.log_bytes), report.dry_run ? "would be moved" : "moved"));
  if (report.log_stays && report.live_runs.empty()) line("the log stays: another program has the beamtime open");
  session.out.flush();
  return report.any() || !report.live_runs.empty() || report.log_stays;
}

RecoverOptions library_options(Session& session, const Options& options, const std::filesystem::path& database) {
  RecoverOptions out;
  out.dry_run = options.dry_run;
  if (!options.dry_run) out.on_run_change = listener_for(session, database);
  return out;
}

int status_of(bool complete) { return complete ? 0 : wire::exit_status(ErrorCode::corrupt); }

int recover_one(Session& session, const Options& options) {
  require_beamtime(options.path);
  const auto report = recover_beamtime(options.path, library_options(session, options, options.path));
  if (session.json)
    session.print(wire::to_json(report));
  else if (!session.quiet && !tell(session, report))
    session.say(fmt::format("{}: nothing to recover", safe_text(options.path.string())));
  return status_of(report.complete());
}

int recover_all(Session& session, const Options& options) {
  ProgressBar bar("recovering", session.quiet);
  const auto found =
      recover_data_root(options.path, library_options(session, options, options.path / "any.db"), [&](auto done, auto total) {
        check_interrupt();
        bar.update(done, total);
      });
  bar.clear();
  bool complete = true;
  std::size_t runs = 0;
  for (const auto& report : found.recovered) {
    complete = complete && report.complete();
    runs += report.runs.size();
    if (!session.json && !session.quiet) tell(session, report);
  }
  if (session.json) {
    session.print(wire::to_json(found));
  } else {
    for (const auto& failure : found.failures) session.warn(safe_text(fmt::format("{}: {}", failure.database.string(), failure.message)));
    session.say(fmt::format("{} looked at, {} {}", counted(found.beamtimes, "beamtime"), counted(runs, "run"),
                            options.dry_run ? "would be closed" : "closed"));
  }
  return found.failures.empty() ? status_of(complete) : wire::exit_status(found.failures.front().code);
}

int run(Session& session, const Options& options) {
  note_signals();
  std::error_code ignored;
  return std::filesystem::is_directory(options.path, ignored) ? recover_all(session, options) : recover_one(session, options);
}

}  // namespace

void add_recover(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"recover", "Bring in order what a killed writer left behind",
                                           "  resonance recover znpc.db\n"
                                           "  resonance recover znpc.db --dry-run\n"
                                           "  resonance recover /data/rsoxs --json\n\n"
                                           "Does what the next writer would do, and records nothing: closes the runs whose\n"
                                           "writer died as failed, compares their last frames with the checksums, publishes\n"
                                           "them to readers of Zarr alone, sets aside what belongs to no event, and moves\n"
                                           "the log into the database. What is being recorded is left alone. Of a folder:\n"
                                           "all beamtimes below it. A database that lacks its log is told once, and then\n"
                                           "taken as it is. Exit status 7 when that is so, when a frame did not survive or\n"
                                           "something could not be mended; when a beamtime fails, that of its error."},
                                          run);
  app.add_option("X.db|ROOT", options.path, "The beamtime, or a folder of beamtimes")->required()->option_text(" ");
  app.add_flag("--dry-run", options.dry_run, "Only say what would be done");
}

}  // namespace resonance::cli
