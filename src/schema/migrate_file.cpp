#include <fmt/format.h>

#include "resonance/beamtime.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "schema/write_lock.hpp"

namespace resonance {

MigrationReport migrate_beamtime_file(const std::filesystem::path& database, const MigrationOptions& options) {
  MigrationReport out;
  {
    sqlite::Connection reader(database, sqlite::Access::read);
    schema::ConnectionSession session(reader);
    schema::require_kind(session, schema::beamtime_tables(), schema::index_tables(), "master index, not a beamtime");
    out.from = reader.user_version();
    out.steps = schema::planned_steps(session, options.target);
    out.to = options.target;
    if (options.dry_run || out.steps.empty()) return out;
    if (options.backup) {
      out.backup = database;
      out.backup += fmt::format(".v{}.bak", out.from);
      reader.back_up_to(out.backup);
    }
  }
  io::LockFile locks(schema::lock_file_of(database));
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
