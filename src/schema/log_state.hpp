/// Whether the log that a database needs is beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sqlite/connection.hpp"

namespace resonance::schema {

/// PRAGMA application_id of a beamtime that a writer has opened: what was committed may be in its log alone. 0 when it was closed.
/// A copy of the database without the log still says so.
inline constexpr std::uint32_t kInUse = 0x52534e57;  // "RSNW"

[[nodiscard]] bool says_in_use(sqlite::Connection& connection);
void say_in_use(sqlite::Connection& connection, bool in_use);

enum class LogState : std::uint8_t {
  complete,  ///< it is there, or none is needed
  doubtful,  ///< the database is in log mode without a log: it was closed by another program, or copied
  missing,   ///< a writer of Resonance had it open, and its log is gone
};

/// As it looks now: a writer may be opening or closing the database at this moment.
[[nodiscard]] LogState log_state(sqlite::Connection& connection);
/// The same after the time that a writer takes for that.
[[nodiscard]] LogState log_state_later(sqlite::Connection& connection);

/// What is wrong and what to do; nothing when the log is complete. A doubtful one is told of only when a run has no end: other
/// programs leave their databases in log mode. `named`: the beamtime's file, when it is a copy of it that is looked at.
[[nodiscard]] std::optional<std::string> missing_log(sqlite::Connection& connection, const std::filesystem::path& named = {});

/// For a database without tables: "; it is in log mode …", or nothing. They may be in the log alone.
[[nodiscard]] std::string without_log(sqlite::Connection& connection);

}  // namespace resonance::schema
