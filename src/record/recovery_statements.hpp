/// The SQL of closing a run whose writer died.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frames/recover.hpp"
#include "record/statements.hpp"
#include "sqlite/connection.hpp"

namespace resonance::record {

/// A run without an end.
struct OpenRunRow {
  std::string uid;
  std::int64_t lock_byte = 0;
};

/// A row of frame_stores as it is, to be looked at before it is believed.
struct FrameStoreFacts {
  std::string group, dtype, codec;
  std::int64_t height = 0, width = 0, frames_per_chunk = 0, chunks_per_shard = 0;
};

/// A reference to a frame that nobody knows to be on stable storage.
struct UnsureFrame {
  std::int64_t ref_id = 0;
  std::string group;
  frames::NamedFrame frame;
};

class RecoveryStatements {
 public:
  explicit RecoveryStatements(sqlite::Connection& connection) : connection_(connection) {}

  std::vector<OpenRunRow> open_runs();
  bool is_open(std::string_view run_uid);
  std::vector<FrameStoreFacts> frame_stores(std::string_view run_uid);
  /// Those behind durable_frames, and those that share a compressed chunk with them; in ascending order in each array.
  std::vector<UnsureFrame> unsure_frames(std::string_view run_uid);
  /// Move a reference from image_refs to lost_frames.
  void take_out(std::int64_t ref_id, double time_found, std::string_view reason);
  std::vector<std::uint64_t> lost_frames(std::string_view zarr_group);  ///< ascending
  /// The frames of an array that events name: the largest number + 1.
  std::uint64_t named_frames(std::string_view run_uid, std::string_view zarr_group);
  /// Streams of a run, and the last seq_num of each that a checksum covers.
  std::vector<std::pair<std::string, std::int64_t>> covered_events(std::string_view run_uid);
  void events_behind(std::string_view stream_uid, std::int64_t seq_num, const std::function<void(const EventRow&)>& visit);
  std::uint64_t count_events(std::string_view run_uid);
  std::uint64_t count_frames(std::string_view run_uid);
  double last_time(std::string_view run_uid);  ///< of the newest event, else the start

 private:
  std::int64_t number(const char* sql, std::string_view run_uid);

  sqlite::Connection& connection_;
};

}  // namespace resonance::record
