#include "record/beamtime_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/names.hpp"
#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/log_file.hpp"
#include "schema/log_state.hpp"
#include "schema/versions.hpp"
#include "schema/write_lock.hpp"

namespace resonance::record {

using schema::WriteLock;

namespace {

constexpr std::int64_t kCheckpointPages = 2000;  // 8 MB of log
constexpr std::chrono::milliseconds kLookEvery{20};

BeamtimeFileOptions completed(BeamtimeFileOptions options) {
  if (!options.file_system) options.file_system = io::posix_file_system();
  return options;
}

beamtime::Place require_recordable(const std::filesystem::path& name, bool allow_network) {
  auto place = beamtime::place_to_write(name);
  const auto& path = place.database;
  std::error_code ignored;
  if (path.extension() != ".db" || path.stem().empty() || name.empty())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a beamtime's file name ends in .db; '{}' does not", name.empty() ? "" : beamtime::described(place)));
  if (std::filesystem::exists(path, ignored)) sqlite::require_file(path);
  if (const auto folder = path.parent_path(); !std::filesystem::is_directory(folder, ignored))
    throw Error(ErrorCode::not_found, fmt::format("there is no folder {} to put the beamtime in; make it first", folder.string()),
                {.os_errno = 0, .file = folder, .offset = {}, .database = true});
  if (const auto kind = io::network_file_system(path); !allow_network && !kind.empty())
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is on a network file system ({}), where SQLite's locks are not safe; record on a local disk and copy, "
                            "or ask for it with allow_network_file_system",
                            path.string(), kind),
                {.os_errno = 0, .file = path, .offset = {}, .database = false});
  return place;
}

/// SQLite will write over the log from the first damaged byte on. Whole transactions may follow that byte: they are kept.
void keep_damaged_log(io::FileSystem& files, const beamtime::Place& place) {
  if (schema::survey_log_of(files, place.database).state != sqlite::LogSurvey::State::damaged) return;
  io::make_directories(files, place.quarantine, true);
  auto copy = place.quarantine / place.log.filename();
  for (int n = 1; files.exists(copy); ++n) copy = place.quarantine / fmt::format("{}.{}", place.log.filename().string(), n);
  io::copy_file(files, place.log, copy);
}

/// Of a database that is still to be made: before there is a file of its name.
void require_own_when_new(const beamtime::Place& place) {
  if (io::file_bytes(place.database) > 0) return;
  auto nothing = sqlite::Connection::in_memory();
  beamtime::require_own(place, nothing);
}

/// In the database itself, so that a copy without the log has it, too. From here on the log is never empty.
void say_in_use(sqlite::Connection& connection) {
  schema::say_in_use(connection, true);
  connection.checkpoint();
}

}  // namespace

BeamtimeFile::BeamtimeFile(const std::filesystem::path& name, const BeamtimeFileOptions& options)
    : place_(require_recordable(name, options.allow_network_file_system)),
      options_(completed(options)),
      process_(::getpid()),
      locks_((require_own_when_new(place_), place_.lock)),
      connection_(open()),
      file_(io::named_file(place_.database)) {
  options_.file_system->sync_directory(place_.database.parent_path());  // the names of the database and its lock
}

/// First all that may be refused, then what changes the file.
sqlite::Connection BeamtimeFile::open() {
  const WriteLock lock(locks_, options_.busy_timeout);
  sqlite::Connection out(place_.database, sqlite::Access::create, options_.busy_timeout);
  schema::require_beamtime_or_empty(out);
  beamtime::require_own(place_, out);
  keep_damaged_log(*options_.file_system, place_);
  if (schema::log_state(out) == schema::LogState::missing) missing_log_ = schema::missing_log(out).value_or("");
  out.set_synchronous(sqlite::Synchronous::full);
  out.use_write_ahead_log();  // before tables are made or migrated: readers never roll back a journal
  create_beamtime_schema(out.handle());
  if (!options_.guest) say_in_use(out);
  out.set_synchronous(options_.sync_commits ? sqlite::Synchronous::full : sqlite::Synchronous::normal);
  return out;
}

BeamtimeFile::~BeamtimeFile() {
  try {
    close();
  } catch (const std::exception&) {  // nothing is lost: the log is read at the next open
  }
}

void BeamtimeFile::require_in_place() {
  if (!connection_.has_moved()) return;
  const auto names = file_ ? io::other_names(place_.database, file_->identity) : std::vector<std::filesystem::path>();
  const auto now = names.empty() ? fmt::format("what it held will be in {} unless it is open elsewhere", rescued().string())
                                 : fmt::format("its file is {} now", names.front().string());
  throw Error(
      ErrorCode::io,
      fmt::format("{} was renamed, replaced or deleted by another program while it was open for writing: nothing more is written to "
                  "it; {}",
                  place_.database.string(), now),
      {.os_errno = 0, .file = place_.database, .offset = {}, .database = true});
}

std::filesystem::path BeamtimeFile::rescued() const {
  for (int n = 0;; ++n) {
    auto out = place_.database;
    out.replace_extension(n == 0 ? ".rescued.db" : fmt::format(".rescued.{}.db", n));
    if (!options_.file_system->exists(out)) return out;
  }
}

/// What has no name any more is copied to one.
void BeamtimeFile::rescue() {
  std::error_code ignored;
  const bool nameless = file_ && io::other_names(place_.database, file_->identity).empty();
  if (!nameless || options_.guest || !std::filesystem::is_directory(place_.database.parent_path(), ignored)) return;
  const auto copy = rescued();
  connection_.back_up_to(copy);
  sqlite::Connection(copy, sqlite::Access::read_write).leave_write_ahead_log();
}

void BeamtimeFile::transact(const std::function<void()>& work) {
  // Not each time, which would cost an event some microseconds: what is written meanwhile is in the file all the same (close()).
  if (const auto now = std::chrono::steady_clock::now(); now >= next_look_) {
    require_in_place();
    next_look_ = now + kLookEvery;
  }
  transact_anyway(work);
}

void BeamtimeFile::transact_anyway(const std::function<void()>& work) {
  const WriteLock lock(locks_, options_.busy_timeout);
  sqlite::Transaction transaction(connection_);
  work();
  transaction.commit();
}

bool BeamtimeFile::log_is_long() const noexcept { return connection_.log_pages() > kCheckpointPages; }

void BeamtimeFile::checkpoint() {
  const WriteLock lock(locks_, options_.busy_timeout);
  if (!connection_.has_moved()) connection_.checkpoint();
}

void BeamtimeFile::sync_log() {
  const std::lock_guard lock(log_mutex_);
  if (!log_) {
    log_ = options_.file_system->open(place_.log, io::OpenMode::read);
    options_.file_system->sync_directory(place_.database.parent_path());
  }
  log_->sync();
}

void BeamtimeFile::close() {
  if (!open_ || ::getpid() != process_) return;  // after fork() the locks are the parent's
  open_ = false;
  if (options_.guest && locks_.held_by_other_from(schema::kWriteLockByte + 1)) return;
  const WriteLock lock(locks_, options_.busy_timeout);
  connection_.set_synchronous(sqlite::Synchronous::full);
  // What a copy lacks does not come back because somebody adds a tag.
  const bool stays_told = options_.guest && !options_.as_it_is && !missing_log_.empty();
  const bool in_use = schema::says_in_use(connection_) && !stays_told;
  if (in_use) schema::say_in_use(connection_, false);
  // Nobody else has the log of a file that has another name by now, or none, and another file of the old name would be taken to
  // belong to it: so it is moved into the file, unless others have that open.
  if (connection_.has_moved())
    rescue();
  else
    connection_.checkpoint();
  if (!connection_.leave_write_ahead_log() && in_use) say_in_use(connection_);  // another one has it open
}

}  // namespace resonance::record
