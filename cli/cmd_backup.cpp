/// `resonance backup`: copy a beamtime, also while it is recorded, and check such a copy.
#include <fmt/format.h>

#include "app.hpp"
#include "resonance/backup.hpp"
#include "resonance/error.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path first;
  std::optional<std::filesystem::path> second;
  bool check = false, frames = false;
};

/// Faults and notes as they are found: a line each, or kept for the JSON object.
class Findings {
 public:
  Findings(Session& session, ProgressBar& bar) : session_(session), bar_(bar) {}

  void add(const Fault& fault) {
    if (session_.json) return (fault.severity == Severity::note ? notes_ : faults_).push_back(wire::to_json(fault));
    if (session_.quiet && fault.severity == Severity::note) return;
    bar_.clear();
    session_.out.write(fault_line(fault));
    session_.out.flush();
  }

  /// The report with `faults` and `notes` in front.
  void print(const Json& report) {
    auto out = Json::object({{"faults", std::move(faults_)}, {"notes", std::move(notes_)}});
    for (const auto& [name, value] : report.as_object()) out.set(name, value);
    session_.print(out);
  }

 private:
  Session& session_;
  ProgressBar& bar_;
  Json::Array faults_, notes_;
};

std::string in_words(const BackupReport& report) {
  std::string text = fmt::format("{} copied, {}; ", counted(report.files_copied, "file"), human_bytes(report.bytes_copied));
  text += fmt::format("the backup holds {}, {}, {}", counted(report.runs, "run"), counted(report.files, "file"), human_bytes(report.bytes));
  if (report.open_runs > 0) text += fmt::format(", {} without an end", counted(report.open_runs, "run"));
  if (report.num_faults > 0) text += fmt::format(", {}", counted(report.num_faults, "fault"));
  return text;
}

std::string in_words(const BackupCheckReport& report) {
  return fmt::format("{} read, {}; {}, {} checked, {}", counted(report.files, "file"), human_bytes(report.bytes),
                     counted(report.beamtime.events, "event"), counted(report.beamtime.frames, "frame"),
                     counted(report.num_faults, "fault"));
}

int back_up(Session& session, const Options& options) {
  if (!options.second) throw Error(ErrorCode::invalid_argument, "backup: name the folder to back up to; see 'resonance backup --help'");
  if (options.frames) throw Error(ErrorCode::invalid_argument, "backup: --frames is for --check");
  require_beamtime(options.first);
  ProgressBar bar("backing up", session.quiet);
  Findings findings(session, bar);
  BackupOptions library;
  library.progress = [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update_bytes(done, total);
  };
  library.tell = [&findings](const Fault& fault) { findings.add(fault); };
  const auto report = back_up_beamtime(options.first, *options.second, library);
  bar.clear();
  if (session.json)
    findings.print(wire::to_json(report));
  else
    session.say(in_words(report));
  return report.num_faults > 0 ? wire::exit_status(ErrorCode::corrupt) : 0;
}

int check(Session& session, const Options& options) {
  if (options.second) throw Error(ErrorCode::invalid_argument, "backup: with --check name the backup alone");
  ProgressBar bar("reading", session.quiet);
  Findings findings(session, bar);
  CheckBackupOptions library;
  library.frames = options.frames;
  library.progress = [&bar](std::string_view doing, std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.label(std::string(doing));
    doing == "reading" ? bar.update_bytes(done, total) : bar.update(done, total);
  };
  const auto report = check_backup(options.first, library, [&findings](const Fault& fault) { findings.add(fault); });
  bar.clear();
  if (session.json)
    findings.print(wire::to_json(report));
  else if (report.finished)
    session.say(in_words(report));
  return report.num_faults > 0 ? wire::exit_status(ErrorCode::corrupt) : 0;
}

int run(Session& session, const Options& options) {
  note_signals();
  return options.check ? check(session, options) : back_up(session, options);
}

}  // namespace

void add_backup(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"backup", "Copy a beamtime, bring the copy up to date, check it",
                                           "  resonance backup znpc.db /mnt/archive/znpc\n"
                                           "  resonance backup --check /mnt/archive/znpc\n"
                                           "  resonance backup --check /mnt/archive/znpc --frames --json\n\n"
                                           "Works while runs are recorded, and copies only what is new. Interrupted or out\n"
                                           "of space: call it again, it goes on. The backup is a bag (RFC 8493): checksums\n"
                                           "of all files are in manifest-sha256.txt. To restore, copy what is in its folder\n"
                                           "data/. Exit status 7 when something could not be copied, or is not as it was\n"
                                           "written."},
                                          run);
  app.add_option("X.db", options.first, "The beamtime; with --check the backup")->required()->option_text(" ");
  app.add_option("DEST", options.second, "Folder of the backup; made when it is not there")->option_text(" ");
  app.add_flag("--check", options.check, "Read a backup and compare it with its checksums");
  app.add_flag("--frames", options.frames, "With --check: decode all frames, too");
}

}  // namespace resonance::cli
