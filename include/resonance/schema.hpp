/// The tables of a beamtime and of the master index (docs/format.md, section 1).
///
/// Threads: as the connection given. None of these calls closes it. Each works inside a transaction that the caller has
/// open (as a savepoint) and alone (as one immediate transaction): after a crash the old or the new version is there.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace resonance {

inline constexpr int kBeamtimeSchemaVersion = 2;
inline constexpr int kIndexSchemaVersion = 1;

/// Make the five core tables of a beamtime, their indexes and our side tables, as far as they are missing; set
/// `PRAGMA foreign_keys = ON` and user_version 2. Idempotent.
/// \throws Error(corrupt)      the file is not a database, is damaged, or has a core table with other columns
/// \throws Error(unsupported)  user_version is newer than 2
/// \throws Error(io, no_space, busy) as SQLite reports; the message names the file
void create_beamtime_schema(sqlite3* connection);

/// Bring a beamtime to version `target`: below 1 creates, 1 → 2 adds image_refs.compression_codec. A file stamped 2 that
/// lacks this column is mended. Equal versions change nothing.
/// \throws Error(unsupported)   target is not 0 … 2, or there is no path ("no migration path")
/// \throws Error(invalid_state) target is below the file's version ("downgrade")
/// and as create_beamtime_schema().
void migrate_beamtime_schema(sqlite3* connection, int target = kBeamtimeSchemaVersion);

/// The same for the master index: researchers, beamtimes, runs_index; user_version 1.
void create_index_schema(sqlite3* connection);
void migrate_index_schema(sqlite3* connection, int target = kIndexSchemaVersion);

/// A connection that can only be spoken to in SQL, because it belongs to another driver (Python's sqlite3, say) or to another
/// copy of SQLite. The functions below do through it what those above do with a `sqlite3*`, by the same code.
class SqlSession {
 public:
  using Row = std::vector<std::optional<std::string>>;  ///< a cell as text; nothing for NULL

  virtual ~SqlSession() = default;
  virtual void execute(const std::string& sql) = 0;  ///< one statement without results
  virtual std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values = {}) = 0;
  [[nodiscard]] virtual bool in_transaction() = 0;
  [[nodiscard]] virtual std::filesystem::path file() = 0;  ///< empty for a database in memory

 protected:
  /// Throw the Error for a result code of SQLite, as the library does for its own connections. It names the file.
  [[noreturn]] void fail(int sqlite_result, std::string_view message);
};

void create_beamtime_schema(SqlSession& session);
void migrate_beamtime_schema(SqlSession& session, int target = kBeamtimeSchemaVersion);
void create_index_schema(SqlSession& session);
void migrate_index_schema(SqlSession& session, int target = kIndexSchemaVersion);

/// Whether the connection that `open_a_connection` opens, on this thread and by other means than this library, comes from the same copy
/// of SQLite that this library uses. Two copies in one process drop each other's file locks.
[[nodiscard]] bool same_sqlite(const std::function<void()>& open_a_connection);
[[nodiscard]] std::string_view sqlite_version() noexcept;  ///< "3.40.1"

}  // namespace resonance
