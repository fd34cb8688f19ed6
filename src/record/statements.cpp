#include "record/statements.hpp"

#include <fmt/format.h>

#include "resonance/version.hpp"
#include "schema/frame_declaration.hpp"

namespace resonance::record {

namespace {

constexpr const char* kInsertEvent = "INSERT INTO events(uid, stream_uid, seq_num, time, data, timestamps) VALUES(?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertImageRef =
    "INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec) VALUES(?, ?, ?, "
    "?, ?, ?, ?, ?)";
constexpr const char* kInsertChecksum = "INSERT INTO frame_checksums(ref_id, crc32c) VALUES(?, ?)";
constexpr const char* kInsertEventChecksum =
    "INSERT OR REPLACE INTO event_checksums(stream_uid, first_seq_num, last_seq_num, crc32c) VALUES(?, ?, ?, ?)";
constexpr const char* kStreamOfEvent =
    "SELECT s.uid FROM events e JOIN streams s ON s.uid = e.stream_uid WHERE e.uid = ? AND s.run_uid = ?";

Json text_list(const std::vector<std::string>& items) { return Json(Json::Array(items.begin(), items.end())); }

}  // namespace

Statements::Statements(sqlite::Connection& connection)
    : connection_(connection),
      insert_event_(connection.prepare(kInsertEvent)),
      insert_image_ref_(connection.prepare(kInsertImageRef)),
      insert_checksum_(connection.prepare(kInsertChecksum)),
      insert_event_checksum_(connection.prepare(kInsertEventChecksum)),
      stream_of_event_(connection.prepare(kStreamOfEvent)) {}

std::optional<std::int64_t> Statements::find_sample(std::string_view name, std::optional<std::int64_t> preferred) {
  auto find = connection_.prepare("SELECT id FROM samples WHERE name = ? ORDER BY id = ? DESC, id LIMIT 1");
  find.bind_all(name, preferred);
  return find.step() ? std::optional(find.int64(0)) : std::nullopt;
}

std::int64_t Statements::insert_sample(const SampleMetadata& sample) {
  auto insert = connection_.prepare("INSERT INTO samples(name, formula, serial, tags, beamline_pos, extra) VALUES(?, ?, ?, ?, ?, ?)");
  insert.bind_all(sample.name, sample.formula, sample.serial, text_list(sample.tags).dump(), sample.beamline_pos, sample.extra.dump())
      .run();
  return connection_.last_insert_rowid();
}

bool Statements::run_exists(std::string_view uid) {
  auto find = connection_.prepare("SELECT 1 FROM runs WHERE uid = ?");
  find.bind(1, uid);
  return find.step();
}

std::int64_t Statements::next_scan_id() { return connection_.query_int("SELECT coalesce(max(scan_id), 0) + 1 FROM run_details"); }

void Statements::insert_run(const NewRunRow& row) {
  auto run = connection_.prepare("INSERT INTO runs(uid, sample_id, plan_name, time_start, operator, metadata) VALUES(?, ?, ?, ?, ?, ?)");
  run.bind_all(row.uid, row.sample_id, row.plan_name, row.time_start, row.operator_name, row.metadata).run();
  auto details = connection_.prepare("INSERT INTO run_details(run_uid, scan_id, writer, lock_byte) VALUES(?, ?, ?, ?)");
  details.bind_all(row.uid, row.scan_id, fmt::format("resonance {}{}", kVersion, row.any_keys ? schema::kTookAnyKeys : ""), row.lock_byte)
      .run();
  auto tag = connection_.prepare("INSERT OR IGNORE INTO run_tags(run_uid, tag) VALUES(?, ?)");
  for (const auto& text : row.tags) tag.bind_all(row.uid, text).run();
}

void Statements::insert_stream(std::string_view uid, std::string_view run_uid, std::string_view name, std::string_view data_keys,
                               double time) {
  auto insert = connection_.prepare("INSERT INTO streams(uid, run_uid, name, data_keys, time_created) VALUES(?, ?, ?, ?, ?)");
  insert.bind_all(uid, run_uid, name, data_keys, time).run();
}

void Statements::insert_event(const EventRow& row) {
  insert_event_.bind_all(row.uid, row.stream_uid, row.seq_num, row.time, row.data, row.timestamps).run();
}

void Statements::insert_event_checksum(const EventChecksumRow& row) {
  insert_event_checksum_.bind_all(row.stream_uid, row.first, row.last, std::int64_t{row.crc32c}).run();
}

void Statements::insert_ranges(std::string_view stream_uid, std::string_view ranges) {
  auto insert = connection_.prepare("INSERT OR REPLACE INTO stream_ranges(stream_uid, ranges) VALUES(?, ?)");
  insert.bind_all(stream_uid, ranges).run();
}

void Statements::insert_image_ref(const ImageRefRow& row) {
  insert_image_ref_.bind_all(row.event_uid, row.field, row.zarr_group, row.number, row.height, row.width, row.dtype, row.codec).run();
  insert_checksum_.bind_all(connection_.last_insert_rowid(), std::int64_t{row.crc32c}).run();
}

void Statements::insert_frame_store(const FrameStoreRow& row) {
  auto insert = connection_.prepare(
      "INSERT INTO frame_stores(zarr_group, run_uid, field_name, height, width, dtype, codec, frames_per_chunk, chunks_per_shard) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert
      .bind_all(row.zarr_group, row.run_uid, row.field, row.height, row.width, row.dtype, row.codec, row.frames_per_chunk,
                row.chunks_per_shard)
      .run();
}

std::optional<std::string> Statements::stream_of_event(std::string_view event_uid, std::string_view run_uid) {
  const sqlite::Reset reset(stream_of_event_);
  stream_of_event_.bind_all(event_uid, run_uid);
  return stream_of_event_.step() ? std::optional(stream_of_event_.string(0)) : std::nullopt;
}

void Statements::set_durable_frames(std::string_view zarr_group, std::uint64_t frames) {
  auto replace = connection_.prepare("INSERT OR REPLACE INTO durable_frames(zarr_group, num_frames) VALUES(?, ?)");
  replace.bind_all(zarr_group, frames).run();
}

void Statements::close_frame_store(std::string_view zarr_group, std::uint64_t frames) {
  auto update = connection_.prepare("UPDATE frame_stores SET num_frames = ? WHERE zarr_group = ?");
  update.bind_all(frames, zarr_group).run();
  auto remove = connection_.prepare("DELETE FROM durable_frames WHERE zarr_group = ?");
  remove.bind_all(zarr_group).run();
}

void Statements::close_run(std::string_view uid, double time_stop, std::string_view status, std::uint64_t events, std::uint64_t frames,
                           std::string_view reason) {
  auto run = connection_.prepare("UPDATE runs SET time_stop = ?, exit_status = ?, num_events = ? WHERE uid = ?");
  run.bind_all(time_stop, status, events, uid).run();
  auto details = connection_.prepare("UPDATE run_details SET reason = nullif(?, ''), num_frames = ? WHERE run_uid = ?");
  details.bind_all(reason, frames, uid).run();
}

void Statements::delete_run(std::string_view uid) {
  auto remove = connection_.prepare("DELETE FROM runs WHERE uid = ?");
  remove.bind_all(uid).run();
}

}  // namespace resonance::record
