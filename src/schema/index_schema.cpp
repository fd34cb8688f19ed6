#include <fmt/format.h>

#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace schema {

namespace {

ErrorDetail about(const sqlite::Connection& connection) {
  return {.os_errno = 0, .file = connection.path(), .offset = {}, .database = true};
}

}  // namespace

void create_search_tables(sqlite::Connection& connection) {
  ConnectionSession session(connection);
  create_extension(session, search_tables());
}

void require_index(sqlite::Connection& connection) {
  for (const auto& tables : {index_tables(), search_tables().tables})
    for (const auto& table : tables)
      if (!has_table(connection, table.name))
        throw Error(ErrorCode::corrupt, fmt::format("{} is no master index: it has no table {}", connection.path().string(), table.name),
                    about(connection));
  require_known(connection, connection.user_version(), kIndexSchemaVersion);
  const auto version = connection.query_int("SELECT version FROM schema_extensions WHERE name = 'search'");
  if (version > search_tables().version)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: its side tables 'search' have version {}, this Resonance knows {}; use a newer one",
                            connection.path().string(), version, search_tables().version),
                about(connection));
}

}  // namespace schema

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
