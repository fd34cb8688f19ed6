#include "resonance/backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "archive/bag.hpp"
#include "archive/store_copy.hpp"
#include "base/clock.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace archive {

namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

[[noreturn]] void refuse(const fs::path& folder, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("cannot back up to {}: {}", folder.string(), why),
              {.os_errno = 0, .file = folder, .offset = {}, .database = false});
}

/// Neither is part of the other, whatever links are on the way.
void require_apart(const fs::path& database, const fs::path& folder) {
  const auto target = fs::weakly_canonical(fs::absolute(folder));
  const auto source = fs::weakly_canonical(fs::absolute(database)).parent_path();
  if (is_inside(target, fs::weakly_canonical(fs::absolute(frame_store_of(database))))) refuse(folder, "it lies in the frame store");
  if (is_inside(source, target)) refuse(folder, "the beamtime itself lies in it; name a folder of its own");
}

const fs::path& require_name(const fs::path& database) {
  if (std::error_code ignored; fs::is_directory(database, ignored) || !fs::exists(database, ignored))
    return database;  // told by who opens it
  if (!is_utf8(database.filename().string()))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the name of {} is no UTF-8, which a bag cannot hold; rename it", printable(database.string(), 400)));
  return database;
}

/// The copy of the database while it has no name yet; gone when the backup ends without having given it one.
class DatabaseCopy {
 public:
  DatabaseCopy(const fs::path& database, fs::path place, io::FileSystem& files) : place_(std::move(place)), files_(files) {
    sqlite::Connection(database, sqlite::Access::read).back_up_to(place_);
    leave_log_mode();
  }
  ~DatabaseCopy() {
    try {
      files_.remove(place_);
    } catch (...) {  // the next backup removes it
    }
  }
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  [[nodiscard]] const fs::path& place() const noexcept { return place_; }

 private:
  /// The copy says of itself what the original says: that it has a log beside it. It has none: bytes 18 and 19 of an SQLite
  /// file are 2 for one with a write-ahead log and 1 for one without.
  void leave_log_mode() {
    constexpr std::uint64_t kVersions = 18;
    std::array<std::byte, 2> versions{};
    const auto file = files_.open(place_, io::OpenMode::read_write);
    if (file->read_at(kVersions, versions) != versions.size() || versions[0] == std::byte{1}) return;
    versions.fill(std::byte{1});
    file->write_at(kVersions, versions);
  }

  fs::path place_;
  io::FileSystem& files_;
};

/// A folder that holds runs, but none of these, is that of a beamtime of the same name.
void require_same_beamtime(const fs::path& earlier, const Destination& destination, SnapshotQueries& snapshot) {
  if (std::error_code ignored; !fs::is_regular_file(fs::symlink_status(earlier, ignored))) return;
  try {
    SnapshotQueries before(earlier);
    if (snapshot.continues(before)) return;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt || error.code() == ErrorCode::io) return;  // damaged: high time to replace it
    throw;
  }
  refuse(destination.folder(), "it holds a beamtime of the same name that has no run in common with this one; name another folder");
}

BackupReport back_up(const fs::path& database, Destination& destination, io::FileSystem& files, const BackupOptions& options) {
  Teller teller(options.tell);
  BackupReport report;
  const auto path = std::string(kPayloadFolder) + database.filename().string();
  const DatabaseCopy copy(database, destination.partial_place(path), files);
  {
    SnapshotQueries snapshot(copy.place());
    require_same_beamtime(destination.folder() / path, destination, snapshot);
    report.runs = snapshot.runs();
    report.open_runs = snapshot.open_runs();
    StoreCopy(frame_store_of(database), snapshot, destination, teller, options.progress).run();
  }
  destination.adopt(copy.place(), {.path = path});
  destination.finish(options.clock ? options.clock() : system_time());
  report.files = destination.files();
  report.bytes = destination.bytes();
  report.files_copied = destination.files_copied();
  report.bytes_copied = destination.bytes_copied();
  report.num_faults = teller.faults();
  report.num_notes = teller.notes();
  return report;
}

}  // namespace

}  // namespace archive

BackupReport back_up_beamtime(const std::filesystem::path& database, const std::filesystem::path& folder, const BackupOptions& options) {
  using namespace archive;
  require_name(database);
  { const SnapshotQueries looked(database); }  // no folder is made for what is no beamtime
  require_apart(database, folder);
  const auto files = options.file_system ? options.file_system : io::posix_file_system();
  try {
    Destination destination(files, folder, database.stem().string());
    return back_up(database, destination, *files, options);
  } catch (Error& error) {
    if (error.code() == ErrorCode::no_space)
      error.add_context(fmt::format("the disk of {} is full; make room and back up again, it goes on where it stopped", folder.string()));
    throw;
  }
}

}  // namespace resonance
