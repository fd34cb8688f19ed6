/// Copies of a beamtime that can be trusted: made while runs are recorded, brought up to date cheaply, checked byte by byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "resonance/verify.hpp"

namespace resonance {

namespace io {
class FileSystem;  // the seam under all writing; null in the options means the real one
}

struct BackupOptions {
  /// Bytes of the frame store that are dealt with; throwing from it ends the backup, which the next one then continues.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  /// What could not be copied as it should be (faults), and what was left out on purpose (notes). Frames that the database names and
  /// that are not in the backup, with run, field, group and numbers: missing_array, damaged_array, missing_shard, damaged_shard,
  /// missing_frame, damaged_frame. Others: not_copied (a file), kept_copy (what an earlier backup has of it is better), missing_log,
  /// database, extra_file (in the bag, and no manifest can have it). Notes: unnamed_run, lost_frame, missing_log, extra_file.
  std::function<void(const Fault&)> tell;
  std::function<double()> clock;                ///< seconds since the Unix epoch, UTC; default: the system clock
  std::shared_ptr<io::FileSystem> file_system;  ///< shared by those who test or embed it; default: POSIX
};

struct BackupReport {
  std::uint64_t runs = 0;
  std::uint64_t open_runs = 0;     ///< of them: without an end when the backup was made
  std::uint64_t files = 0;         ///< in the backup, tag files not counted
  std::uint64_t bytes = 0;         ///< of these
  std::uint64_t files_copied = 0;  ///< now; the others were there
  std::uint64_t bytes_copied = 0;
  std::uint64_t num_faults = 0;
  std::uint64_t num_notes = 0;
  bool operator==(const BackupReport&) const = default;
};

/// Bring the copy of a beamtime in `folder` up to date, or make it: a bag (RFC 8493) with the database and the frame store in
/// data/. docs/backup.md says what is in it, and how to restore.
///
/// What is copied   the database as it is at one moment, and of the frames exactly those that it names then; a run that is
///                  being recorded is in it as far as it has come, its shards in sealed form. The source is never changed.
/// How much         what is new or changed. A sealed shard is copied once.
/// When it dies     or the disk is full, call again: it goes on. Files appear under their names when they are complete and on
///                  stable storage; the database last, so that data/ holds a sound beamtime from the first backup on.
/// What it keeps    files of an earlier backup that are gone or damaged in the source; and all of it, copying nothing, when the
///                  database is damaged or has less than the one in the backup.
/// \throws Error(not_found) no such beamtime; Error(invalid_argument) a folder that is no backup of this beamtime and not empty,
///         or that lies in the store or around the beamtime; Error(busy) another backup is writing there; Error(no_space, io)
BackupReport back_up_beamtime(const std::filesystem::path& database, const std::filesystem::path& folder,
                              const BackupOptions& options = {});

struct CheckBackupOptions {
  bool frames = false;   ///< decode every frame and compare its checksum, too
  unsigned threads = 0;  ///< that decode frames; 0: one for each core
  /// First bytes ("reading"), then frames ("verifying"); throwing from it cancels.
  std::function<void(std::string_view doing, std::uint64_t done, std::uint64_t total)> progress;
};

struct BackupCheckReport {
  bool finished = true;  ///< false: the backup was interrupted and nothing else was looked at
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t num_faults = 0;  ///< those of the beamtime in it included
  std::uint64_t num_notes = 0;
  VerifyReport beamtime = {};
  bool operator==(const BackupCheckReport&) const = default;
};

/// Read a backup from the disk, all of it, and compare it with its manifests; then verify_beamtime() on what is in it. Changes
/// nothing. Kinds of faults beside those of verify.hpp: unfinished, missing_file, changed_file, extra_file.
/// \throws Error(not_found) no such folder; Error(invalid_argument) it holds no backup
BackupCheckReport check_backup(const std::filesystem::path& folder, const CheckBackupOptions& options,
                               const std::function<void(const Fault&)>& visit);

}  // namespace resonance
