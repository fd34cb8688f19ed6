#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "beamtime/place.hpp"
#include "frames/metadata_file.hpp"
#include "record/beamtime_file.hpp"
#include "record/recover.hpp"
#include "record/recovery_statements.hpp"
#include "record/statements.hpp"
#include "resonance/recover.hpp"
#include "resonance/run_writer.hpp"
#include "resonance/schema.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace record {

namespace {

namespace fs = std::filesystem;

/// Looks, and changes nothing.
class Look {
 public:
  explicit Look(const beamtime::Place& place)
      : place_(place), log_bytes_(io::file_bytes(place.log)), connection_(place.database, sqlite::Access::read) {
    if (!schema::has_table(connection_, "runs")) schema::throw_no_beamtime(connection_, "it has no table runs");
    schema::require_known(connection_, connection_.user_version(), kBeamtimeSchemaVersion);
  }

  /// What would be done, as far as it can be known.
  RecoverReport report() {
    RecoverReport out{.database = place_.database};
    // Others keep their own rules.
    for (const char* table : {"run_details", "frame_stores", "durable_frames", "frame_checksums"})
      if (!schema::has_table(connection_, table)) return out;
    RecoveryStatements queries(connection_);
    for (const auto& run : queries.open_runs()) {
      if (run.lock_byte <= 0) continue;
      if (beamtime::is_recorded(place_, run.lock_byte))
        out.live_runs.push_back(run.uid);
      else if (queries.is_open(run.uid))  // else its writer closed it since we looked
        out.runs.push_back(look_at(queries, run.uid));
    }
    out.log_stays = !out.live_runs.empty() && log_bytes_ > 0;
    out.log_bytes = out.log_stays ? 0 : log_bytes_;
    out.missing_log = schema::missing_log(connection_).value_or("");
    return out;
  }

 private:
  RecoveredRun look_at(RecoveryStatements& queries, const std::string& uid) {
    RecoveredRun out{.uid = uid};
    out.events = queries.count_events(uid);
    out.frames = queries.count_frames(uid);
    out.frames_checked = queries.unsure_frames(uid).size();
    for (const auto& array : queries.frame_stores(uid)) {
      const auto frames = queries.named_frames(uid, array.group);
      out.frames_published += frames - std::min(frames, published(array.group));
    }
    return out;
  }

  [[nodiscard]] std::uint64_t published(const std::string& group) const {
    try {
      if (fs::path(group).is_absolute()) return 0;
      return frames::read_metadata(place_.store / group).shape[0];
    } catch (const Error&) {  // it is made anew
      return 0;
    }
  }

  const beamtime::Place place_;
  const std::uint64_t log_bytes_;  // before we look: a reader makes a log that is not there
  sqlite::Connection connection_;
};

BeamtimeFileOptions file_options(const RecoverOptions& options) {
  return {.busy_timeout = options.busy_timeout,
          .allow_network_file_system = options.allow_network_file_system,
          .sync_commits = false,
          .guest = true,
          .as_it_is = true,
          .file_system = options.file_system};
}

void recover(RecoverReport& report, const RecoverOptions& options) {
  BeamtimeFile file(report.database, file_options(options));
  report.runs.clear();  // meanwhile somebody else may have closed some
  Statements statements(file.connection());
  close_dead_runs(file, statements, system_time(), [&](const RecoveredRun& run) {
    report.runs.push_back(run);
    if (options.on_run_change) options.on_run_change->run_changed(report.database, run.uid);
  });
  file.close();
}

}  // namespace

}  // namespace record

RecoverReport recover_beamtime(const std::filesystem::path& database, const RecoverOptions& options) {
  const auto files = options.file_system ? options.file_system : io::posix_file_system();
  if (!files->exists(database) || std::filesystem::is_directory(database))
    throw Error(ErrorCode::not_found, fmt::format("there is no file {}", database.string()),
                {.os_errno = 0, .file = database, .offset = {}, .database = true});
  const auto place = beamtime::place_to_write(database);
  auto report = record::Look(place).report();
  report.dry_run = options.dry_run;
  if (options.dry_run || !report.any()) return report;
  record::recover(report, options);
  if (io::file_bytes(place.log) > 0 && report.log_bytes > 0) {
    report.log_stays = true;
    report.log_bytes = 0;
  }
  return report;
}

}  // namespace resonance
