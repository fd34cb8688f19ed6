#include "record/recovery_statements.hpp"

#include <algorithm>

namespace resonance::record {

std::vector<OpenRunRow> RecoveryStatements::open_runs() {
  std::vector<OpenRunRow> out;
  auto select = connection_.prepare(
      "SELECT r.uid, d.lock_byte FROM runs r JOIN run_details d ON d.run_uid = r.uid WHERE r.time_stop IS NULL AND r.exit_status IS NULL");
  while (select.step()) out.push_back({select.string(0), select.int64(1)});
  return out;
}

bool RecoveryStatements::is_open(std::string_view run_uid) {
  auto find = connection_.prepare("SELECT 1 FROM runs WHERE uid = ? AND time_stop IS NULL AND exit_status IS NULL");
  find.bind(1, run_uid);
  return find.step();
}

std::vector<FrameStoreFacts> RecoveryStatements::frame_stores(std::string_view run_uid) {
  std::vector<FrameStoreFacts> out;
  auto select = connection_.prepare(
      "SELECT zarr_group, dtype, codec, height, width, frames_per_chunk, chunks_per_shard FROM frame_stores WHERE run_uid = ?");
  select.bind(1, run_uid);
  while (select.step())
    out.push_back(
        {select.string(0), select.string(1), select.string(2), select.int64(3), select.int64(4), select.int64(5), select.int64(6)});
  return out;
}

std::vector<UnsureFrame> RecoveryStatements::unsure_frames(std::string_view run_uid) {
  std::vector<UnsureFrame> out;
  auto select = connection_.prepare(
      "SELECT i.id, i.zarr_group, i.index_in_stack, c.crc32c FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON "
      "i.event_uid = e.uid JOIN frame_stores f ON f.zarr_group = i.zarr_group LEFT JOIN durable_frames d ON d.zarr_group = i.zarr_group "
      "LEFT JOIN frame_checksums c ON c.ref_id = i.id WHERE s.run_uid = ? AND i.index_in_stack >= CASE f.codec WHEN 'none' THEN "
      "coalesce(d.num_frames, 0) ELSE coalesce(d.num_frames, 0) / max(f.frames_per_chunk, 1) * max(f.frames_per_chunk, 1) END ORDER BY "
      "i.zarr_group, i.index_in_stack");
  select.bind(1, run_uid);
  while (select.step()) {
    const auto sum = select.optional_int64(3);
    out.push_back({select.int64(0),
                   select.string(1),
                   {static_cast<std::uint64_t>(select.int64(2)), sum ? std::optional(static_cast<std::uint32_t>(*sum)) : std::nullopt}});
  }
  return out;
}

void RecoveryStatements::take_out(std::int64_t ref_id, double time_found, std::string_view reason) {
  auto insert = connection_.prepare(
      "INSERT INTO lost_frames(event_uid, field_name, zarr_group, index_in_stack, time_found, reason) SELECT event_uid, field_name, "
      "zarr_group, index_in_stack, ?, ? FROM image_refs WHERE id = ?");
  insert.bind_all(time_found, reason, ref_id).run();
  auto remove = connection_.prepare("DELETE FROM image_refs WHERE id = ?");
  remove.bind_all(ref_id).run();
}

std::vector<std::uint64_t> RecoveryStatements::lost_frames(std::string_view zarr_group) {
  std::vector<std::uint64_t> out;
  auto select = connection_.prepare("SELECT DISTINCT index_in_stack FROM lost_frames WHERE zarr_group = ? ORDER BY index_in_stack");
  select.bind(1, zarr_group);
  while (select.step()) out.push_back(static_cast<std::uint64_t>(select.int64(0)));
  return out;
}

std::uint64_t RecoveryStatements::named_frames(std::string_view run_uid, std::string_view zarr_group) {
  auto select = connection_.prepare(
      "SELECT max(i.index_in_stack) + 1 FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid "
      "WHERE s.run_uid = ? AND i.zarr_group = ?");
  select.bind_all(run_uid, zarr_group);
  return select.step() ? select.count(0) : 0;
}

std::vector<std::pair<std::string, std::int64_t>> RecoveryStatements::covered_events(std::string_view run_uid) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  auto select = connection_.prepare(
      "SELECT s.uid, (SELECT coalesce(max(c.last_seq_num), 0) FROM event_checksums c WHERE c.stream_uid = s.uid) FROM streams s WHERE "
      "s.run_uid = ?");
  select.bind(1, run_uid);
  while (select.step()) out.emplace_back(select.string(0), select.int64(1));
  return out;
}

void RecoveryStatements::events_behind(std::string_view stream_uid, std::int64_t seq_num,
                                       const std::function<void(const EventRow&)>& visit) {
  auto select =
      connection_.prepare("SELECT uid, seq_num, time, data, timestamps FROM events WHERE stream_uid = ? AND seq_num > ? ORDER BY seq_num");
  select.bind_all(stream_uid, seq_num);
  while (select.step())
    visit({select.string(0), std::string(stream_uid), static_cast<std::uint64_t>(select.int64(1)), select.real(2), select.string(3),
           select.string(4)});
}

std::int64_t RecoveryStatements::number(const char* sql, std::string_view run_uid) {
  auto select = connection_.prepare(sql);
  select.bind(1, run_uid);
  return select.step() ? select.int64(0) : 0;
}

std::uint64_t RecoveryStatements::count_events(std::string_view run_uid) {
  return static_cast<std::uint64_t>(
      number("SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid WHERE s.run_uid = ?", run_uid));
}

std::uint64_t RecoveryStatements::count_frames(std::string_view run_uid) {
  return static_cast<std::uint64_t>(
      number("SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON "
             "i.event_uid = e.uid WHERE s.run_uid = ?",
             run_uid));
}

double RecoveryStatements::last_time(std::string_view run_uid) {
  auto select = connection_.prepare(
      "SELECT coalesce(max(e.time), r.time_start) FROM runs r LEFT JOIN streams s ON s.run_uid = r.uid LEFT JOIN events e ON e.stream_uid "
      "= s.uid WHERE r.uid = ?");
  select.bind(1, run_uid);
  return select.step() ? select.real(0) : 0;
}

}  // namespace resonance::record
