#include "repair/frame_statements.hpp"

#include <fmt/format.h>
#include <array>

namespace resonance::repair {

namespace {

sqlite::Statement with_wanted(sqlite::Connection& connection, std::string_view sql) {
  connection.execute(
      "CREATE TEMP TABLE IF NOT EXISTS wanted(number INTEGER NOT NULL, ref_id INTEGER NOT NULL, crc32c INTEGER, PRIMARY KEY (number, "
      "ref_id)) WITHOUT ROWID");
  return connection.prepare(sql);
}

}  // namespace

std::set<std::string> named_groups(sqlite::Connection& connection, std::string_view table) {
  std::set<std::string> out;
  auto select = connection.prepare(fmt::format("SELECT DISTINCT zarr_group FROM {}", table));
  while (select.step()) out.insert(select.string(0));
  return out;
}

FrameStatements::FrameStatements(sqlite::Connection& connection)
    : connection_(connection),
      insert_lost_(with_wanted(connection,
                               "INSERT INTO lost_frames(event_uid, field_name, zarr_group, index_in_stack, time_found, reason) SELECT "
                               "event_uid, field_name, zarr_group, index_in_stack, ?2, ?3 FROM image_refs WHERE id = ?1")),
      delete_ref_(connection.prepare("DELETE FROM image_refs WHERE id = ?")) {}

std::vector<std::string> FrameStatements::groups() {
  std::vector<std::string> out;
  auto select = connection_.prepare("SELECT zarr_group FROM image_refs UNION SELECT zarr_group FROM frame_stores ORDER BY 1");
  while (select.step()) out.push_back(select.string(0));
  return out;
}

std::optional<catalog::StoreRow> FrameStatements::store(std::string_view group) { return catalog::VerifyQueries(connection_).store(group); }

void FrameStatements::put_store(const catalog::StoreRow& row) {
  auto insert = connection_.prepare(
      "INSERT INTO frame_stores(zarr_group, run_uid, field_name, height, width, dtype, codec, frames_per_chunk, chunks_per_shard, "
      "num_frames) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(zarr_group) DO UPDATE SET height = excluded.height, width = "
      "excluded.width, dtype = excluded.dtype, codec = excluded.codec, frames_per_chunk = excluded.frames_per_chunk, chunks_per_shard = "
      "excluded.chunks_per_shard, num_frames = excluded.num_frames");
  insert
      .bind_all(row.group, row.run_uid, row.field, row.height, row.width, row.dtype, row.codec, row.frames_per_chunk, row.chunks_per_shard,
                row.num_frames)
      .run();
}

void FrameStatements::delete_store(std::string_view group) {
  auto remove = connection_.prepare("DELETE FROM frame_stores WHERE zarr_group = ?");
  remove.bind_all(group).run();
}

std::string FrameStatements::field_of(std::string_view group) {
  auto select = connection_.prepare("SELECT field_name FROM image_refs WHERE zarr_group = ? GROUP BY 1 ORDER BY count(*) DESC LIMIT 1");
  select.bind(1, group);
  return select.step() ? select.string(0) : std::string();
}

std::uint64_t FrameStatements::refuse_odd_numbers(double now) {
  auto insert = connection_.prepare(
      "INSERT INTO lost_frames(event_uid, field_name, zarr_group, index_in_stack, time_found, reason) SELECT event_uid, field_name, "
      "zarr_group, index_in_stack, ?, 'its number made no sense' FROM image_refs WHERE typeof(index_in_stack) <> 'integer' OR "
      "index_in_stack < 0");
  insert.bind_all(now).run();
  connection_.execute("DELETE FROM image_refs WHERE typeof(index_in_stack) <> 'integer' OR index_in_stack < 0");
  return static_cast<std::uint64_t>(connection_.changes());
}

std::uint64_t FrameStatements::mend_fields() {
  std::vector<std::array<std::string, 3>> differing;  // group, and the two names
  auto select = connection_.prepare(
      "SELECT DISTINCT f.zarr_group, f.field_name, i.field_name FROM frame_stores f JOIN image_refs i ON i.zarr_group = f.zarr_group WHERE "
      "i.field_name <> f.field_name");
  while (select.step()) differing.push_back({select.string(0), select.string(1), select.string(2)});
  std::uint64_t rows = 0;
  for (const auto& [group, stored, named] : differing) {
    // runs/<uid>/<field>, or runs/<uid>/<field>.<n> for another geometry
    const auto array = group.substr(group.rfind('/') + 1);
    const auto& field = array != stored && (array == named || array.starts_with(named + ".")) ? named : stored;
    for (const auto* sql : {"UPDATE frame_stores SET field_name = ?1 WHERE zarr_group = ?2 AND field_name <> ?1",
                            "UPDATE image_refs SET field_name = ?1 WHERE zarr_group = ?2 AND field_name <> ?1",
                            "UPDATE lost_frames SET field_name = ?1 WHERE zarr_group = ?2 AND field_name <> ?1"}) {
      auto update = connection_.prepare(sql);
      update.bind_all(field, group).run();
      rows += static_cast<std::uint64_t>(connection_.changes());
    }
  }
  return rows;
}

void FrameStatements::collect(std::string_view group) {
  connection_.execute("DELETE FROM temp.wanted");
  auto references = connection_.prepare(
      "INSERT INTO temp.wanted SELECT i.index_in_stack, i.id, c.crc32c FROM image_refs i LEFT JOIN frame_checksums c ON c.ref_id = i.id "
      "WHERE i.zarr_group = ?");
  references.bind_all(group).run();
  auto lost = connection_.prepare(
      "INSERT OR IGNORE INTO temp.wanted SELECT index_in_stack, -1, NULL FROM lost_frames WHERE zarr_group = ? AND index_in_stack >= 0");
  lost.bind_all(group).run();
}

std::optional<std::uint64_t> FrameStatements::last_number() {
  auto select = connection_.prepare("SELECT max(number) FROM temp.wanted WHERE ref_id > 0");
  if (!select.step() || select.is_null(0)) return std::nullopt;
  return static_cast<std::uint64_t>(select.int64(0));
}

std::optional<std::uint64_t> FrameStatements::last_number_below(std::uint64_t end) {
  auto select = connection_.prepare("SELECT max(number) FROM temp.wanted WHERE ref_id > 0 AND number < ?");
  select.bind(1, end);
  if (!select.step() || select.is_null(0)) return std::nullopt;
  return static_cast<std::uint64_t>(select.int64(0));
}

std::vector<Reference> FrameStatements::between(std::uint64_t first, std::uint64_t end) {
  std::vector<Reference> out;
  auto select = connection_.prepare("SELECT number, ref_id, crc32c FROM temp.wanted WHERE number >= ? AND number < ? ORDER BY 1, 2");
  select.bind_all(first, end);
  while (select.step()) out.push_back({static_cast<std::uint64_t>(select.int64(0)), select.int64(1), select.optional_int64(2)});
  return out;
}

std::vector<Reference> FrameStatements::at_least(std::uint64_t first, std::uint64_t limit) {
  std::vector<Reference> out;
  auto select = connection_.prepare("SELECT number, ref_id, crc32c FROM temp.wanted WHERE number >= ? ORDER BY 1, 2 LIMIT ?");
  select.bind_all(first, limit);
  while (select.step()) out.push_back({static_cast<std::uint64_t>(select.int64(0)), select.int64(1), select.optional_int64(2)});
  return out;
}

std::uint64_t FrameStatements::set_geometry(std::string_view group, std::int64_t height, std::int64_t width, std::string_view dtype,
                                            std::string_view codec) {
  auto update = connection_.prepare(
      "UPDATE image_refs SET shape_x = ?2, shape_y = ?3, dtype = ?4, compression_codec = ?5 WHERE zarr_group = ?1 AND (shape_x <> ?2 OR "
      "shape_y <> ?3 OR dtype <> ?4 OR compression_codec IS NOT ?5)");
  update.bind_all(group, height, width, dtype, codec).run();
  return static_cast<std::uint64_t>(connection_.changes());
}

void FrameStatements::lose(std::int64_t ref, double now, std::string_view reason) {
  insert_lost_.bind_all(ref, now, reason).run();
  remove(ref);
}

void FrameStatements::remove(std::int64_t ref) {
  delete_ref_.bind_all(ref).run();
  auto checksum = connection_.prepare("DELETE FROM frame_checksums WHERE ref_id = ?");
  checksum.bind_all(ref).run();
}

std::optional<Neighbour> FrameStatements::neighbour(std::string_view sql, std::uint64_t number) {
  auto select = connection_.prepare(sql);
  select.bind(1, number);
  if (!select.step()) return std::nullopt;
  return Neighbour{static_cast<std::uint64_t>(select.int64(0)), select.int64(1), select.int64(2), select.string(3)};
}

std::optional<Neighbour> FrameStatements::before(std::uint64_t number) {
  return neighbour(
      "SELECT w.number, w.ref_id, e.seq_num, e.stream_uid FROM temp.wanted w JOIN image_refs i ON i.id = w.ref_id JOIN events e ON e.uid = "
      "i.event_uid WHERE w.number < ? AND w.ref_id > 0 ORDER BY w.number DESC LIMIT 1",
      number);
}

std::optional<Neighbour> FrameStatements::behind(std::uint64_t number) {
  return neighbour(
      "SELECT w.number, w.ref_id, e.seq_num, e.stream_uid FROM temp.wanted w JOIN image_refs i ON i.id = w.ref_id JOIN events e ON e.uid = "
      "i.event_uid WHERE w.number > ? AND w.ref_id > 0 ORDER BY w.number LIMIT 1",
      number);
}

std::optional<std::string> FrameStatements::event_without(std::string_view stream_uid, std::int64_t seq_num, std::string_view field) {
  auto select = connection_.prepare(
      "SELECT e.uid FROM events e WHERE e.stream_uid = ? AND e.seq_num = ? AND NOT EXISTS (SELECT 1 FROM image_refs i WHERE i.event_uid = "
      "e.uid AND i.field_name = ?)");
  select.bind_all(stream_uid, seq_num, field);
  return select.step() ? std::optional(select.string(0)) : std::nullopt;
}

void FrameStatements::name(std::string_view event_uid, const catalog::StoreRow& store, std::uint64_t number,
                           std::optional<std::int64_t> wanted) {
  auto insert = connection_.prepare(
      "INSERT INTO image_refs(id, event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec) "
      "VALUES(coalesce((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM image_refs WHERE id = ?1)), (SELECT max((SELECT coalesce(max(id), 0) "
      "FROM "
      "image_refs), (SELECT coalesce(max(ref_id), 0) FROM frame_checksums)) + 1)), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  insert.bind_all(wanted, event_uid, store.field, store.group, number, store.height, store.width, store.dtype, store.codec).run();
}

void FrameStatements::name_lost(std::string_view event_uid, const catalog::StoreRow& store, std::uint64_t number, double now,
                                std::string_view reason) {
  auto insert = connection_.prepare(
      "INSERT INTO lost_frames(event_uid, field_name, zarr_group, index_in_stack, time_found, reason) VALUES(?, ?, ?, ?, ?, ?)");
  insert.bind_all(event_uid, store.field, store.group, number, now, reason).run();
}

std::int64_t FrameStatements::lost(std::string_view group) {
  auto select = connection_.prepare("SELECT count(*) FROM lost_frames WHERE zarr_group = ?");
  select.bind(1, group);
  return select.step() ? select.int64(0) : 0;
}

}  // namespace resonance::repair
