/// The SQL of mending a beamtime's records. Foreign keys are off while they are put together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repair/row_check.hpp"
#include "schema/key_ranges.hpp"
#include "sqlite/connection.hpp"

namespace resonance::repair {

/// Rows of one table on their way into a new database.
class RescuedRows {
 public:
  RescuedRows(sqlite::Connection& target, const TableSpec& table);
  /// \return false when another row has its key, or with `keep_rowid` its rowid
  bool insert(const Row& row, bool keep_rowid);
  [[nodiscard]] bool is_there(const Row& row);  ///< the same in every column
  [[nodiscard]] std::int64_t next_seq_num(std::string_view stream_uid);

 private:
  void bind(sqlite::Statement& statement, const Row& row, int first) const;
  sqlite::Connection& target_;
  const TableSpec& table_;
  sqlite::Statement insert_, same_;
};

/// A stream that events name and that is not there, with what its events say.
struct LostStream {
  std::string uid;
  double first_time = 0, last_time = 0;
  std::int64_t events = 0;
  std::string group;  ///< of a frame of these events; empty: they have none
};

/// An event that references to frames name and that is not there.
struct LostEvent {
  std::string uid, group;
};

inline constexpr const char* kRecovered = "recovered";  ///< name of the stream of substitutes

struct RunEnds {
  std::string uid;
  bool ours = false, open = false;
  std::optional<std::int64_t> num_events;
  std::int64_t events = 0, substitutes = 0;  ///< rows; of them those for events that are lost
};

struct StreamOfRun {
  std::string uid, name;
};

struct ChecksumRow {
  std::string stream_uid;
  std::int64_t first = 0, last = 0, crc32c = 0;
};

class RecordStatements {
 public:
  explicit RecordStatements(sqlite::Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::int64_t count(std::string_view table);
  /// The name of an array of ours says to which run it belongs, and the run and field of a reference which array it names.
  /// \return rows that said something else
  std::uint64_t mend_array_names();
  // What is missing.
  std::uint64_t insert_missing_samples();
  std::vector<LostEvent> lost_events(std::size_t limit);
  std::vector<LostStream> lost_streams(std::size_t limit);
  std::vector<std::string> lost_runs(std::size_t limit);
  std::optional<std::string> run_of_group(std::string_view group);                  ///< frame_stores or the group's name says so
  std::optional<std::string> run_at(double first, double last);                     ///< the only one that was open then
  std::optional<std::pair<double, double>> times_of_run(std::string_view run_uid);  ///< of its events

  void insert_run(std::string_view uid, double start, double stop);
  /// What is said about the run besides; keeps what is there.
  void insert_details(std::string_view run_uid, std::string_view reason, std::string_view writer, std::uint64_t lock_byte);
  void insert_stream(std::string_view uid, std::string_view run_uid, std::string_view name, double time);
  void insert_event(std::string_view uid, std::string_view stream_uid, double time);  ///< with the next number, and no data
  std::optional<std::string> stream_named(std::string_view run_uid, std::string_view name);
  std::optional<double> start_of(std::string_view run_uid);
  std::uint64_t delete_orphans(std::string_view table, std::string_view column, std::string_view parent, std::string_view parent_column);
  std::vector<std::string> runs_without_details();  ///< though they have rows in frame_stores

  // Counts and ends.
  std::vector<RunEnds> runs();
  void set_num_events(std::string_view run_uid, std::int64_t events);
  void set_num_frames(std::string_view run_uid);
  void close_run(std::string_view run_uid, std::string_view reason);
  std::vector<StreamOfRun> streams(std::string_view run_uid);
  /// Numbers that a stream misses and that no row of lost_events has.
  void each_gap(std::string_view stream_uid, const std::function<void(std::int64_t first, std::int64_t last)>& visit);
  void insert_lost_events(std::string_view stream_uid, std::int64_t first, std::int64_t last, double now, std::string_view reason);
  [[nodiscard]] std::int64_t last_seq_num(std::string_view stream_uid);
  [[nodiscard]] std::int64_t lost_events_of(std::string_view run_uid);

  // Checksums of events.
  std::vector<ChecksumRow> checksums_behind(const ChecksumRow& before, int limit);
  /// \return the checksum of the events there, and how many they are
  std::pair<std::uint32_t, std::int64_t> checksum_now(const ChecksumRow& row);
  void delete_checksum(const ChecksumRow& row);

  // Ranges of data keys.
  std::optional<std::string> ranges_said(std::string_view stream_uid);        ///< JSON, as stored
  [[nodiscard]] schema::NamedRanges ranges_now(std::string_view stream_uid);  ///< as the events say
  void set_ranges(std::string_view stream_uid, std::string_view ranges);

 private:
  sqlite::Statement prepare(std::string_view sql) { return connection_.prepare(sql); }
  sqlite::Connection& connection_;
};

}  // namespace resonance::repair
