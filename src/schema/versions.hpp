/// Rules that both databases share when they are created or migrated.
#pragma once

#include <filesystem>
#include <string_view>

#include "schema/session.hpp"
#include "schema/tables.hpp"

namespace resonance::schema {

/// \throws Error(invalid_state) "downgrade" when current > target; Error(unsupported) when there is no way to `target`
void require_path(SqlSession& session, int current, int target, int newest);
/// \throws Error(unsupported) when the file is newer than this library
void require_known(SqlSession& session, int current, int newest);
/// The one answer to "is this a beamtime": Error(corrupt) "X is no beamtime: why" from whoever asks.
[[noreturn]] void throw_no_beamtime(const std::filesystem::path& file, std::string_view why);
/// The same of a database that is open: what it lacks may be in a log that it lacks, too.
[[noreturn]] void throw_no_beamtime(sqlite::Connection& connection, std::string_view why);
/// \throws Error(corrupt) when a core table of a beamtime is missing; Error(unsupported) when it is newer than this library
void require_beamtime(sqlite::Connection& connection);
/// Whether any of those tables is there: it is or was a beamtime, perhaps a damaged one.
[[nodiscard]] bool was_beamtime(sqlite::Connection& connection);
/// \throws Error(corrupt) a database of something else (the master index, say); an empty one can become a beamtime
void require_beamtime_or_empty(sqlite::Connection& connection);
/// foreign_keys on, as far as SQLite lets us: inside a transaction the setting cannot be changed.
void switch_on_foreign_keys(SqlSession& session);

/// One set of side tables, whose version is apart from user_version. \throws Error(unsupported) when the file's is newer
void create_extension(SqlSession& session, const SideTables& set);
/// The side tables of an index, beside its core tables.
void create_search_tables(sqlite::Connection& connection);
/// \throws Error(corrupt) when a core or side table of an index is missing; Error(unsupported) when it is newer than this library
void require_index(sqlite::Connection& connection);

/// The table lost_events, which only repaired files have.
void create_repair_tables(sqlite::Connection& connection);

/// Steps that would bring the beamtime to `target`, in words; empty when nothing is to be done.
[[nodiscard]] std::vector<std::string> planned_steps(SqlSession& session, int target);

inline void require_known(sqlite::Connection& connection, int current, int newest) {
  ConnectionSession session(connection);
  require_known(session, current, newest);
}

}  // namespace resonance::schema
