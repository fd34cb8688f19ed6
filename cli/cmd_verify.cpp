/// `resonance verify`: is everything that a beamtime names still there and as it was recorded.
#include <fmt/format.h>

#include <set>

#include "app.hpp"
#include "json_report.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"
#include "run_reference.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::vector<std::string> runs;
  bool frames = false, quick = false;
};

std::string in_words(const VerifyReport& report, bool frames) {
  std::string text = fmt::format("{}, {} checked", counted(report.events, "event"), counted(report.frames, "frame"));
  if (frames) text += fmt::format(", {} read, {} compared", report.frames_read, counted(report.checksums_compared, "checksum"));
  if (report.frames_without_checksum > 0) text += fmt::format(", {} without a checksum", report.frames_without_checksum);
  if (report.frames_not_checked > 0) text += fmt::format(", {} could not be checked", report.frames_not_checked);
  if (report.open_runs > 0) text += fmt::format(", {} without an end", counted(report.open_runs, "run"));
  text += fmt::format(", {}", counted(report.num_faults, "fault"));
  if (report.num_notes > 0) text += fmt::format(", {}", counted(report.num_notes, "note"));
  return text;
}

VerifyOptions library_options(const Options& options, ProgressBar& bar) {
  VerifyOptions result;
  for (const auto& run : options.runs) result.runs.push_back(plain_uid(run) == run ? run : find_run(Catalog(options.database), run).uid());
  result.frames = options.frames;
  result.full = !options.quick;
  result.progress = [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update(done, total);
  };
  return result;
}

/// Tells of faults and notes as they are found, and of each but once.
class Findings {
 public:
  Findings(Session& session, ProgressBar& bar) : session_(session), bar_(bar) {
    if (session.json) json_.emplace(session.out, "faults");
  }

  void add(const Fault& fault) {
    // SQLite says the same of one broken page in each check that meets it.
    if (fault.kind == "database" && !said_.insert(fault.message).second) return (void)++repeated_;
    const bool note = fault.severity == Severity::note;
    if (json_) return note ? notes_.push_back(wire::to_json(fault)) : json_->add(wire::to_json(fault));
    if (session_.quiet && note) return;
    bar_.clear();
    session_.out.write(fault_line(fault));
    session_.out.flush();
  }

  void finish(VerifyReport report, const Options& options) {
    report.num_faults -= repeated_;
    if (json_) {
      json_->next_list("notes");
      for (const auto& note : notes_) json_->add(note);
      return json_->finish(wire::to_json(report));
    }
    session_.say(in_words(report, options.frames));
    if (report.num_faults > 0)
      session_.say(
          fmt::format("'resonance repair {}' makes what can be mended whole again, in new files", safe_text(options.database.string())));
  }

 private:
  Session& session_;
  ProgressBar& bar_;
  std::optional<JsonReport> json_;
  std::vector<Json> notes_;  // they come in between, and have a list of their own
  std::set<std::string> said_;
  std::uint64_t repeated_ = 0;
};

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  note_signals();
  ProgressBar bar("verifying", session.quiet);
  const VerifyOptions how = library_options(options, bar);
  std::optional<Findings> findings;  // nothing is written before there is something to tell
  const auto start = [&]() -> Findings& { return findings ? *findings : findings.emplace(session, bar); };
  const VerifyReport report = verify_beamtime(options.database, how, [&](const Fault& fault) { start().add(fault); });
  bar.clear();
  start().finish(report, options);
  return report.num_faults > 0 ? wire::exit_status(ErrorCode::corrupt) : 0;
}

}  // namespace

void add_verify(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"verify", "Check that all is there and undamaged",
                                           "  resonance verify znpc.db\n"
                                           "  resonance verify znpc.db --frames\n"
                                           "  resonance verify znpc.db -1 --frames --json\n\n"
                                           "Changes nothing; works on read-only media and while a run is recorded. One line\n"
                                           "per fault; exit status 7 when there is any. Notes (left-over files and the like)\n"
                                           "are no faults. 'resonance repair' mends."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.runs, "Only these runs: uid, a prefix of it, scan_id, or -1 (all)")->option_text("...");
  app.add_flag("--frames", options.frames, "Read every frame from the disk and compare its checksum");
  app.add_flag("--quick", options.quick, "Do not compare the SQL indexes with their tables");
}

}  // namespace resonance::cli
