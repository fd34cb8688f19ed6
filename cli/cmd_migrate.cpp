/// `resonance migrate`: raise a beamtime to a newer schema version, with a backup.
#include <fmt/format.h>

#include "app.hpp"
#include "resonance/beamtime.hpp"
#include "text_layout.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  int target = kBeamtimeSchemaVersion;
  bool dry_run = false;
  bool no_backup = false;
};

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  const MigrationReport report =
      migrate_beamtime_file(options.database, {.target = options.target, .dry_run = options.dry_run, .backup = !options.no_backup});
  if (session.json) {
    session.print(wire::to_json(report));
    return 0;
  }
  if (session.quiet) return 0;
  const std::string file = safe_text(options.database.string());
  if (report.steps.empty()) {
    session.out.write(fmt::format("{}: version {}, nothing to do\n", file, report.to));
    return 0;
  }
  if (report.from == report.to)
    session.out.write(fmt::format("{}: version {}, {}\n", file, report.to, options.dry_run ? "would be mended" : "mended"));
  else
    session.out.write(fmt::format("{}: version {} {} {}\n", file, report.from, options.dry_run ? "would become" : "is now", report.to));
  for (const std::string& step : report.steps) session.out.write(fmt::format("  {}\n", safe_text(step)));
  if (!report.backup.empty()) session.out.write(fmt::format("backup: {}\n", safe_text(report.backup.string())));
  return 0;
}

}  // namespace

void add_migrate(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"migrate", "Raise a beamtime to a newer schema version",
                                           "  resonance migrate old.db --dry-run\n"
                                           "  resonance migrate old.db"},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("--to", options.target, fmt::format("Version to reach ({})", kBeamtimeSchemaVersion))->option_text("N");
  app.add_flag("--dry-run", options.dry_run, "Only say what would be done");
  app.add_flag("--no-backup", options.no_backup, "Make no copy of the database first");
}

}  // namespace resonance::cli
