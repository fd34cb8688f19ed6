/// The SQL of recording, prepared once per writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/types.hpp"
#include "sqlite/connection.hpp"

namespace resonance::record {

struct NewRunRow {
  std::string uid;
  std::optional<std::int64_t> sample_id;
  std::string plan_name;
  double time_start = 0;
  std::optional<std::string> operator_name;
  std::string metadata;  // JSON
  std::int64_t scan_id = 0;
  std::int64_t lock_byte = 0;
  bool any_keys = false;  // its streams need not keep to what they declare
  std::vector<std::string> tags;
};

struct EventRow {
  std::string uid;
  std::string stream_uid;
  std::uint64_t seq_num = 0;
  double time = 0;
  std::string data;        // JSON
  std::string timestamps;  // JSON
};

/// Borrows its texts.
struct ImageRefRow {
  std::string_view event_uid;
  std::string_view field;
  std::string_view zarr_group;
  std::uint64_t number = 0;
  std::uint64_t height = 0, width = 0;
  std::string_view dtype;
  std::string_view codec;
  std::uint32_t crc32c = 0;
};

struct FrameStoreRow {
  std::string zarr_group, run_uid, field;
  std::uint64_t height = 0, width = 0;
  std::string_view dtype, codec;
  std::uint64_t frames_per_chunk = 0, chunks_per_shard = 0;
};

/// Events `first` to `last` of a stream under one checksum. Borrows its text.
struct EventChecksumRow {
  std::string_view stream_uid;
  std::uint64_t first = 0, last = 0;  // seq_num
  std::uint32_t crc32c = 0;
};

class Statements {
 public:
  explicit Statements(sqlite::Connection& connection);

  /// Of several with this name the one with the id `preferred`, else the oldest.
  std::optional<std::int64_t> find_sample(std::string_view name, std::optional<std::int64_t> preferred);
  std::int64_t insert_sample(const SampleMetadata& sample);
  bool run_exists(std::string_view uid);
  std::int64_t next_scan_id();
  void insert_run(const NewRunRow& row);
  void insert_stream(std::string_view uid, std::string_view run_uid, std::string_view name, std::string_view data_keys, double time);
  void insert_event(const EventRow& row);
  void insert_event_checksum(const EventChecksumRow& row);
  void insert_ranges(std::string_view stream_uid, std::string_view ranges);  ///< JSON; in place of what is there
  void insert_image_ref(const ImageRefRow& row);                             ///< and its frame's checksum
  void insert_frame_store(const FrameStoreRow& row);
  /// The stream of an event of this run.
  std::optional<std::string> stream_of_event(std::string_view event_uid, std::string_view run_uid);
  void set_durable_frames(std::string_view zarr_group, std::uint64_t frames);  ///< so many are on stable storage
  void close_frame_store(std::string_view zarr_group, std::uint64_t frames);
  void close_run(std::string_view uid, double time_stop, std::string_view status, std::uint64_t events, std::uint64_t frames,
                 std::string_view reason);
  void delete_run(std::string_view uid);

 private:
  sqlite::Connection& connection_;
  sqlite::Statement insert_event_;
  sqlite::Statement insert_image_ref_;
  sqlite::Statement insert_checksum_;
  sqlite::Statement insert_event_checksum_;
  sqlite::Statement stream_of_event_;
};

}  // namespace resonance::record
