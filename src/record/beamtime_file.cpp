#include "record/beamtime_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/names.hpp"
#include "record/quarantine.hpp"
#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/log_file.hpp"
#include "schema/structure.hpp"
#include "schema/write_lock.hpp"

namespace resonance::record {

using schema::WriteLock;

namespace {

constexpr std::int64_t kCheckpointPages = 2000;  // 8 MB of log

BeamtimeFileOptions completed(BeamtimeFileOptions options) {
  if (!options.file_system) options.file_system = io::posix_file_system();
  return options;
}

const std::filesystem::path& require_recordable(const std::filesystem::path& path, bool allow_network) {
  std::error_code ignored;
  if (path.extension() != ".db" || path.stem().empty())
    throw Error(ErrorCode::invalid_argument, fmt::format("a beamtime's file name ends in .db; '{}' does not", path.string()));
  if (std::filesystem::is_directory(path, ignored)) throw Error(ErrorCode::invalid_argument, fmt::format("{} is a folder", path.string()));
  const auto folder = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::is_directory(folder, ignored))
    throw Error(ErrorCode::not_found, fmt::format("there is no folder {} to put the beamtime in; make it first", folder.string()),
                {.os_errno = 0, .file = folder, .offset = {}, .database = true});
  if (const auto kind = io::network_file_system(path); !allow_network && !kind.empty())
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is on a network file system ({}), where SQLite's locks are not safe; record on a local disk and copy, "
                            "or ask for it with allow_network_file_system",
                            path.string(), kind),
                {.os_errno = 0, .file = path, .offset = {}, .database = false});
  return path;
}

/// An empty file becomes a beamtime; a database of something else (the master index, say) stays what it is.
void require_beamtime_or_empty(sqlite::Connection& connection) {
  if (schema::has_table(connection, "runs") || connection.query_int("SELECT count(*) FROM sqlite_master WHERE type = 'table'") == 0) return;
  throw Error(ErrorCode::corrupt, fmt::format("{} is no beamtime: it has tables, but no table runs", connection.path().string()),
              {.os_errno = 0, .file = connection.path(), .offset = {}, .database = true});
}

/// SQLite will write over the log from the first damaged byte on. Whole transactions may follow that byte: they are kept.
void keep_damaged_log(io::FileSystem& files, const std::filesystem::path& database) {
  if (schema::survey_log_of(files, database).state != sqlite::LogSurvey::State::damaged) return;
  const auto path = schema::log_file_of(database);
  const auto folder = quarantine_of(frame_store_of(database));
  io::make_directories(files, folder, true);
  auto copy = folder / path.filename();
  for (int n = 1; files.exists(copy); ++n) copy = folder / fmt::format("{}.{}", path.filename().string(), n);
  io::copy_file(files, path, copy);
}

}  // namespace

BeamtimeFile::BeamtimeFile(const std::filesystem::path& path, const BeamtimeFileOptions& options)
    : path_(require_recordable(path, options.allow_network_file_system)),
      options_(completed(options)),
      process_(::getpid()),
      locks_(schema::lock_file_of(path_)),
      connection_([&] {
        const WriteLock lock(locks_, options.busy_timeout);
        keep_damaged_log(*options_.file_system, path_);
        sqlite::Connection out(path_, sqlite::Access::create, options.busy_timeout);
        require_beamtime_or_empty(out);
        out.set_synchronous(sqlite::Synchronous::full);
        out.use_write_ahead_log();  // before tables are made or migrated: readers never roll back a journal
        create_beamtime_schema(out.handle());
        out.set_synchronous(options.sync_commits ? sqlite::Synchronous::full : sqlite::Synchronous::normal);
        return out;
      }()) {
  options_.file_system->sync_directory(std::filesystem::absolute(path_).parent_path());  // the names of the database and its lock
}

BeamtimeFile::~BeamtimeFile() {
  try {
    close();
  } catch (const std::exception&) {  // nothing is lost: the log is read at the next open
  }
}

void BeamtimeFile::transact(const std::function<void()>& work) {
  const WriteLock lock(locks_, options_.busy_timeout);
  sqlite::Transaction transaction(connection_);
  work();
  transaction.commit();
}

bool BeamtimeFile::log_is_long() const noexcept { return connection_.log_pages() > kCheckpointPages; }

void BeamtimeFile::checkpoint() {
  const WriteLock lock(locks_, options_.busy_timeout);
  connection_.checkpoint();
}

void BeamtimeFile::sync_log() {
  const std::lock_guard lock(log_mutex_);
  if (!log_) {
    log_ = options_.file_system->open(path_.string() + "-wal", io::OpenMode::read);
    options_.file_system->sync_directory(std::filesystem::absolute(path_).parent_path());
  }
  log_->sync();
}

void BeamtimeFile::close() {
  if (!open_ || ::getpid() != process_) return;  // after fork() the locks are the parent's
  open_ = false;
  if (options_.guest && locks_.held_by_other_from(schema::kWriteLockByte + 1)) return;
  const WriteLock lock(locks_, options_.busy_timeout);
  connection_.set_synchronous(sqlite::Synchronous::full);
  connection_.checkpoint();
  connection_.leave_write_ahead_log();
}

}  // namespace resonance::record
