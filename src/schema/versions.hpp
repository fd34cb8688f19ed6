/// Rules that both databases share when they are created or migrated.
#pragma once

#include "schema/session.hpp"

namespace resonance::schema {

/// \throws Error(invalid_state) "downgrade" when current > target; Error(unsupported) when there is no way to `target`
void require_path(SqlSession& session, int current, int target, int newest);
/// \throws Error(unsupported) when the file is newer than this library
void require_known(SqlSession& session, int current, int newest);
/// foreign_keys on, as far as SQLite lets us: inside a transaction the setting cannot be changed.
void switch_on_foreign_keys(SqlSession& session);

/// The table lost_events, which only repaired files have.
void create_repair_tables(sqlite::Connection& connection);

/// Steps that would bring the beamtime to `target`, in words; empty when nothing is to be done.
[[nodiscard]] std::vector<std::string> planned_steps(SqlSession& session, int target);

inline void require_known(sqlite::Connection& connection, int current, int newest) {
  ConnectionSession session(connection);
  require_known(session, current, newest);
}

}  // namespace resonance::schema
