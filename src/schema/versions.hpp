/// Rules that both databases share when they are created or migrated.
#pragma once

#include "sqlite/connection.hpp"

namespace resonance::schema {

/// \throws Error(invalid_state) "downgrade" when current > target; Error(unsupported) when there is no way to `target`
void require_path(const sqlite::Connection& connection, int current, int target, int newest);
/// \throws Error(unsupported) when the file is newer than this library
void require_known(const sqlite::Connection& connection, int current, int newest);
/// \throws Error(corrupt) when a core table of a beamtime is missing; Error(unsupported) when it is newer than this library
void require_beamtime(sqlite::Connection& connection);
/// foreign_keys on, as far as SQLite lets us: inside a transaction the setting cannot be changed.
void switch_on_foreign_keys(sqlite::Connection& connection);

/// The table lost_events, which only repaired files have.
void create_repair_tables(sqlite::Connection& connection);

/// Steps that would bring the beamtime to `target`, in words; empty when nothing is to be done.
[[nodiscard]] std::vector<std::string> planned_steps(sqlite::Connection& connection, int target);

}  // namespace resonance::schema
