/// The SQL of reading a beamtime, and its rows as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/beamtime.hpp"
#include "resonance/catalog.hpp"
#include "schema/log_state.hpp"
#include "sqlite/connection.hpp"

namespace resonance::catalog {

/// One image_refs row with the number of its event.
struct RefRow {
  std::string zarr_group;
  std::uint64_t number = 0;
  std::uint64_t seq_num = 0;
  std::uint64_t height = 0, width = 0;
  std::string dtype;
  std::optional<std::uint32_t> crc32c;  ///< of the pixels, when it is recorded
  std::string stream;                   ///< name
};

/// Rows of image_refs by their id, which rises from one transaction to the next.
struct RefRange {
  std::int64_t after = 0;  ///< ids above this
  std::int64_t upto = 0;   ///< and not above this
};

/// One frame array as image_refs tells it.
struct ArrayRow {
  std::string field, zarr_group, dtype, codec;
  std::uint64_t frames = 0, height = 0, width = 0;
};

/// What says whether a run is still recorded.
struct RunEnd {
  bool closed = false;
  std::optional<std::int64_t> lock_byte;  ///< that its writer holds; nothing in files of other programs
};

/// A run with what the index keeps of it beside its summary.
struct RunRow {
  std::int64_t rowid = 0;
  RunSummary summary;
  std::string metadata;  ///< JSON text; empty when null
  std::optional<std::int64_t> sample_id;
};

/// A stream, and the ranges of its data keys.
struct StreamRangesRow {
  StreamInfo stream;                  ///< without the number of its events
  std::optional<std::string> ranges;  ///< JSON; nothing while the run is open, and in files of other programs
};

/// Reads one beamtime. Not synchronised. Works without our side tables and without image_refs.compression_codec.
class Queries {
 public:
  /// \throws Error(corrupt) no beamtime; Error(unsupported) newer version
  explicit Queries(const std::filesystem::path& database);

  std::vector<RunSummary> find(const RunQuery& query);
  /// At most `limit` runs in the order of their rows, from behind the row `after`.
  std::vector<RunRow> runs_after(std::int64_t after, std::uint64_t limit);
  std::optional<RunRow> run_row(std::string_view uid);
  std::optional<std::string> nth_newest(std::uint64_t n);                  ///< uid; 0 is the newest
  std::optional<std::string> by_scan_id(std::int64_t scan_id);             ///< uid of the newest that has it
  std::vector<std::string> by_prefix(std::string_view prefix, int limit);  ///< uids
  bool exists(std::string_view uid);

  RunSummary summary(std::string_view uid);
  std::optional<std::string> missing_log() { return schema::missing_log(connection_); }
  bool has_frames() { return connection_.query_int("SELECT EXISTS (SELECT 1 FROM image_refs)") != 0; }
  std::string metadata(std::string_view uid);  ///< JSON text; empty when null
  std::optional<std::string> reason(std::string_view uid);
  std::optional<SampleMetadata> sample(std::string_view uid);
  std::vector<StreamInfo> streams(std::string_view uid);
  /// One of them, without counting its events (num_events stays 0); nothing when there is none of that name.
  std::optional<StreamInfo> stream(std::string_view uid, std::string_view name);
  std::vector<StreamRangesRow> stream_ranges(std::string_view uid);
  RunEnd end(std::string_view uid);  ///< \throws Error(not_found)
  std::uint64_t frames_of_event(std::string_view event_uid);
  /// Events of a stream with seq_num >= first, at most `limit`, as (seq_num, uid, time, data, timestamps).
  void events(std::string_view stream_uid, std::uint64_t first, std::uint64_t limit, const std::function<void(sqlite::Statement&)>& visit);
  /// The same as (seq_num, time, data) alone.
  void event_data(std::string_view stream_uid, std::uint64_t first, std::uint64_t limit,
                  const std::function<void(sqlite::Statement&)>& visit);
  std::vector<std::string> fields(std::string_view uid);
  std::vector<ArrayRow> arrays(std::string_view uid);
  std::vector<LostFrame> lost_frames(std::string_view uid);
  std::vector<Note> notes(std::string_view uid);
  std::int64_t last_ref();  ///< largest id in image_refs; 0 when there is none
  /// Frames of a field in the order of their events. With `range.after` 0 those of the run are looked up by their events;
  /// otherwise only the rows of the range are looked at, whatever the run holds.
  void refs(std::string_view uid, std::string_view field, const RefRange& range, const std::function<void(RefRow&&)>& visit);
  BeamtimeStatistics statistics();
  std::int64_t data_version();  ///< another one when another connection has committed since

 private:
  RunRow read_run_row(sqlite::Statement& row);
  std::string summary_columns() const;
  RunSummary read_summary(sqlite::Statement& row);
  std::optional<std::int64_t> scan_id_in(std::string_view metadata) const;

  sqlite::Connection connection_;
  bool has_side_tables_ = false;
  bool has_codec_ = false;
  bool has_checksums_ = false;
  bool has_ranges_ = false;
  std::optional<sqlite::Statement> stream_ranges_;  // asked for every run of a beamtime
};

}  // namespace resonance::catalog
