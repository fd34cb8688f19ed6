#include "sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <memory>
#include <thread>
#include <utility>

#include "resonance/error.hpp"
#include "sqlite/rollback_journal.hpp"
#include "sqlite/sqlite_error.hpp"

namespace resonance::sqlite {

namespace {

/// `file:` URI of a path, so that "immutable" can be asked for and no name is taken for an option.
std::string uri_of(const std::filesystem::path& path, bool immutable) {
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#')
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  if (immutable) out += "?immutable=1";
  return out;
}

/// SQLite takes the log of an empty or new database for a leftover and deletes it, also when it is opened for reading. But a
/// database that was cut to nothing, or taken away without its log, may have all that it held in there.
void require_no_orphaned_log(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto log = path.string() + "-wal";
  if (std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) != 0) return;
  if (!std::filesystem::exists(log, ignored) || std::filesystem::file_size(log, ignored) == 0) return;
  throw Error(ErrorCode::corrupt,
              fmt::format("{} is empty or gone, but its log {} holds data; opening the database would delete them: copy the log away, "
                          "and take both files from a backup",
                          path.string(), log),
              {.os_errno = 0, .file = path, .offset = {}, .database = true});
}

/// A program that died in the middle of a transaction, with the rollback journal, has left the file half written. Only who may
/// write can take that back; what a reader would see without the journal is wrong.
void require_no_hot_journal(const std::filesystem::path& path) {
  if (journal_content(path) != JournalContent::more_pages) return;
  throw Error(ErrorCode::io,
              fmt::format("{0} holds half a transaction, which {0}-journal takes back, and only a program that may write can do that; open "
                          "it once with one (resonance migrate, or the sqlite3 shell), or a copy of both files",
                          path.string()),
              {.os_errno = 0, .file = path, .offset = {}, .database = true});
}

}  // namespace

void require_file(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto detail = ErrorDetail{.os_errno = 0, .file = path, .offset = {}, .database = true};
  if (!std::filesystem::exists(path, ignored)) throw Error(ErrorCode::not_found, fmt::format("there is no file {}", path.string()), detail);
  if (std::filesystem::is_directory(path, ignored))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is a folder; name the .db file of a beamtime", path.string()), detail);
  if (!std::filesystem::is_regular_file(path, ignored))  // SQLite would wait for a pipe for ever
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is a pipe or a device, not a file", path.string()), detail);
}

Connection::Connection(const std::filesystem::path& path, Access access, std::chrono::milliseconds busy_timeout) : path_(path) {
  if (access != Access::create) require_file(path);
  require_no_orphaned_log(path);
  try {
    open(access, Way::usual, busy_timeout);
  } catch (const Error& error) {
    if (access != Access::read || error.code() != ErrorCode::io) throw;
    require_no_hot_journal(path);
    open_unwritable(busy_timeout);
  }
}

/// A database in log mode cannot be opened where the log's side files cannot be made, on read-only media say. Without a log
/// there is nothing in them to miss. With one, it is read with an index of it in memory, which SQLite keeps when it has the
/// file for itself: it is told so, and that there are no locks. Who could write to the file has made -shm, and is met above.
void Connection::open_unwritable(std::chrono::milliseconds busy_timeout) {
  std::error_code ignored;
  const auto log = path_.string() + "-wal";
  const bool has_log = std::filesystem::exists(log, ignored) && std::filesystem::file_size(log, ignored) != 0;
  open(Access::read, has_log ? Way::alone : Way::immutable, busy_timeout);
}

Connection::Connection(sqlite3* borrowed) : handle_(borrowed), owned_(false) {
  if (borrowed == nullptr) throw Error(ErrorCode::invalid_argument, "the connection is null");
  const char* name = sqlite3_db_filename(borrowed, "main");
  path_ = name == nullptr ? "" : name;
}

Connection Connection::in_memory() {
  Connection out;
  if (const int result = sqlite3_open_v2(":memory:", &out.handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
      result != SQLITE_OK)
    throw_sqlite("", result, 0, "cannot open", "making a");
  out.configure(Access::create, std::chrono::milliseconds(0));
  return out;
}

Connection::~Connection() { close(); }

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), owned_(other.owned_), path_(std::move(other.path_)), log_pages_(other.log_pages_) {
  // The hook set in configure() points at the object that owns the handle.
  if (handle_ != nullptr && owned_) watch_log();
}

void Connection::watch_log() noexcept {
  const auto hook = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(self)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, hook, this);  // takes the place of SQLite's own hook, which is the automatic checkpoint
}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    close();
    std::destroy_at(this);
    std::construct_at(this, std::move(other));
  }
  return *this;
}

void Connection::open(Access access, Way way, std::chrono::milliseconds busy_timeout) {
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  flags |= access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  try {
    const char* system = way == Way::alone ? "unix-none" : nullptr;
    const int result = sqlite3_open_v2(uri_of(path_, way == Way::immutable).c_str(), &handle_, flags, system);
    if (result != SQLITE_OK)
      throw_sqlite(path_.string(), result, handle_ == nullptr ? 0 : sqlite3_system_errno(handle_),
                   handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_), "opening");
    if (way == Way::alone) execute("PRAGMA locking_mode = EXCLUSIVE");
    configure(access, busy_timeout);
  } catch (...) {
    close();
    throw;
  }
}

void Connection::configure(Access access, std::chrono::milliseconds busy_timeout) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, static_cast<int>(busy_timeout.count()));
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, access == Access::salvage ? 0 : 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  if (query_int("PRAGMA foreign_keys") != 1)
    throw Error(ErrorCode::unsupported, "this build of SQLite has no foreign keys",
                {.os_errno = 0, .file = path_, .offset = {}, .database = true});
  // Rows are taken one by one where a page as a whole would be refused, and tables where the definition of another is damaged.
  if (access == Access::salvage) execute("PRAGMA cell_size_check = OFF; PRAGMA writable_schema = ON");
  // The first look at the file: says now, not at the first query, that it is no database or cannot be read.
  (void)query_int("SELECT count(*) FROM sqlite_master");
  if (access != Access::read) watch_log();
}

void Connection::close() noexcept {
  if (handle_ != nullptr && owned_) sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

void Connection::execute(const std::string& sql) {
  if (const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr); result != SQLITE_OK)
    throw_sqlite(handle_, result, "working on");
}

Statement Connection::prepare(std::string_view sql) { return {handle_, sql}; }

std::int64_t Connection::query_int(std::string_view sql) {
  auto statement = prepare(sql);
  return statement.step() ? statement.int64(0) : 0;
}

std::string Connection::query_text(std::string_view sql) {
  auto statement = prepare(sql);
  return statement.step() ? statement.string(0) : std::string();
}

std::int64_t Connection::last_insert_rowid() const noexcept { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Connection::changes() const noexcept { return sqlite3_changes64(handle_); }
bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
int Connection::user_version() { return static_cast<int>(query_int("PRAGMA user_version")); }
void Connection::set_user_version(int version) { execute(fmt::format("PRAGMA user_version = {}", version)); }

void Connection::use_write_ahead_log() {
  // SQLite's own waiting does not hold for this: it says at once that another program is in a transaction.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(query_int("PRAGMA busy_timeout"));
  const auto changed = [&] {
    for (;;) {
      try {
        return query_text("PRAGMA journal_mode = WAL");
      } catch (const Error& error) {
        if (error.code() != ErrorCode::busy || std::chrono::steady_clock::now() >= end) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  if (const auto mode = changed(); mode != "wal")
    throw Error(ErrorCode::unsupported, fmt::format("{} cannot use a write-ahead log here (journal mode {})", path_.string(), mode),
                {.os_errno = 0, .file = path_, .offset = {}, .database = true});
}

bool Connection::leave_write_ahead_log() {
  sqlite3_busy_timeout(handle_, 0);
  try {
    return query_text("PRAGMA journal_mode = DELETE") == "delete";
  } catch (const Error& error) {
    if (error.code() == ErrorCode::busy) return false;
    if (!has_moved()) throw;
    return true;  // the log is in the file, which SQLite writes nothing more to: it goes on saying that it has one
  }
}

Connection::FileHeader Connection::header_on_disk() {
  constexpr int kVersionAt = 18, kApplicationAt = 68;  // https://sqlite.org/fileformat2.html, section 1.3
  std::array<unsigned char, 100> bytes{};              // a file that is shorter says nothing
  // By the handle that is open: closing another one would drop the locks that SQLite holds on the file.
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file)) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr || file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0) != SQLITE_OK)
    return {};
  const auto* id = bytes.data() + kApplicationAt;
  return {bytes[kVersionAt] == 2, std::uint32_t{id[0]} << 24 | std::uint32_t{id[1]} << 16 | std::uint32_t{id[2]} << 8 | id[3]};
}

std::filesystem::path Connection::log_path() const {
  const char* name = sqlite3_db_filename(handle_, "main");
  return name == nullptr || *name == '\0' ? "" : sqlite3_filename_wal(name);
}

void Connection::set_synchronous(Synchronous level) {
  execute(level == Synchronous::full     ? "PRAGMA synchronous = FULL"
          : level == Synchronous::normal ? "PRAGMA synchronous = NORMAL"
                                         : "PRAGMA synchronous = OFF");
}

void Connection::checkpoint() {
  int log = 0;
  int moved = 0;
  const int result = sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE, &log, &moved);
  if (result == SQLITE_BUSY) return;
  if (result != SQLITE_OK) throw_sqlite(handle_, result, "moving the log into");
  log_pages_ = log - moved;
}

bool Connection::has_moved() const noexcept {
  int moved = 0;
  return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void Connection::back_up_to(const std::filesystem::path& destination) {
  if (std::filesystem::exists(destination))
    throw Error(ErrorCode::already_exists, fmt::format("{} is there already; move it away first", destination.string()),
                {.os_errno = 0, .file = destination, .offset = {}, .database = false});
  try {
    copy_all_to(destination);
  } catch (...) {
    auto* files = sqlite3_vfs_find(nullptr);
    files->xDelete(files, destination.c_str(), 0);  // half a copy must not be taken for one
    throw;
  }
}

void Connection::copy_all_to(const std::filesystem::path& destination) {
  Connection copy(destination, Access::create);
  copy.replace_with(*this);
}

void Connection::replace_with(Connection& source) {
  sqlite3_backup* backup = sqlite3_backup_init(handle_, "main", source.handle_, "main");
  if (backup == nullptr) throw_sqlite(handle_, sqlite3_errcode(handle_), "copying to");
  const int copied = sqlite3_backup_step(backup, -1);
  const int result = sqlite3_backup_finish(backup);
  // finish() does not promise to report a lock, though nothing was copied.
  if (copied == SQLITE_BUSY || copied == SQLITE_LOCKED) throw_sqlite(source.path_.string(), copied, 0, sqlite3_errstr(copied), "copying");
  if (result != SQLITE_OK) throw_sqlite(handle_, result, "copying to");
}

Transaction::Transaction(Connection& connection) : connection_(connection), savepoint_(connection.in_transaction()) {
  connection_.execute(savepoint_ ? "SAVEPOINT resonance" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.execute(savepoint_ ? "ROLLBACK TO resonance; RELEASE resonance" : "ROLLBACK");
  } catch (const std::exception&) {  // SQLite rolls back by itself after the errors that make ROLLBACK fail
  }
}

void Transaction::commit() {
  connection_.execute(savepoint_ ? "RELEASE resonance" : "COMMIT");
  open_ = false;
}

ReadTransaction::~ReadTransaction() {
  try {
    connection_.execute("ROLLBACK");
  } catch (const std::exception&) {  // SQLite ended it by itself
  }
}

}  // namespace resonance::sqlite
