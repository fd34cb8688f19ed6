#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace schema {

namespace {

ErrorDetail about(SqlSession& session) { return {.os_errno = 0, .file = session.file(), .offset = {}, .database = true}; }

std::string name_of(SqlSession& session) { return session.file().empty() ? "the database in memory" : session.file().string(); }

bool lacks_codec_column(SqlSession& session) {
  return has_table(session, "image_refs") && !has_column(session, "image_refs", "compression_codec");
}

void create_version_1(SqlSession& session) {
  create_tables(session, beamtime_tables().first(4));
  create_tables(session, {&image_refs_version_1(), 1});
}

void create_version_2(SqlSession& session) {
  create_tables(session, beamtime_tables());
  // A file of version 1, or one that was stamped 2 without its column, gets the column whatever its number says.
  if (lacks_codec_column(session)) session.execute("ALTER TABLE image_refs ADD COLUMN compression_codec TEXT");
  require_columns(session, beamtime_tables());
}

}  // namespace

void create_extension(SqlSession& session, const SideTables& set) {
  create_tables(session, set.tables);
  const int version = query_int(session, "SELECT version FROM schema_extensions WHERE name = ?", {set.name});
  if (version > set.version)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: its side tables '{}' have version {}, this Resonance knows {}; use a newer one", name_of(session),
                            set.name, version, set.version),
                about(session));
  if (version == set.version) return;
  session.query("INSERT OR REPLACE INTO schema_extensions(name, version) VALUES(?, ?)", {set.name, std::to_string(set.version)});
}

void create_repair_tables(sqlite::Connection& connection) {
  ConnectionSession session(connection);
  create_extension(session, repair_tables());
}

void require_path(SqlSession& session, int current, int target, int newest) {
  if (current > target)
    throw Error(ErrorCode::invalid_state,
                fmt::format("{} has schema version {}; a downgrade to {} is not possible", name_of(session), current, target),
                about(session));
  if (target > newest)
    throw Error(ErrorCode::unsupported,
                fmt::format("no migration path from schema version {} to {} for {}; this Resonance knows up to {}", current, target,
                            name_of(session), newest),
                about(session));
}

void require_known(SqlSession& session, int current, int newest) {
  if (current > newest)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} has schema version {}, this Resonance knows {}; use a newer one", name_of(session), current, newest),
                about(session));
}

void throw_no_beamtime(const std::filesystem::path& file, std::string_view why) {
  throw Error(ErrorCode::corrupt, fmt::format("{} is no beamtime: {}", file.string(), why),
              {.os_errno = 0, .file = file, .offset = {}, .database = true});
}

void throw_no_beamtime(sqlite::Connection& connection, std::string_view why) {
  throw_no_beamtime(connection.path(), fmt::format("{}{}", why, without_log(connection)));
}

void require_beamtime(sqlite::Connection& connection) {
  for (const auto& table : beamtime_tables())
    if (!has_table(connection, table.name)) throw_no_beamtime(connection, fmt::format("it has no table {}", table.name));
  require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
}

bool was_beamtime(sqlite::Connection& connection) {
  const auto tables = beamtime_tables();
  return std::any_of(tables.begin(), tables.end(), [&](const auto& table) { return has_table(connection, table.name); });
}

void require_beamtime_or_empty(sqlite::Connection& connection) {
  if (has_table(connection, "runs") || connection.query_int("SELECT count(*) FROM sqlite_master WHERE type = 'table'") == 0) return;
  throw_no_beamtime(connection, "it has tables, but no table runs");
}

void switch_on_foreign_keys(SqlSession& session) {
  if (session.in_transaction()) return;
  session.execute("PRAGMA foreign_keys = ON");
  if (query_int(session, "PRAGMA foreign_keys") != 1)
    throw Error(ErrorCode::unsupported, "this build of SQLite has no foreign keys", about(session));
}

std::vector<std::string> planned_steps(SqlSession& session, int target) {
  const int current = user_version(session);
  require_path(session, current, target, kBeamtimeSchemaVersion);
  std::vector<std::string> out;
  if (current < 1 && target >= 1) out.push_back(fmt::format("create the tables of version {}", target));
  if (target == 2 && lacks_codec_column(session))
    out.emplace_back(current == 2 ? "mend: add image_refs.compression_codec, which this file of version 2 lacks"
                                  : "add image_refs.compression_codec");
  return out;
}

}  // namespace schema

void create_beamtime_schema(SqlSession& session) {
  schema::require_kind(session, schema::beamtime_tables(), schema::index_tables(), "master index, not a beamtime");
  schema::require_known(session, schema::user_version(session), kBeamtimeSchemaVersion);
  schema::switch_on_foreign_keys(session);
  schema::SessionTransaction transaction(session);
  schema::create_version_2(session);
  for (const auto& set : schema::side_tables()) schema::create_extension(session, set);
  if (schema::user_version(session) != kBeamtimeSchemaVersion) schema::set_user_version(session, kBeamtimeSchemaVersion);
  transaction.commit();
}

void migrate_beamtime_schema(SqlSession& session, int target) {
  const int current = schema::user_version(session);
  schema::require_path(session, current, target, kBeamtimeSchemaVersion);
  schema::switch_on_foreign_keys(session);
  if (target < 1 || (current == target && !(target == 2 && schema::lacks_codec_column(session)))) return;
  if (target == 2) return create_beamtime_schema(session);
  schema::SessionTransaction transaction(session);
  schema::create_version_1(session);
  schema::set_user_version(session, target);
  transaction.commit();
}

void create_beamtime_schema(sqlite3* handle) {
  sqlite::Connection connection(handle);
  schema::ConnectionSession session(connection);
  create_beamtime_schema(session);
}

void migrate_beamtime_schema(sqlite3* handle, int target) {
  sqlite::Connection connection(handle);
  schema::ConnectionSession session(connection);
  migrate_beamtime_schema(session, target);
}

}  // namespace resonance
