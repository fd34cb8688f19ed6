#include "resonance/backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "archive/bag.hpp"
#include "archive/database_copy.hpp"
#include "archive/frame_census.hpp"
#include "archive/store_copy.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "beamtime/place.hpp"
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
void require_apart(const beamtime::Place& place, const fs::path& folder) {
  const auto target = fs::weakly_canonical(fs::absolute(folder));
  const auto source = place.database.parent_path();
  if (is_inside(target, fs::weakly_canonical(place.store))) refuse(folder, "it lies in the frame store");
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

/// Files of which no frame is known to depend.
void tell_not_copied(const fs::path& store, const NotCopied& files, Teller& teller) {
  for (const auto& [name, why] : files)
    teller.fault({.kind = "not_copied",
                  .run_uid = run_uid_of(name),
                  .file = store / name,
                  .message = fmt::format("{}: {}", printable((store / name).string(), 400), why)});
}

BackupReport back_up(const beamtime::Place& place, Destination& destination, io::FileSystem& files, const BackupOptions& options) {
  Teller teller(options.tell);
  BackupReport report;
  const auto path = std::string(kPayloadFolder) + place.database.filename().string();
  const DatabaseCopy copy(place.database, destination.partial_place(path), files, teller);
  std::optional<SnapshotQueries> snapshot(copy.place());
  report.runs = snapshot->runs();
  report.open_runs = snapshot->open_runs();
  if (may_replace(place.database, destination.folder() / path, *snapshot, destination, teller)) {
    NotCopied not_copied;
    StoreCopy(place.store, *snapshot, destination, teller, not_copied, options.progress).run();
    FrameCensus(place.store, destination.folder() / kPayloadFolder / place.store.filename(), *snapshot, not_copied, teller).run();
    tell_not_copied(place.store, not_copied, teller);
    snapshot.reset();
    destination.adopt(copy.place(), {.path = path});
    destination.finish(options.clock ? options.clock() : system_time(), teller);
  } else {
    destination.abandon();
  }
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
  const auto place = beamtime::place_to_read(database);
  require_name(place.database);
  { const SnapshotQueries looked(place.database); }  // no folder is made for what is no beamtime
  require_apart(place, folder);
  const auto files = options.file_system ? options.file_system : io::posix_file_system();
  try {
    Destination destination(files, folder, place.database.stem().string());
    try {
      return back_up(place, destination, *files, options);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::invalid_argument) destination.abandon();
      throw;
    }
  } catch (Error& error) {
    if (error.code() == ErrorCode::no_space)
      error.add_context(fmt::format("the disk of {} is full; make room and back up again, it goes on where it stopped", folder.string()));
    throw;
  }
}

}  // namespace resonance
