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

void create_search_tables(sqlite::Connection& connection) { create_extension(connection, search_tables()); }

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
