#include "catalog/verify_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "resonance/error.hpp"
#include "schema/frame_declaration.hpp"
#include "schema/structure.hpp"

namespace resonance::catalog {

namespace {

constexpr int kMostMessages = 100;
constexpr std::size_t kMostArrays = 65536;  // of a run; a sound one has a few

constexpr const char* kRun =
    "SELECT r.time_stop IS NOT NULL OR r.exit_status IS NOT NULL, {}, r.num_events, {}, {}, {} FROM runs r{} WHERE r.uid = ?";
constexpr const char* kStreams =
    "SELECT s.uid, s.name, (SELECT count(*) FROM events e WHERE e.stream_uid = s.uid), (SELECT coalesce(min(e.seq_num), 0) FROM events e "
    "WHERE "
    "e.stream_uid = s.uid), (SELECT coalesce(max(e.seq_num), 0) FROM events e WHERE e.stream_uid = s.uid) FROM streams s WHERE s.run_uid = "
    "? "
    "ORDER BY s.time_created, s.rowid";
constexpr const char* kArrays =
    "SELECT i.zarr_group, i.field_name, i.dtype, {}, i.shape_x, i.shape_y, count(*), min(i.index_in_stack), max(i.index_in_stack), "
    "total(i.index_in_stack) FROM "
    "streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid WHERE s.run_uid = ? GROUP BY 1, 2, 3, 4, 5, "
    "6 ORDER BY 1 LIMIT ?";
constexpr const char* kStoreColumns =
    "SELECT f.zarr_group, f.run_uid, f.field_name, f.dtype, f.codec, f.height, f.width, f.frames_per_chunk, f.chunks_per_shard, "
    "f.num_frames, {} FROM frame_stores f";
constexpr const char* kLostColumns =
    "(SELECT count(*) FROM lost_frames l WHERE l.zarr_group = f.zarr_group), (SELECT count(DISTINCT l.index_in_stack) FROM lost_frames l "
    "WHERE l.zarr_group = f.zarr_group AND l.index_in_stack < f.num_frames), (SELECT total(DISTINCT l.index_in_stack) FROM lost_frames l "
    "WHERE l.zarr_group = f.zarr_group AND l.index_in_stack < f.num_frames)";
constexpr const char* kTexts =
    "SELECT 'runs.metadata', metadata FROM runs WHERE uid = ?1 UNION ALL SELECT 'streams.data_keys of stream ' || name, data_keys FROM "
    "streams WHERE run_uid = ?1 UNION ALL SELECT 'samples.tags', s.tags FROM runs r JOIN samples s ON s.id = r.sample_id WHERE r.uid = ?1 "
    "UNION ALL SELECT 'samples.extra', s.extra FROM runs r JOIN samples s ON s.id = r.sample_id WHERE r.uid = ?1";
constexpr const char* kEvents =
    "SELECT uid, seq_num, time, data, timestamps FROM events WHERE stream_uid = ? AND seq_num BETWEEN ? AND ? ORDER BY seq_num";
constexpr const char* kGaps =
    "SELECT before, seq_num FROM (SELECT seq_num, lag(seq_num, 1, 0) OVER (ORDER BY seq_num) AS before FROM events WHERE stream_uid = ?1) "
    "WHERE seq_num <> before + 1{} LIMIT ?2";
constexpr const char* kNotOnRecord =
    " AND NOT (seq_num > before + 1 AND EXISTS (SELECT 1 FROM lost_events l WHERE l.stream_uid = ?1 AND l.first_seq_num <= before + 1 AND "
    "l.last_seq_num >= seq_num - 1))";
constexpr const char* kFrames =
    "SELECT i.id, e.seq_num, i.index_in_stack, i.shape_x, i.shape_y, i.zarr_group, i.field_name, i.dtype, {} FROM events e JOIN image_refs "
    "i "
    "ON i.event_uid = e.uid{} WHERE e.stream_uid = ?1 AND e.seq_num >= ?2 AND (e.seq_num > ?2 OR i.id > ?3) ORDER BY e.seq_num, i.id LIMIT "
    "?4";
constexpr const char* kDeclaredGroups =
    "SELECT s.name, s.data_keys, i.field_name, i.dtype, i.zarr_group, i.shape_x, i.shape_y, count(*), min(i.index_in_stack), "
    "max(i.index_in_stack) FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid WHERE s.run_uid = "
    "? GROUP BY s.rowid, 3, 4, 5, 6, 7 LIMIT ?";
constexpr const char* kNamesArray =
    "SELECT 1 FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid WHERE s.run_uid = ? AND "
    "i.zarr_group = ? LIMIT 1";
constexpr const char* kCountFrames =
    "SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid WHERE s.run_uid = ?";

/// One state of the database for several queries. Ends with its scope.
class Snapshot {
 public:
  explicit Snapshot(sqlite::Connection& connection) : connection_(connection) { connection_.execute("BEGIN"); }
  ~Snapshot() {
    try {
      connection_.execute("ROLLBACK");
    } catch (const std::exception&) {  // it has ended by itself
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  sqlite::Connection& connection_;
};

StoreRow store_row(const sqlite::Statement& row) {
  return {row.string(0), row.string(1), row.string(2),         row.string(3), row.string(4), row.int64(5), row.int64(6),
          row.int64(7),  row.int64(8),  row.optional_int64(9), row.int64(10), row.int64(11), row.real(12)};
}

sqlite::Statement prepare_run(sqlite::Connection& connection, bool details) {
  return connection.prepare(fmt::format(kRun, details ? "d.run_uid IS NOT NULL" : "0", details ? "d.num_frames" : "NULL",
                                        details ? "d.lock_byte" : "NULL",
                                        details ? fmt::format("instr(d.writer, '{}') > 0", schema::kTookAnyKeys) : "0",
                                        details ? " LEFT JOIN run_details d ON d.run_uid = r.uid" : ""));
}

sqlite::Statement prepare_frames(sqlite::Connection& connection) {
  const bool checksums = schema::has_table(connection, "frame_checksums");
  return connection.prepare(
      fmt::format(kFrames, checksums ? "c.crc32c" : "NULL", checksums ? " LEFT JOIN frame_checksums c ON c.ref_id = i.id" : ""));
}

/// Gaps that a repair put on record are known.
sqlite::Statement prepare_gaps(sqlite::Connection& connection) {
  return connection.prepare(fmt::format(kGaps, schema::has_table(connection, "lost_events") ? kNotOnRecord : ""));
}

std::uint64_t as_count(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); }

}  // namespace

std::vector<std::string> check_pages(sqlite::Connection& connection, bool full) {
  std::vector<std::string> out;
  auto row = connection.prepare(fmt::format("PRAGMA {}({})", full ? "integrity_check" : "quick_check", kMostMessages));
  while (row.step())
    if (row.text(0) != "ok") out.push_back(row.string(0));
  return out;
}

bool has_run_of_ours(sqlite::Connection& connection) {
  return schema::has_table(connection, "run_details") && connection.query_int("SELECT EXISTS (SELECT 1 FROM run_details)") != 0;
}

std::vector<OrphanRow> orphans(sqlite::Connection& connection) {
  std::vector<OrphanRow> out;
  auto row = connection.prepare(
      fmt::format("SELECT \"table\", parent, count(*), min(rowid) FROM pragma_foreign_key_check GROUP BY 1, 2 LIMIT {}", kMostMessages));
  while (row.step()) out.push_back({row.string(0), row.string(1), row.int64(2), row.optional_int64(3)});
  return out;
}

std::vector<OddColumnRow> odd_columns(sqlite::Connection& connection, std::string_view table) {
  std::vector<OddColumnRow> out;
  std::string counts;
  auto column = connection.prepare("SELECT name, type FROM pragma_table_info(?) WHERE type IN ('TEXT', 'INTEGER', 'REAL')");
  column.bind(1, table);
  while (column.step()) {
    out.push_back({std::string(table), column.string(0), column.string(1)});
    std::string quoted;
    for (const char c : out.back().column) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    const char* fitting = out.back().type == "TEXT" ? "'text'" : out.back().type == "REAL" ? "'real', 'integer'" : "'integer'";
    counts += fmt::format("{}total(typeof(\"{}\") NOT IN ('null', {}))", counts.empty() ? "" : ", ", quoted, fitting);
  }
  if (out.empty()) return out;
  auto row = connection.prepare(fmt::format("SELECT {} FROM {}", counts, table));  // a name of ours
  if (row.step())
    for (std::size_t i = 0; i < out.size(); ++i) out[i].rows = row.int64(static_cast<int>(i));
  std::erase_if(out, [](const auto& odd) { return odd.rows == 0; });
  return out;
}

std::int64_t RunFacts::events() const noexcept {
  std::int64_t sum = 0;
  for (const auto& stream : streams) sum += stream.events;
  return sum;
}

std::int64_t RunFacts::frames() const noexcept {
  std::int64_t sum = 0;
  for (const auto& array : arrays) sum += array.count;
  return sum;
}

std::span<const RefGroupRow> RunFacts::refs_of(std::string_view group) const noexcept {
  const auto found = std::ranges::equal_range(arrays, group, {}, [](const auto& row) { return std::string_view(row.group); });
  return {found.begin(), found.end()};
}

const StoreRow* RunFacts::store_of(std::string_view group) const noexcept {
  const auto it = std::ranges::lower_bound(stores, group, {}, [](const auto& row) { return std::string_view(row.group); });
  return it != stores.end() && it->group == group ? &*it : nullptr;
}

VerifyQueries::VerifyQueries(sqlite::Connection& connection)
    : connection_(connection),
      has_details_(schema::has_table(connection, "run_details")),
      has_stores_(schema::has_table(connection, "frame_stores")),
      has_event_sums_(schema::has_table(connection, "event_checksums")),
      has_ranges_(schema::has_table(connection, "stream_ranges")),
      store_columns_(fmt::format(kStoreColumns, schema::has_table(connection, "lost_frames") ? kLostColumns : "0, 0, 0")),
      run_(prepare_run(connection, has_details_)),
      streams_(connection.prepare(kStreams)),
      arrays_(connection.prepare(
          fmt::format(kArrays, schema::has_column(connection, "image_refs", "compression_codec") ? "i.compression_codec" : "NULL"))),
      gaps_(prepare_gaps(connection)),
      frames_(prepare_frames(connection)),
      events_(connection.prepare(kEvents)),
      ref_exists_(connection.prepare("SELECT 1 FROM image_refs WHERE id = ?")),
      names_array_(connection.prepare(kNamesArray)) {}

std::vector<std::string> VerifyQueries::run_uids() {
  std::vector<std::string> out;
  auto row = connection_.prepare("SELECT uid FROM runs ORDER BY time_start, rowid");
  while (row.step()) out.push_back(row.string(0));
  return out;
}

std::uint64_t VerifyQueries::count_frames() { return as_count(connection_.query_int("SELECT count(*) FROM image_refs")); }

std::uint64_t VerifyQueries::count_frames(std::string_view run_uid) {
  auto row = connection_.prepare(kCountFrames);
  row.bind(1, run_uid);
  return row.step() ? as_count(row.int64(0)) : 0;
}

std::optional<RunFacts> VerifyQueries::facts(const std::string& run_uid) {
  const Snapshot snapshot(connection_);
  auto row = run(run_uid);
  if (!row) return std::nullopt;
  RunFacts out{std::move(*row), streams(run_uid), {}, false, stores(run_uid)};
  arrays(run_uid, out);
  return out;
}

std::optional<VerifyRunRow> VerifyQueries::run(std::string_view uid) {
  const sqlite::Reset reset(run_);
  run_.bind(1, uid);
  if (!run_.step()) return std::nullopt;
  return VerifyRunRow{std::string(uid),       run_.int64(0) != 0,     run_.int64(1) != 0, run_.optional_int64(2),
                      run_.optional_int64(3), run_.optional_int64(4), run_.int64(5) != 0};
}

std::vector<VerifyStreamRow> VerifyQueries::streams(std::string_view run_uid) {
  const sqlite::Reset reset(streams_);
  streams_.bind(1, run_uid);
  std::vector<VerifyStreamRow> out;
  while (streams_.step()) out.push_back({streams_.string(0), streams_.string(1), streams_.int64(2), streams_.int64(3), streams_.int64(4)});
  return out;
}

void VerifyQueries::arrays(std::string_view run_uid, RunFacts& out) {
  const sqlite::Reset reset(arrays_);
  arrays_.bind_all(run_uid, static_cast<std::int64_t>(kMostArrays + 1));
  const auto& row = arrays_;
  while (arrays_.step())
    out.arrays.push_back({row.string(0), row.string(1), row.string(2), row.optional_string(3), row.int64(4), row.int64(5), row.int64(6),
                          row.int64(7), row.int64(8), row.real(9)});
  out.more_arrays = out.arrays.size() > kMostArrays;
}

std::vector<StoreRow> VerifyQueries::stores(std::string_view run_uid) {
  std::vector<StoreRow> out;
  if (!has_stores_) return out;
  auto row = connection_.prepare(fmt::format("{} WHERE f.run_uid = ? ORDER BY f.zarr_group LIMIT {}", store_columns_, kMostArrays));
  row.bind(1, run_uid);
  while (row.step()) out.push_back(store_row(row));
  return out;
}

std::vector<std::pair<std::int64_t, std::int64_t>> VerifyQueries::gaps(std::string_view stream_uid, int limit) {
  const sqlite::Reset reset(gaps_);
  gaps_.bind_all(stream_uid, limit);
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  while (gaps_.step()) out.emplace_back(gaps_.int64(0), gaps_.int64(1));
  return out;
}

std::uint64_t VerifyQueries::lost_events(std::string_view stream_uid) {
  if (!schema::has_table(connection_, "lost_events")) return 0;
  auto row = connection_.prepare("SELECT CAST(total(last_seq_num - first_seq_num + 1) AS INTEGER) FROM lost_events WHERE stream_uid = ?");
  row.bind(1, stream_uid);
  return row.step() ? as_count(row.int64(0)) : 0;
}

std::vector<FrameRow> VerifyQueries::frames(std::string_view stream_uid, std::int64_t seq_num, std::int64_t id, std::int64_t limit) {
  const sqlite::Reset reset(frames_);
  frames_.bind_all(stream_uid, seq_num, id, limit);
  const auto& row = frames_;
  std::vector<FrameRow> out;
  while (frames_.step())
    out.push_back({row.int64(0), row.int64(1), row.is_null(2) ? std::int64_t{-1} : row.int64(2), row.int64(3), row.int64(4), row.string(5),
                   row.string(6), row.string(7), row.optional_int64(8)});
  return out;
}

std::vector<TextRow> VerifyQueries::texts(std::string_view run_uid) {
  std::vector<TextRow> out;
  auto row = connection_.prepare(kTexts);
  row.bind(1, run_uid);
  while (row.step())
    if (!row.text(1).empty()) out.push_back({row.string(0), row.string(1)});
  return out;
}

std::vector<EventSumRow> VerifyQueries::event_sums(std::string_view stream_uid, std::int64_t first, std::int64_t limit) {
  std::vector<EventSumRow> out;
  if (!has_event_sums_) return out;
  auto row = connection_.prepare(
      "SELECT first_seq_num, last_seq_num, crc32c FROM event_checksums WHERE stream_uid = ? AND first_seq_num > ? ORDER BY first_seq_num "
      "LIMIT ?");
  row.bind_all(stream_uid, first, limit);
  while (row.step()) out.push_back({row.int64(0), row.int64(1), row.int64(2)});
  return out;
}

bool VerifyQueries::has_event_sum(std::string_view stream_uid, const EventSumRow& sum) {
  auto row = connection_.prepare("SELECT 1 FROM event_checksums WHERE stream_uid = ? AND first_seq_num = ? AND crc32c = ?");
  row.bind_all(stream_uid, sum.first, sum.crc32c);
  return row.step();
}

std::optional<std::string> VerifyQueries::ranges(std::string_view stream_uid) {
  if (!has_ranges_) return std::nullopt;
  auto row = connection_.prepare("SELECT ranges FROM stream_ranges WHERE stream_uid = ?");
  row.bind(1, stream_uid);
  return row.step() ? std::optional(row.string(0)) : std::nullopt;
}

void VerifyQueries::events(std::string_view stream_uid, std::int64_t first, std::int64_t last,
                           const std::function<void(const schema::EventContent&)>& visit) {
  const sqlite::Reset reset(events_);
  events_.bind_all(stream_uid, first, last);
  while (events_.step()) visit({events_.text(0), events_.int64(1), events_.real(2), events_.text(3), events_.text(4)});
}

std::vector<DeclaredGroupRow> VerifyQueries::declared_groups(std::string_view run_uid) {
  std::vector<DeclaredGroupRow> out;
  auto row = connection_.prepare(kDeclaredGroups);
  row.bind_all(run_uid, static_cast<std::int64_t>(kMostArrays));
  while (row.step())
    out.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.string(4), row.int64(5), row.int64(6), row.int64(7),
                   row.int64(8), row.int64(9)});
  return out;
}

bool VerifyQueries::ref_exists(std::int64_t id) {
  const sqlite::Reset reset(ref_exists_);
  ref_exists_.bind(1, id);
  return ref_exists_.step();
}

std::optional<bool> VerifyQueries::is_closed(std::string_view run_uid) {
  const auto row = run(run_uid);
  return row ? std::optional(row->closed) : std::nullopt;
}

std::optional<StoreRow> VerifyQueries::store(std::string_view group) {
  if (!has_stores_) return std::nullopt;
  auto row = connection_.prepare(fmt::format("{} WHERE f.zarr_group = ?", store_columns_));
  row.bind(1, group);
  return row.step() ? std::optional(store_row(row)) : std::nullopt;
}

bool VerifyQueries::names_array(std::string_view run_uid, std::string_view group) {
  const sqlite::Reset reset(names_array_);
  names_array_.bind_all(run_uid, group);
  return names_array_.step();
}

}  // namespace resonance::catalog
