#include <fmt/format.h>

#include <vector>

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

std::string name_of(const sqlite::Connection& connection) {
  return connection.path().empty() ? "the database in memory" : connection.path().string();
}

bool lacks_codec_column(sqlite::Connection& connection) {
  return has_table(connection, "image_refs") && !has_column(connection, "image_refs", "compression_codec");
}

void create_version_1(sqlite::Connection& connection) {
  create_tables(connection, beamtime_tables().first(4));
  create_tables(connection, {&image_refs_version_1(), 1});
}

void create_version_2(sqlite::Connection& connection) {
  create_tables(connection, beamtime_tables());
  // A file of version 1, or one that was stamped 2 without its column, gets the column whatever its number says.
  if (lacks_codec_column(connection)) connection.execute("ALTER TABLE image_refs ADD COLUMN compression_codec TEXT");
  require_columns(connection, beamtime_tables());
}

}  // namespace

void create_extension(sqlite::Connection& connection, const SideTables& set) {
  create_tables(connection, set.tables);
  auto known = connection.prepare("SELECT version FROM schema_extensions WHERE name = ?");
  known.bind(1, set.name);
  const int version = known.step() ? static_cast<int>(known.int64(0)) : 0;
  known.reset();
  if (version > set.version)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: its side tables '{}' have version {}, this Resonance knows {}; use a newer one", name_of(connection),
                            set.name, version, set.version),
                about(connection));
  if (version == set.version) return;
  auto insert = connection.prepare("INSERT OR REPLACE INTO schema_extensions(name, version) VALUES(?, ?)");
  insert.bind_all(set.name, set.version).run();
}

void create_repair_tables(sqlite::Connection& connection) { create_extension(connection, repair_tables()); }

void require_path(const sqlite::Connection& connection, int current, int target, int newest) {
  if (current > target)
    throw Error(ErrorCode::invalid_state,
                fmt::format("{} has schema version {}; a downgrade to {} is not possible", name_of(connection), current, target),
                about(connection));
  if (target > newest)
    throw Error(ErrorCode::unsupported,
                fmt::format("no migration path from schema version {} to {} for {}; this Resonance knows up to {}", current, target,
                            name_of(connection), newest),
                about(connection));
}

void require_known(const sqlite::Connection& connection, int current, int newest) {
  if (current > newest)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} has schema version {}, this Resonance knows {}; use a newer one", name_of(connection), current, newest),
                about(connection));
}

void require_beamtime(sqlite::Connection& connection) {
  for (const auto& table : beamtime_tables())
    if (!has_table(connection, table.name))
      throw Error(ErrorCode::corrupt, fmt::format("{} is no beamtime: it has no table {}", name_of(connection), table.name),
                  about(connection));
  require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
}

void switch_on_foreign_keys(sqlite::Connection& connection) {
  if (connection.in_transaction()) return;
  connection.execute("PRAGMA foreign_keys = ON");
  if (connection.query_int("PRAGMA foreign_keys") != 1)
    throw Error(ErrorCode::unsupported, "this build of SQLite has no foreign keys", about(connection));
}

std::vector<std::string> planned_steps(sqlite::Connection& connection, int target) {
  const int current = connection.user_version();
  require_path(connection, current, target, kBeamtimeSchemaVersion);
  std::vector<std::string> out;
  if (current < 1 && target >= 1) out.push_back(fmt::format("create the tables of version {}", target));
  if (target == 2 && lacks_codec_column(connection))
    out.emplace_back(current == 2 ? "mend: add image_refs.compression_codec, which this file of version 2 lacks"
                                  : "add image_refs.compression_codec");
  return out;
}

}  // namespace schema

void create_beamtime_schema(sqlite3* handle) {
  sqlite::Connection connection(handle);
  schema::require_kind(connection, schema::beamtime_tables(), schema::index_tables(), "master index, not a beamtime");
  schema::require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
  schema::switch_on_foreign_keys(connection);
  sqlite::Transaction transaction(connection);
  schema::create_version_2(connection);
  for (const auto& set : schema::side_tables()) schema::create_extension(connection, set);
  if (connection.user_version() != kBeamtimeSchemaVersion) connection.set_user_version(kBeamtimeSchemaVersion);
  transaction.commit();
}

void migrate_beamtime_schema(sqlite3* handle, int target) {
  sqlite::Connection connection(handle);
  const int current = connection.user_version();
  schema::require_path(connection, current, target, kBeamtimeSchemaVersion);
  schema::switch_on_foreign_keys(connection);
  if (target < 1 || (current == target && !(target == 2 && schema::lacks_codec_column(connection)))) return;
  if (target == 2) return create_beamtime_schema(handle);
  sqlite::Transaction transaction(connection);
  schema::create_version_1(connection);
  connection.set_user_version(target);
  transaction.commit();
}

}  // namespace resonance
