/// A damaged beamtime made whole again, as far as that is possible, in new files beside the old ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "resonance/verify.hpp"

namespace resonance {

namespace io {
class FileSystem;  // the seam under all file access; null in the options means the real one
}

enum class Outcome : std::uint8_t {
  mended,   ///< it is as it was recorded, or as it follows from what was recorded
  lost,     ///< it is not in the repaired beamtime
  changed,  ///< it is there, but not as it was recorded
  note,     ///< worth knowing; nothing that was recorded is affected
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;  ///< "mended", "lost", "changed", "note"

/// One thing that was mended or lost. What does not apply is empty.
struct RepairFinding {
  Outcome outcome = Outcome::note;
  /// A fixed word. Of the database: database, header, schema, row, parent, count, event, event_checksum, data_range, dead_run. Of frames:
  /// group, array, geometry, frame_store, shard, frame, reference. Mere notes: left_out (files that nothing names stay in the old store).
  std::string kind = {};
  std::string run_uid = {};
  std::string field = {};
  std::optional<std::uint64_t> first = {};  ///< number of the first frame (in its array) or event (seq_num) of a range
  std::optional<std::uint64_t> last = {};   ///< of the last one
  std::uint64_t count = 1;                  ///< rows, events or frames
  std::filesystem::path file = {};          ///< of the damaged beamtime
  std::optional<std::uint64_t> offset = {};
  std::string message = {};
};

struct RepairOptions {
  std::filesystem::path output;  ///< ends in .db; default: `<name>.repaired.db` beside the damaged one
  unsigned threads = 0;          ///< that decode frames when all is checked; 0: one for each core
  /// What is being done and how far; throwing from it cancels.
  std::function<void(std::string_view doing, std::uint64_t done, std::uint64_t total)> progress;
  std::shared_ptr<io::FileSystem> file_system;  ///< shared with whoever tests or embeds this; default: POSIX
};

struct RepairReport {
  bool sound = false;                     ///< nothing is damaged that could be mended: nothing was made
  std::filesystem::path damaged;          ///< the file that was named, links followed
  std::filesystem::path database, store;  ///< the repaired ones; empty when none were made
  std::uint64_t mended = 0;               ///< findings that were mended
  std::uint64_t events_lost = 0, events_changed = 0, frames_lost = 0;
  bool log_missing = false;     ///< what was in the database's log is lost, and nobody knows how much that is
  std::uint64_t rows_lost = 0;  ///< rows of any table that were unreadable or made no sense, as far as they can be counted
  std::uint64_t files_linked = 0, files_copied = 0, files_written = 0;  ///< of the store: untouched ones, and those made anew
  VerifyReport verified;  ///< what the check of the repaired beamtime counted; faults in it are not of our making
  /// Whether all that was recorded is there and unchanged, as far as anybody can know.
  [[nodiscard]] bool complete() const noexcept {
    return !log_missing && events_lost + events_changed + frames_lost + rows_lost + verified.num_faults == 0;
  }
};

/// Repair a beamtime into `<name>.repaired.db` and `.zarr`, which appear when they are complete. Calls `visit` for each thing
/// that was mended or lost, on the caller's thread, as it is found.
///
/// Nothing of the damaged beamtime is changed. Its undamaged frame files are the same files in both (hard links), or copies
/// where there can be no links. Rows are taken from a database that SQLite can read only in part; what belonged to a row that
/// is lost gets a substitute, so that nothing is dropped for want of it. Frames that cannot be had are named in lost_frames.
/// The repaired beamtime passes verify_beamtime().
///
/// May be killed at any moment and called again. Memory stays bounded whatever the number of events and frames.
/// \throws Error(not_found) no such file; Error(corrupt) nothing in it can be read, or it is no beamtime; Error(busy) a run is
///         being recorded; Error(already_exists) the output is there; Error(unsupported) newer version; Error(io, no_space)
RepairReport repair_beamtime(const std::filesystem::path& database, const RepairOptions& options,
                             const std::function<void(const RepairFinding&)>& visit);

}  // namespace resonance
