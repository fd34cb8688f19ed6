/// The SQL of verifying a beamtime, and its rows as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/event_checksum.hpp"
#include "sqlite/connection.hpp"

namespace resonance::catalog {

struct VerifyRunRow {
  std::string uid;
  bool closed = false;
  bool ours = false;                       ///< written by Resonance: it has a row in run_details
  std::optional<std::int64_t> num_events;  ///< runs.num_events
  std::optional<std::int64_t> num_frames;  ///< run_details.num_frames
  std::optional<std::int64_t> lock_byte;   ///< that its writer holds while it is recorded
  bool any_keys = false;                   ///< its streams need not keep to what they declare
};

struct VerifyStreamRow {
  std::string uid, name;
  std::int64_t events = 0, first = 0, last = 0;  ///< rows, smallest and largest seq_num
};

/// References to one array that agree in everything.
struct RefGroupRow {
  std::string group, field, dtype;
  std::optional<std::string> codec;
  std::int64_t height = 0, width = 0;
  std::int64_t count = 0, first = 0, last = 0;  ///< rows, smallest and largest index_in_stack
  double sum = 0;                               ///< of index_in_stack: tells whether one is named twice and another never
};

/// Frames of one stream that agree in field and geometry.
struct DeclaredGroupRow {
  std::string stream, data_keys, field, dtype, group;
  std::int64_t height = 0, width = 0;
  std::int64_t count = 0, first = 0, last = 0;  ///< rows, smallest and largest index_in_stack
};

/// A row of frame_stores.
struct StoreRow {
  std::string group, run_uid, field, dtype, codec;
  std::int64_t height = 0, width = 0, frames_per_chunk = 0, chunks_per_shard = 0;
  std::optional<std::int64_t> num_frames;
  std::int64_t lost = 0, lost_inside = 0;  ///< frames that recovery took out; those with numbers below num_frames
  double lost_sum = 0;                     ///< of the numbers of the latter
};

/// JSON of a run beside its events.
struct TextRow {
  std::string column, text;
};

/// Events of a stream under one checksum.
struct EventSumRow {
  std::int64_t first = 0, last = 0, crc32c = 0;
};

/// All that is said about a run at one moment.
struct RunFacts {
  VerifyRunRow run;
  std::vector<VerifyStreamRow> streams;
  std::vector<RefGroupRow> arrays;  ///< sorted by group
  bool more_arrays = false;         ///< than are looked at
  std::vector<StoreRow> stores;     ///< sorted by group

  [[nodiscard]] std::int64_t events() const noexcept;
  [[nodiscard]] std::int64_t frames() const noexcept;
  [[nodiscard]] std::span<const RefGroupRow> refs_of(std::string_view group) const noexcept;
  [[nodiscard]] const StoreRow* store_of(std::string_view group) const noexcept;  ///< null: none
};

/// One reference to a frame.
struct FrameRow {
  std::int64_t id = 0, seq_num = 0, number = 0, height = 0, width = 0;
  std::string group, field, dtype;
  std::optional<std::int64_t> crc32c;
};

/// Values of a column that are not of its type: a number or a BLOB where text belongs, say.
struct OddColumnRow {
  std::string table, column, type;
  std::int64_t rows = 0;
};

/// A violation of a foreign key, all of one kind together.
struct OrphanRow {
  std::string table, parent;
  std::int64_t rows = 0;
  std::optional<std::int64_t> first_rowid;
};

/// Lines of quick_check or integrity_check; empty when all is well.
[[nodiscard]] std::vector<std::string> check_pages(sqlite::Connection& connection, bool full);
[[nodiscard]] bool has_run_of_ours(sqlite::Connection& connection);
[[nodiscard]] std::vector<OrphanRow> orphans(sqlite::Connection& connection);
[[nodiscard]] std::vector<OddColumnRow> odd_columns(sqlite::Connection& connection, std::string_view table);

/// Reads one beamtime that has the core tables. Works without our side tables and without image_refs.compression_codec.
class VerifyQueries {
 public:
  explicit VerifyQueries(sqlite::Connection& connection);

  std::vector<std::string> run_uids();
  std::uint64_t count_frames();  ///< of all runs, for progress
  std::uint64_t count_frames(std::string_view run_uid);
  std::optional<RunFacts> facts(const std::string& run_uid);  ///< in one read transaction
  /// Numbers that a stream misses: the last one before a gap and the first one behind it. At most `limit`.
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps(std::string_view stream_uid, int limit);
  /// Events that a repair could not get back.
  std::uint64_t lost_events(std::string_view stream_uid);
  std::vector<TextRow> texts(std::string_view run_uid);  ///< those that are not empty
  /// Checksums of events whose first seq_num is above `first`, ascending, at most `limit`.
  std::vector<EventSumRow> event_sums(std::string_view stream_uid, std::int64_t first, std::int64_t limit);
  bool has_event_sum(std::string_view stream_uid, const EventSumRow& row);
  /// JSON of stream_ranges; nothing when there is none.
  std::optional<std::string> ranges(std::string_view stream_uid);
  /// Visit events with these numbers in order of seq_num.
  void events(std::string_view stream_uid, std::int64_t first, std::int64_t last,
              const std::function<void(const schema::EventContent&)>& visit);
  /// References of a stream behind (seq_num, id), in that order, at most `limit`.
  std::vector<FrameRow> frames(std::string_view stream_uid, std::int64_t seq_num, std::int64_t id, std::int64_t limit);
  /// What the streams of a run declare, beside the frames that they have.
  std::vector<DeclaredGroupRow> declared_groups(std::string_view run_uid);
  bool ref_exists(std::int64_t id);
  std::optional<bool> is_closed(std::string_view run_uid);  ///< nothing when there is no such run
  std::optional<StoreRow> store(std::string_view group);
  bool names_array(std::string_view run_uid, std::string_view group);

 private:
  std::vector<VerifyStreamRow> streams(std::string_view run_uid);
  void arrays(std::string_view run_uid, RunFacts& out);
  std::vector<StoreRow> stores(std::string_view run_uid);
  std::optional<VerifyRunRow> run(std::string_view uid);

  sqlite::Connection& connection_;
  bool has_details_, has_stores_, has_event_sums_, has_ranges_;
  std::string store_columns_;
  sqlite::Statement run_, streams_, arrays_, gaps_, frames_, events_, ref_exists_, names_array_;
};

}  // namespace resonance::catalog
