/// `resonance verify`: is everything that a beamtime names still there and as it was recorded.
#include <fmt/format.h>

#include "app.hpp"
#include "json_report.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"
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
  result.runs = options.runs;
  result.frames = options.frames;
  result.full = !options.quick;
  result.progress = [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update(done, total);
  };
  return result;
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  note_signals();
  ProgressBar bar("verifying", session.quiet);
  std::optional<JsonReport> json;
  std::vector<Json> notes;  // they come in between, and have a list of their own
  const auto start = [&] {
    if (!json) json.emplace(session.out, "faults");
  };
  const VerifyReport report = verify_beamtime(options.database, library_options(options, bar), [&](const Fault& fault) {
    if (session.json) {
      start();
      return fault.severity == Severity::note ? notes.push_back(wire::to_json(fault)) : json->add(wire::to_json(fault));
    }
    if (session.quiet && fault.severity == Severity::note) return;
    bar.clear();
    session.out.write(fault_line(fault));
    session.out.flush();
  });
  bar.clear();
  if (session.json) {
    start();
    json->next_list("notes");
    for (const auto& note : notes) json->add(note);
    json->finish(wire::to_json(report));
  } else {
    session.say(in_words(report, options.frames));
  }
  return report.num_faults > 0 ? wire::exit_status(ErrorCode::corrupt) : 0;
}

}  // namespace

void add_verify(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"verify", "Check that all is there and undamaged",
                                           "  resonance verify znpc.db\n"
                                           "  resonance verify znpc.db --frames\n"
                                           "  resonance verify znpc.db -1 --frames --json\n\n"
                                           "Changes nothing; works on read-only media and while a run is recorded. One line per fault;\n"
                                           "exit status 7 when there is any. Notes (left-over files and the like) are no faults."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.runs, "Only these runs: uid, a prefix of it, scan_id, or -1 (all)")->option_text("...");
  app.add_flag("--frames", options.frames, "Read every frame from the disk and compare its checksum");
  app.add_flag("--quick", options.quick, "Do not compare the SQL indexes with their tables");
}

}  // namespace resonance::cli
