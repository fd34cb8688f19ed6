#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

void create_index_schema(SqlSession& session) {
  schema::require_kind(session, schema::index_tables(), schema::beamtime_tables(), "beamtime, not a master index");
  schema::require_known(session, schema::user_version(session), kIndexSchemaVersion);
  schema::switch_on_foreign_keys(session);
  schema::SessionTransaction transaction(session);
  schema::create_tables(session, schema::index_tables());
  schema::require_columns(session, schema::index_tables());
  if (schema::user_version(session) != kIndexSchemaVersion) schema::set_user_version(session, kIndexSchemaVersion);
  transaction.commit();
}

void migrate_index_schema(SqlSession& session, int target) {
  const int current = schema::user_version(session);
  schema::require_path(session, current, target, kIndexSchemaVersion);
  schema::switch_on_foreign_keys(session);
  if (current < target) create_index_schema(session);
}

void create_index_schema(sqlite3* handle) {
  sqlite::Connection connection(handle);
  schema::ConnectionSession session(connection);
  create_index_schema(session);
}

void migrate_index_schema(sqlite3* handle, int target) {
  sqlite::Connection connection(handle);
  schema::ConnectionSession session(connection);
  migrate_index_schema(session, target);
}

}  // namespace resonance
