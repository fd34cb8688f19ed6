/// A SQLite connection with the settings that every one of ours has. The only folder that includes sqlite3.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "sqlite/statement.hpp"

struct sqlite3;

namespace resonance::sqlite {

enum class Access {
  read,        ///< never changes a byte; works on read-only media
  read_write,  ///< the file must be there
  create,      ///< made when missing
  salvage,     ///< a copy of a damaged file: as much as can be read is, whatever its schema and its pages look like
};

/// How much SQLite waits for the disk at a commit (PRAGMA synchronous).
enum class Synchronous { off, normal, full };

/// One connection. Not synchronised: one thread at a time.
///
/// Each connection has foreign keys on (read back), a busy timeout, trusted_schema off, defensive mode, no memory mapping,
/// and no automatic checkpoint: who may move the log into the database is decided by the caller, because SQLite before
/// 3.51.3 can damage a file when two connections checkpoint and write at the same moment (docs/decisions/0001-sqlite.md).
class Connection {
 public:
  Connection(const std::filesystem::path& path, Access access, std::chrono::milliseconds busy_timeout = std::chrono::seconds(10));
  /// Borrow a connection that somebody else opened and will close. Its settings stay as they are.
  explicit Connection(sqlite3* borrowed);
  [[nodiscard]] static Connection in_memory();
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  void execute(const std::string& sql);  ///< one or several statements without results
  [[nodiscard]] Statement prepare(std::string_view sql);
  [[nodiscard]] std::int64_t query_int(std::string_view sql);  ///< first column of the first row
  [[nodiscard]] std::string query_text(std::string_view sql);
  [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] int user_version();
  void set_user_version(int version);

  void use_write_ahead_log();    ///< PRAGMA journal_mode = WAL, read back. \throws Error(unsupported) when refused
  bool leave_write_ahead_log();  ///< back to one file without side files; \return false while others have it open
  void set_synchronous(Synchronous level);
  [[nodiscard]] std::int64_t log_pages() const noexcept { return log_pages_; }  ///< pages in the log after the last commit
  void checkpoint();  ///< move what can be moved of the log into the database, without waiting for readers

  /// Whether its name leads to another file by now, or to none.
  [[nodiscard]] bool has_moved() const noexcept;

  /// Copy the whole database, consistently, to a new file.
  void back_up_to(const std::filesystem::path& destination);

  /// Put the content of `source` in place of all that is in this database, in one transaction: readers see the old or the new.
  void replace_with(Connection& source);

  /// What the file says of itself, whatever its log says.
  struct FileHeader {
    bool log_mode = false;             ///< what is committed may be in a log beside it
    std::uint32_t application_id = 0;  ///< PRAGMA application_id
  };
  [[nodiscard]] FileHeader header_on_disk();
  [[nodiscard]] std::filesystem::path log_path() const;  ///< where SQLite looks for the log; empty of a database in memory

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  Connection() = default;
  /// How a file is opened where nothing can be written beside it.
  enum class Way : std::uint8_t { usual, immutable, alone };
  void open(Access access, Way way, std::chrono::milliseconds busy_timeout);
  void open_unwritable(std::chrono::milliseconds busy_timeout);
  void configure(Access access, std::chrono::milliseconds busy_timeout);
  void copy_all_to(const std::filesystem::path& destination);
  void watch_log() noexcept;
  void close() noexcept;

  sqlite3* handle_ = nullptr;
  bool owned_ = true;
  std::filesystem::path path_;
  std::int64_t log_pages_ = 0;
};

/// \throws Error(not_found) nothing there; Error(invalid_argument) a folder, a pipe or a device
void require_file(const std::filesystem::path& path);

/// BEGIN IMMEDIATE … COMMIT, or a savepoint inside a transaction that is open already. Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool savepoint_;
  bool open_ = true;
};

/// One state of the database for several queries. Changes nothing.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection) { connection_.execute("BEGIN"); }
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

}  // namespace resonance::sqlite
