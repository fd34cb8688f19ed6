/// Find and read the runs of one beamtime. Nothing here ever writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/image_sequence.hpp"
#include "resonance/table.hpp"
#include "resonance/types.hpp"

namespace resonance {

/// Conditions that a run must all meet. Text is compared exactly, but `*` and `?` are wildcards in plan and sample.
struct RunQuery {
  std::optional<std::string> plan;
  std::optional<std::string> sample;
  std::optional<std::string> status;  ///< "success", "aborted", "failed", or "open" for runs without a status
  std::optional<std::string> tag;
  std::optional<double> since;         ///< time_start >= since
  std::optional<double> until;         ///< time_start < until
  std::optional<std::uint64_t> limit;  ///< newest first
};

/// Which part of a stream table() returns.
struct TableOptions {
  std::vector<std::string> columns;  ///< empty: all; seq_num and time always come first
  std::uint64_t first_seq_num = 0;   ///< events with seq_num >= this
  std::uint64_t max_rows = std::numeric_limits<std::uint64_t>::max();
  bool declared_types = true;  ///< a key declared "number" is float64 whatever its values; false: columns are what the values are
  std::function<void(std::uint64_t rows)> progress;  ///< called now and then on the caller's thread; throwing from it cancels
};

/// A frame that was recorded and acknowledged, but did not survive a power failure, or was lost later.
struct LostFrame {
  std::string stream;
  std::uint64_t seq_num = 0;  ///< of the event that it belongs to
  std::string field;
  std::string zarr_group;
  std::uint64_t frame = 0;  ///< the number that it had in its array
  double time_found = 0;    ///< seconds since the Unix epoch
  std::string reason;
};

/// Between which values a data key of a run lies: the numbers of all events of one stream. NaN, the infinities, lists, texts and
/// booleans do not count.
struct DataKeyRange {
  std::string stream;
  std::string data_key;  ///< also one that was not declared
  double low = 0, high = 0;
  std::optional<std::string> units;  ///< as declared
};

/// Whether a run is still being recorded.
enum class RunState : std::uint8_t {
  closed,   ///< it has ended
  live,     ///< a process records it
  dead,     ///< it has no end, and the process that recorded it is gone; the next one that opens the beamtime for recording closes it
  unknown,  ///< it has no end; another program recorded it, or does, and leaves no trace of whether it lives
};
[[nodiscard]] std::string_view to_string(RunState state) noexcept;  ///< "closed", "live", "dead", "unknown"

/// One run. Cheap to copy; stays usable after its Catalog is gone. Reads what is committed at each call, so a run that is
/// being recorded can be followed. Threads: calls may come from any thread and are serialised per catalog.
class Run {
 public:
  [[nodiscard]] const std::string& uid() const noexcept;
  [[nodiscard]] RunSummary summary() const;
  [[nodiscard]] RunState state() const;  ///< costs the same however long the run is; makes no lock file
  [[nodiscard]] Json metadata() const;   ///< an object; empty when none was stored
  [[nodiscard]] std::optional<SampleMetadata> sample() const;
  [[nodiscard]] std::optional<std::string> reason() const;  ///< given to close_run(), or by recovery
  [[nodiscard]] std::vector<StreamInfo> streams() const;    ///< in order of creation
  [[nodiscard]] std::vector<std::string> fields() const;    ///< frame fields that events refer to
  [[nodiscard]] std::vector<FrameStoreInfo> frame_stores() const;
  /// Frames that recovery or repair took out, because their pixels are not there. They are in no ImageSequence.
  [[nodiscard]] std::vector<LostFrame> lost_frames() const;

  [[nodiscard]] std::vector<Note> notes() const;  ///< oldest first; written by Annotations
  /// Ranges of all data keys that have numbers, by stream in order of creation. At the cost of a look-up when the run was recorded
  /// by Resonance and is closed; else all its events are read, in bounded memory.
  [[nodiscard]] std::vector<DataKeyRange> data_key_ranges() const;

  /// Columns of a stream: seq_num, time, then the declared data keys in their order, then undeclared ones as they appear.
  /// Whole numbers stay integers unless the key is declared "number"; equal arrays of numbers become array columns.
  /// \throws Error(not_found) no such stream, with the names there are; or no such column
  [[nodiscard]] Table table(std::string_view stream = "primary", const TableOptions& options = {}) const;

  /// Call `visit` for each event in order of seq_num, from `first_seq_num` on, until it returns false. Bounded memory.
  void for_each_event(std::string_view stream, const std::function<bool(const Event&)>& visit, std::uint64_t first_seq_num = 0) const;

  /// How many frames an event of this beamtime has, whatever their fields; at the cost of one look-up.
  [[nodiscard]] std::uint64_t frames_of_event(std::string_view event_uid) const;

  /// Frames of a field; empty when the run has none of that name. In the order of the streams' creation, in a stream by seq_num,
  /// in an event as they were given.
  [[nodiscard]] ImageSequence images(std::string_view field = "detector_image") const;

  /// The frames of the same field that were committed since `seen` was made, in the order of images() among themselves; empty when
  /// there are none. Costs what the new frames cost, however many the run has: they are found by the ids of their rows, and the
  /// open files and shard indexes of `seen` are shared. To follow a run, pass the newest sequence each time, also an empty one.
  /// Frames of an earlier stream may come after those of a later one that `seen` has; with one stream, or one stream that
  /// has the field, `seen` and what follows it is the order of images(). \throws Error(invalid_argument) of another run or beamtime
  [[nodiscard]] ImageSequence images_since(const ImageSequence& seen) const;

  class Impl;
  explicit Run(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;  // shared by copies of the run; keeps the catalog's connection alive
};

struct CatalogOptions {
  /// Threads that read and decode ranges of frames, for all runs of the catalog together and beside the callers' own; 0: one for
  /// each core of the machine. 1: none is started. They are started by the first range that is large enough to gain from them.
  unsigned threads = 0;
};

/// The runs of one beamtime. Reads files of the Python package, of version 1 and 2, and live ones.
class Catalog {
 public:
  /// \throws Error(not_found)   no such file
  /// \throws Error(corrupt)     not a database, or without the core tables
  /// \throws Error(unsupported) a newer schema version
  explicit Catalog(const std::filesystem::path& database, const CatalogOptions& options = {});

  [[nodiscard]] std::vector<RunSummary> recent(std::uint64_t count = 10) const;  ///< newest first
  [[nodiscard]] std::vector<RunSummary> by_sample(std::string_view name) const;  ///< newest first; exact name
  [[nodiscard]] std::vector<RunSummary> find(const RunQuery& query) const;       ///< newest first

  /// One run by its uid, "-1" (the newest not in the future), "-2", …, its scan_id (the newest that has it), or a unique prefix of its uid.
  /// \throws Error(not_found); Error(invalid_argument) when a prefix fits several, with some of them
  [[nodiscard]] Run run(std::string_view reference) const;

  /// What this copy lacks, in words, when it was made without the database's log: the last runs and events may be missing. Nothing
  /// when the log is there or none is needed; of a database that another program left in log mode, when no run is open.
  [[nodiscard]] std::optional<std::string> missing_log() const;
  /// The same of the frame store: runs have frames, and `<name>.zarr` is not there.
  [[nodiscard]] std::optional<std::string> missing_store() const;

  [[nodiscard]] const std::filesystem::path& database() const noexcept;
  [[nodiscard]] const std::filesystem::path& frame_store() const noexcept;  ///< `<name>.zarr` beside the database

  class Impl;
  [[nodiscard]] const std::shared_ptr<Impl>& impl() const noexcept { return impl_; }  ///< of use inside the library alone

 private:
  std::shared_ptr<Impl> impl_;  // shared with the runs that came from it
};

}  // namespace resonance
