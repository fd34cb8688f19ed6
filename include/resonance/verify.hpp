/// Is everything that a beamtime names still there and as it was written? Nothing here ever writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resonance {

enum class Severity : std::uint8_t {
  fault,  ///< data is lost or damaged, or records contradict each other
  note,   ///< worth knowing; nothing that was recorded is affected
};
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;  ///< "fault", "note"

/// One thing that is not as it should be. What does not apply is empty.
struct Fault {
  /// A fixed word. Of the database: database, log, missing_log, foreign_key, schema, type, json, count, seq_num, event_checksum,
  /// data_range, frame_store, declaration. Of frames: missing_group, damaged_group, missing_array, damaged_array, unsupported, geometry,
  /// codec, layout, published_length, frame_number, missing_shard, damaged_shard, missing_frame, damaged_frame, checksum, unreadable. Mere
  /// notes: partial_file, unnamed_run, unnamed_array, surplus_shard, dead_run (its writer is gone; the next one that opens the beamtime, or
  /// recover, closes it), lost_frame (recovery took it out).
  std::string kind = {};
  Severity severity = Severity::fault;
  std::string run_uid = {};
  std::string field = {};
  std::optional<std::uint64_t> frame = {};    ///< number in its array, from 0 (image_refs.index_in_stack)
  std::optional<std::uint64_t> seq_num = {};  ///< of the event
  std::string group = {};                     ///< the array in the store, where more than one frame is concerned: image_refs.zarr_group
  std::vector<std::pair<std::uint64_t, std::uint64_t>> frames = {};  ///< of it: the first and the last of each range
  std::filesystem::path file = {};
  std::optional<std::uint64_t> offset = {};  ///< byte in that file
  std::string message = {};                  ///< what it is, and what to do
};

struct VerifyOptions {
  std::vector<std::string> runs;  ///< as Catalog::run() takes them; empty: all
  bool frames = false;            ///< read every frame from the disk, decode it, and compare its checksum
  bool full = true;               ///< SQLite's integrity_check, which compares SQL indexes with their tables; false: its quick_check
  unsigned threads = 0;           ///< that decode frames; 0: one for each core
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  ///< frames; throwing from it cancels
};

/// How much was looked at.
struct VerifyReport {
  std::uint64_t runs = 0;
  std::uint64_t open_runs = 0;  ///< of them; their counts and lengths may still change and are not compared
  std::uint64_t events = 0;
  std::uint64_t events_compared = 0;          ///< with their checksums; the others have none
  std::uint64_t frames = 0;                   ///< looked for
  std::uint64_t frames_not_checked = 0;       ///< of them: their array cannot be opened or understood, which was told
  std::uint64_t frames_read = 0;              ///< and decoded
  std::uint64_t checksums_compared = 0;       ///< of the frames read
  std::uint64_t frames_without_checksum = 0;  ///< of the frames read
  std::uint64_t num_faults = 0;
  std::uint64_t num_notes = 0;
  bool operator==(const VerifyReport&) const = default;
};

/// Check a beamtime and call `visit` for each fault and note, on the caller's thread, as they are found.
///
/// The database: SQLite's own check, foreign keys, tables as defined, counts and side tables against rows, events without
/// gaps. Each frame that a row names: its array opens and fits, its shard is there and its index has the frame, the length
/// in zarr.json is right. With options.frames also its pixels. Files of other programs have no side tables; what they may
/// leave out (docs/format.md, "What a reader must tolerate") is no fault.
///
/// Works on read-only media and while runs are recorded: rows are read in pages, and what appears or goes meanwhile is no
/// fault. Memory stays bounded whatever the number of events and frames; a lost or damaged shard is one fault.
/// \throws Error(not_found) no such file or run; Error(corrupt) no database, or no beamtime; Error(unsupported) newer version
VerifyReport verify_beamtime(const std::filesystem::path& database, const VerifyOptions& options,
                             const std::function<void(const Fault&)>& visit);

}  // namespace resonance
