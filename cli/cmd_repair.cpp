/// `resonance repair`: a damaged beamtime made whole again, in new files beside the old ones.
#include <fmt/format.h>

#include "app.hpp"
#include "json_report.hpp"
#include "resonance/error.hpp"
#include "resonance/repair.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database, output;
};

const char* colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::mended:
      return kGreen;
    case Outcome::note:
      return kDim;
    default:
      return kRed;
  }
}

/// "lost frame: run 019cf08258007625ac94fdcc5de74347: frames 17 to 19 of ccd are lost …"
std::string in_words(const RepairFinding& finding) {
  std::string text = painted(to_string(finding.outcome), colour_of(finding.outcome), colours_wanted()) + " " + finding.kind + ": ";
  if (!finding.run_uid.empty()) text += fmt::format("run {}: ", safe_text(finding.run_uid));
  return text + safe_text(finding.message) + "\n";
}

std::string losses_in_words(const RepairReport& report) {
  std::string out;
  const auto add = [&](std::uint64_t count, std::string_view noun, std::string_view what) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counted(count, noun), what);
  };
  add(report.events_lost, "event", "lost");
  add(report.events_changed, "event", "perhaps not as recorded");
  add(report.frames_lost, "frame", "lost");
  add(report.rows_lost, "other row", "lost");
  if (report.log_missing) out += fmt::format("{}what was in the log is missing", out.empty() ? "" : ", ");
  add(report.verified.num_faults, "fault", "not mended");
  return out;
}

/// A word for a shell.
std::string quoted(const std::filesystem::path& path) {
  std::string out = "'";
  for (const char c : path.string()) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return safe_text(out + "'");
}

/// Commands that put the repaired beamtime in the place of the damaged one, which keeps another name.
std::string exchange_commands(const RepairReport& report) {
  const auto& database = report.damaged;
  std::string out;
  const auto move = [&](const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code ignored;
    if (std::filesystem::exists(from, ignored)) out += fmt::format("\n  mv {} {}", quoted(from), quoted(to));
  };
  const auto with = [&](const char* extension) { return std::filesystem::path(database).replace_extension(extension); };
  move(database, with(".damaged.db"));
  for (const char* side : {"-wal", "-journal"}) move(database.string() + side, with(".damaged.db").string() + side);
  move(with(".zarr"), with(".damaged.zarr"));
  if (!report.store.empty()) move(report.store, with(".zarr"));
  move(report.database, database);
  return out;
}

std::string in_words(const RepairReport& report) {
  const auto old = safe_text(report.damaged.string());
  if (report.sound)
    return fmt::format("{} is {}: {} and {} checked, nothing to repair", old, report.verified.num_faults == 0 ? "sound" : "left as it is",
                       counted(report.verified.events, "event"), counted(report.verified.frames, "frame"));
  return fmt::format("{}: {} and {}, checked\n{}\n{} is unchanged. To put the repaired one in its place:{}",
                     safe_text(report.database.string()), counted(report.verified.events, "event"),
                     counted(report.verified.frames, "frame"),
                     report.complete() ? "everything that was recorded is there" : losses_in_words(report), old, exchange_commands(report));
}

RepairOptions library_options(const Options& options, ProgressBar& bar) {
  RepairOptions result;
  result.output = options.output;
  result.progress = [&bar](std::string_view doing, std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.label(std::string(doing));
    bar.update(done, total);
  };
  return result;
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  note_signals();
  ProgressBar bar("repairing", session.quiet);
  std::optional<JsonReport> json;
  const RepairReport report = repair_beamtime(options.database, library_options(options, bar), [&](const RepairFinding& finding) {
    if (session.json) {
      if (!json) json.emplace(session.out, "findings");
      return json->add(wire::to_json(finding));
    }
    if (session.quiet && (finding.outcome == Outcome::note || finding.outcome == Outcome::mended)) return;
    bar.clear();
    session.out.write(in_words(finding));
    session.out.flush();
  });
  bar.clear();
  if (session.json) {
    if (!json) json.emplace(session.out, "findings");
    json->finish(wire::to_json(report));
  } else {
    session.say(in_words(report));
  }
  return report.complete() ? 0 : wire::exit_status(ErrorCode::corrupt);
}

}  // namespace

void add_repair(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"repair", "Make a damaged beamtime whole again, in new files",
                                           "  resonance repair znpc.db\n"
                                           "  resonance repair znpc.db -o /data/znpc-repaired.db\n"
                                           "  resonance repair znpc.db --json\n\n"
                                           "Makes X.repaired.db and X.repaired.zarr beside the damaged ones, which stay as\n"
                                           "they are; undamaged frame files are the same files in both. One line for each\n"
                                           "thing that was mended or lost; exit status 7 when something was lost. Makes\n"
                                           "nothing when all is sound."},
                                          run);
  app.add_option("X.db", options.database, "The damaged beamtime")->required()->option_text(" ");
  app.add_option("-o,--output", options.output, "The repaired one (X.repaired.db)")->option_text("Y.db");
}

}  // namespace resonance::cli
