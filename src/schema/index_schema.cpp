#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

void create_index_schema(sqlite3* handle) {
  sqlite::Connection connection(handle);
  schema::require_kind(connection, schema::index_tables(), schema::beamtime_tables(), "beamtime, not a master index");
  schema::require_known(connection, connection.user_version(), kIndexSchemaVersion);
  schema::switch_on_foreign_keys(connection);
  sqlite::Transaction transaction(connection);
  schema::create_tables(connection, schema::index_tables());
  schema::require_columns(connection, schema::index_tables());
  if (connection.user_version() != kIndexSchemaVersion) connection.set_user_version(kIndexSchemaVersion);
  transaction.commit();
}

void migrate_index_schema(sqlite3* handle, int target) {
  sqlite::Connection connection(handle);
  const int current = connection.user_version();
  schema::require_path(connection, current, target, kIndexSchemaVersion);
  schema::switch_on_foreign_keys(connection);
  if (current < target) create_index_schema(handle);
}

}  // namespace resonance
