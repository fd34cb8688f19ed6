#include <fmt/format.h>

#include "beamtime/place.hpp"
#include "resonance/beamtime.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "schema/write_lock.hpp"

namespace resonance {

MigrationReport migrate_beamtime_file(const std::filesystem::path& name, const MigrationOptions& options) {
  const auto place = options.dry_run ? beamtime::place_to_read(name) : beamtime::place_to_write(name);
  const auto& database = place.database;
  MigrationReport out;
  {
    sqlite::Connection reader(database, sqlite::Access::read);
    schema::require_beamtime_or_empty(reader);
    schema::ConnectionSession session(reader);
    out.from = reader.user_version();
    out.steps = schema::planned_steps(session, options.target);
    out.to = options.target;
    if (options.dry_run || out.steps.empty()) return out;
    beamtime::require_own(place, reader);
    if (options.backup) {
      out.backup = database;
      out.backup += fmt::format(".v{}.bak", out.from);
      reader.back_up_to(out.backup);
    }
  }
  io::LockFile locks(place.lock);
  const schema::WriteLock lock(locks, std::chrono::seconds(10));
  sqlite::Connection connection(database, sqlite::Access::read_write);
  connection.set_synchronous(sqlite::Synchronous::full);
  // In the log: until the migration is whole, and if it never is, readers see the old version. A rollback journal would have to be
  // rolled back first, which readers do not do.
  connection.use_write_ahead_log();
  migrate_beamtime_schema(connection.handle(), options.target);
  connection.leave_write_ahead_log();
  return out;
}

}  // namespace resonance
