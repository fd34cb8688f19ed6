/// What a writer that was killed left behind, brought in order without recording anything (docs/durability.md, "Recovery").
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resonance/error.hpp"

namespace resonance {

class RunListener;

namespace io {
class FileSystem;  // the seam under all file access; null in the options means the real one
}

struct RecoverOptions {
  bool dry_run = false;                           ///< change nothing, and say what would be done
  std::chrono::milliseconds busy_timeout{10000};  ///< wait for another process's transaction
  bool allow_network_file_system = false;         ///< see RunWriterOptions
  std::shared_ptr<RunListener> on_run_change;     ///< is told of the runs that are closed; shared by all that it listens to
  std::shared_ptr<io::FileSystem> file_system;    ///< shared with whoever tests or embeds this; default: POSIX
};

/// A run whose writer died.
struct RecoveredRun {
  std::string uid = {};
  std::uint64_t events = 0;            ///< of the run
  std::uint64_t frames = 0;            ///< that events name
  std::uint64_t frames_checked = 0;    ///< of them: nobody knew them to be on stable storage; they are compared with their checksums
  std::uint64_t frames_published = 0;  ///< that zarr.json did not tell of before: readers of Zarr alone see them from now on
  std::uint64_t frames_lost = 0;       ///< that did not survive, and went to lost_frames
  std::uint64_t leftovers = 0;         ///< files and folders that belong to no event, moved to quarantine
  std::string reason = {};             ///< what the row of the run says now
  std::string problem = {};            ///< what could not be mended; empty: nothing
};

/// What was done, or with dry_run would be. What is only known when it is done (frames_lost, leftovers, reason, problem) stays empty then.
struct RecoverReport {
  std::filesystem::path database = {};
  bool dry_run = false;
  std::vector<RecoveredRun> runs = {};
  std::vector<std::string> live_runs = {};  ///< are being recorded, and were left alone
  std::uint64_t log_bytes = 0;              ///< of SQLite's log, moved into the database
  bool log_stays = false;                   ///< it was not moved: somebody records, or reads and does not let go
  /// Catalog::missing_log() as it was: said once more, since the beamtime is taken as it is from now on. Empty: nothing is missing.
  std::string missing_log = {};
  /// Something was there to be done.
  [[nodiscard]] bool any() const noexcept { return !runs.empty() || log_bytes > 0 || !missing_log.empty(); }
  /// All that was recorded is there.
  [[nodiscard]] bool complete() const noexcept {
    if (!missing_log.empty()) return false;
    for (const auto& run : runs)
      if (run.frames_lost > 0 || !run.problem.empty()) return false;
    return true;
  }
};

/// Do what the next writer would do when it opens the beamtime: close the runs whose writer died as `failed`, compare the frames that
/// nobody knew to be on stable storage with their checksums, publish and seal them, set aside what belongs to no event, and move the
/// log into the database. Runs that are recorded are left alone.
///
/// Idempotent, and may be killed at any moment. A beamtime without anything of the kind, or that Resonance did not write, is not
/// opened for writing.
/// \throws Error(not_found) no such file; Error(corrupt) no beamtime; Error(busy) another process's transaction takes too long;
///         Error(unsupported) newer version, or a network file system; Error(io, no_space)
RecoverReport recover_beamtime(const std::filesystem::path& database, const RecoverOptions& options = {});

struct RootRecovery {
  struct Failure {
    std::filesystem::path database;
    ErrorCode code = ErrorCode::io;
    std::string message;
  };
  std::uint64_t beamtimes = 0;           ///< looked at
  std::vector<RecoverReport> recovered;  ///< those with something to do, or that are recorded
  std::vector<Failure> failures;         ///< beamtimes that could not be recovered, folders that cannot be listed
};

/// The same for all beamtimes below a folder, one after the other; one that fails does not keep the others. Nothing behind symbolic
/// links. `progress` is called before each; throwing from it ends it between two beamtimes.
/// \throws Error(io) the folder cannot be listed
RootRecovery recover_data_root(const std::filesystem::path& root, const RecoverOptions& options = {},
                               const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {});

}  // namespace resonance
