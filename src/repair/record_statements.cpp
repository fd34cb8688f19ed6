#include "repair/record_statements.hpp"

#include <fmt/format.h>

#include "base/names.hpp"
#include "schema/event_checksum.hpp"

namespace resonance::repair {

namespace {

std::string column_list(const TableSpec& table, std::string_view pattern, std::string_view between) {
  std::string out;
  for (const auto& column : table.columns)
    out += fmt::format("{}{}", out.empty() ? "" : between, fmt::format(fmt::runtime(pattern), fmt::arg("name", column.name)));
  return out;
}

std::string insert_sql(const TableSpec& table) {
  return table.has_rowid() ? fmt::format("INSERT OR IGNORE INTO {}(rowid, {}) VALUES(?, {})", table.name,
                                         column_list(table, "{name}", ", "), column_list(table, "?", ", "))
                           : fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", table.name, column_list(table, "{name}", ", "),
                                         column_list(table, "?", ", "));
}

/// Whose key is a number has it as its rowid, too.
bool key_is_rowid(const TableSpec& table) { return table.has_rowid() && table.columns[0].kind == Kind::integer; }

}  // namespace

RescuedRows::RescuedRows(sqlite::Connection& target, const TableSpec& table)
    : target_(target),
      table_(table),
      insert_(target.prepare(insert_sql(table))),
      same_(target.prepare(fmt::format("SELECT 1 FROM {} WHERE {}", table.name, column_list(table, "{name} IS ?", " AND ")))) {}

void RescuedRows::bind(sqlite::Statement& statement, const Row& row, int first) const {
  for (const auto& value : row.values) {
    switch (value.type) {
      case sqlite::ColumnType::integer:
        statement.bind(first, value.integer);
        break;
      case sqlite::ColumnType::real:
        statement.bind(first, value.real);
        break;
      case sqlite::ColumnType::text:
        statement.bind(first, value.text);
        break;
      default:
        statement.bind(first, nullptr);
    }
    ++first;
  }
}

bool RescuedRows::insert(const Row& row, bool keep_rowid) {
  if (table_.has_rowid() && keep_rowid)
    insert_.bind(1, row.rowid);
  else if (table_.has_rowid())
    insert_.bind(1, nullptr);
  if (!keep_rowid && key_is_rowid(table_)) return false;
  bind(insert_, row, table_.has_rowid() ? 2 : 1);
  insert_.run();
  return target_.changes() > 0;
}

bool RescuedRows::is_there(const Row& row) {
  const sqlite::Reset reset(same_);
  bind(same_, row, 1);
  return same_.step();
}

std::int64_t RescuedRows::next_seq_num(std::string_view stream_uid) {
  auto select = target_.prepare("SELECT coalesce(max(seq_num), 0) + 1 FROM events WHERE stream_uid = ?");
  select.bind(1, stream_uid);
  return select.step() ? select.int64(0) : 1;
}

std::int64_t RecordStatements::count(std::string_view table) {
  return connection_.query_int(fmt::format("SELECT count(*) FROM {}", table));
}

std::uint64_t RecordStatements::mend_array_names() {
  connection_.execute(
      "UPDATE frame_stores SET run_uid = substr(zarr_group, 6, 32) WHERE zarr_group LIKE 'runs/%' AND substr(zarr_group, 38, 1) = '/' AND "
      "run_uid <> substr(zarr_group, 6, 32) AND EXISTS (SELECT 1 FROM runs r WHERE r.uid = substr(zarr_group, 6, 32))");
  auto rows = connection_.changes();
  connection_.execute(
      "UPDATE image_refs SET zarr_group = (SELECT 'runs/' || s.run_uid || '/' || image_refs.field_name FROM events e JOIN streams s ON "
      "s.uid "
      "= e.stream_uid WHERE e.uid = image_refs.event_uid) WHERE zarr_group NOT IN (SELECT zarr_group FROM frame_stores) AND EXISTS (SELECT "
      "1 FROM events e JOIN streams s ON s.uid = e.stream_uid JOIN frame_stores f ON f.zarr_group = 'runs/' || s.run_uid || '/' || "
      "image_refs.field_name WHERE e.uid = image_refs.event_uid)");
  rows += connection_.changes();
  return static_cast<std::uint64_t>(rows);
}

std::uint64_t RecordStatements::insert_missing_samples() {
  connection_.execute(
      "INSERT INTO samples(id, name) SELECT DISTINCT sample_id, 'recovered-' || sample_id FROM runs WHERE sample_id IS NOT NULL AND "
      "sample_id NOT IN (SELECT id FROM samples)");
  return static_cast<std::uint64_t>(connection_.changes());
}

std::vector<LostEvent> RecordStatements::lost_events(std::size_t limit) {
  std::vector<LostEvent> out;
  auto select = prepare(
      "SELECT event_uid, min(zarr_group) FROM (SELECT event_uid, zarr_group FROM image_refs UNION ALL SELECT event_uid, zarr_group FROM "
      "lost_frames) i WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.uid = i.event_uid) GROUP BY event_uid ORDER BY event_uid LIMIT ?");
  select.bind(1, static_cast<std::int64_t>(limit));
  while (select.step()) out.push_back({select.string(0), select.string(1)});
  return out;
}

std::vector<LostStream> RecordStatements::lost_streams(std::size_t limit) {
  std::vector<LostStream> out;
  auto select = prepare(
      "SELECT e.stream_uid, min(e.time), max(e.time), count(*), coalesce((SELECT i.zarr_group FROM events f JOIN image_refs i ON "
      "i.event_uid = f.uid WHERE f.stream_uid = e.stream_uid LIMIT 1), '') FROM events e WHERE NOT EXISTS (SELECT 1 FROM streams s WHERE "
      "s.uid = e.stream_uid) GROUP BY e.stream_uid ORDER BY 2 LIMIT ?");
  select.bind(1, static_cast<std::int64_t>(limit));
  while (select.step()) out.push_back({select.string(0), select.real(1), select.real(2), select.int64(3), select.string(4)});
  return out;
}

std::vector<std::string> RecordStatements::lost_runs(std::size_t limit) {
  std::vector<std::string> out;
  auto select = prepare(
      "SELECT run_uid FROM (SELECT run_uid FROM streams UNION SELECT run_uid FROM run_notes) s WHERE NOT EXISTS (SELECT 1 FROM runs r "
      "WHERE r.uid = s.run_uid) ORDER BY 1 LIMIT ?");
  select.bind(1, static_cast<std::int64_t>(limit));
  while (select.step()) out.push_back(select.string(0));
  return out;
}

std::optional<std::string> RecordStatements::run_of_group(std::string_view group) {
  auto store = prepare("SELECT run_uid FROM frame_stores WHERE zarr_group = ?");
  store.bind(1, group);
  if (store.step()) return store.string(0);
  constexpr std::string_view kRuns = "runs/";
  const auto end = group.find('/', kRuns.size());
  if (group.starts_with(kRuns) && end != std::string_view::npos)
    if (const auto uid = group.substr(kRuns.size(), end - kRuns.size()); is_uid(uid)) return std::string(uid);
  auto neighbours = prepare(
      "SELECT s.run_uid FROM image_refs i JOIN events e ON e.uid = i.event_uid JOIN streams s ON s.uid = e.stream_uid WHERE i.zarr_group = "
      "? "
      "LIMIT 1");
  neighbours.bind(1, group);
  return neighbours.step() ? std::optional(neighbours.string(0)) : std::nullopt;
}

std::optional<std::string> RecordStatements::run_at(double first, double last) {
  auto select = prepare("SELECT uid FROM runs WHERE time_start <= ? AND coalesce(time_stop, 1e300) >= ? LIMIT 2");
  select.bind_all(first, last);
  if (!select.step()) return std::nullopt;
  auto uid = select.string(0);
  return select.step() ? std::nullopt : std::optional(std::move(uid));
}

std::optional<std::pair<double, double>> RecordStatements::times_of_run(std::string_view run_uid) {
  auto select = prepare(
      "SELECT coalesce(min(e.time), min(s.time_created)), coalesce(max(e.time), max(s.time_created)) FROM streams s LEFT JOIN events e ON "
      "e.stream_uid = s.uid WHERE s.run_uid = ?");
  select.bind(1, run_uid);
  if (!select.step() || select.is_null(0)) return std::nullopt;
  return std::pair(select.real(0), select.real(1));
}

void RecordStatements::insert_run(std::string_view uid, double start, double stop) {
  auto insert = prepare(
      "INSERT INTO runs(uid, plan_name, time_start, time_stop, exit_status, num_events, metadata) VALUES(?, 'recovered', ?, ?, 'failed', "
      "0, "
      "'{}')");
  insert.bind_all(uid, start, stop).run();
}

void RecordStatements::insert_details(std::string_view run_uid, std::string_view reason, std::string_view writer, std::uint64_t lock_byte) {
  auto insert = prepare(
      "INSERT INTO run_details(run_uid, reason, num_frames, writer, lock_byte) VALUES(?, ?, 0, ?, ?) ON CONFLICT(run_uid) DO UPDATE SET "
      "reason = coalesce(reason || '; ', '') || excluded.reason");
  insert.bind_all(run_uid, reason, writer, lock_byte).run();
}

void RecordStatements::insert_stream(std::string_view uid, std::string_view run_uid, std::string_view name, double time) {
  auto insert = prepare("INSERT INTO streams(uid, run_uid, name, data_keys, time_created) VALUES(?, ?, ?, '{}', ?)");
  insert.bind_all(uid, run_uid, name, time).run();
}

void RecordStatements::insert_event(std::string_view uid, std::string_view stream_uid, double time) {
  auto insert = prepare(
      "INSERT INTO events(uid, stream_uid, seq_num, time, data, timestamps) SELECT ?1, ?2, coalesce(max(seq_num), 0) + 1, ?3, '{}', '{}' "
      "FROM events WHERE stream_uid = ?2");
  insert.bind_all(uid, stream_uid, time).run();
}

std::optional<std::string> RecordStatements::stream_named(std::string_view run_uid, std::string_view name) {
  auto select = prepare("SELECT uid FROM streams WHERE run_uid = ? AND name = ?");
  select.bind_all(run_uid, name);
  return select.step() ? std::optional(select.string(0)) : std::nullopt;
}

std::optional<double> RecordStatements::start_of(std::string_view run_uid) {
  auto select = prepare("SELECT time_start FROM runs WHERE uid = ?");
  select.bind(1, run_uid);
  return select.step() ? select.optional_real(0) : std::nullopt;
}

std::uint64_t RecordStatements::delete_orphans(std::string_view table, std::string_view column, std::string_view parent,
                                               std::string_view parent_column) {
  connection_.execute(
      fmt::format("DELETE FROM {} WHERE NOT EXISTS (SELECT 1 FROM {} p WHERE p.{} = {}.{})", table, parent, parent_column, table, column));
  return static_cast<std::uint64_t>(connection_.changes());
}

std::vector<std::string> RecordStatements::runs_without_details() {
  std::vector<std::string> out;
  auto select = prepare(
      "SELECT DISTINCT f.run_uid FROM frame_stores f JOIN runs r ON r.uid = f.run_uid WHERE NOT EXISTS (SELECT 1 FROM run_details d WHERE "
      "d.run_uid = f.run_uid)");
  while (select.step()) out.push_back(select.string(0));
  return out;
}

std::vector<RunEnds> RecordStatements::runs() {
  std::vector<RunEnds> out;
  auto select = prepare(
      "SELECT r.uid, EXISTS (SELECT 1 FROM run_details d WHERE d.run_uid = r.uid), r.time_stop IS NULL AND r.exit_status IS NULL, "
      "r.num_events, (SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid WHERE s.run_uid = r.uid), (SELECT "
      "count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid WHERE s.run_uid = r.uid AND s.name = ?) FROM runs r ORDER BY "
      "r.time_start, r.rowid");
  select.bind(1, kRecovered);
  while (select.step())
    out.push_back(
        {select.string(0), select.int64(1) != 0, select.int64(2) != 0, select.optional_int64(3), select.int64(4), select.int64(5)});
  return out;
}

void RecordStatements::set_num_events(std::string_view run_uid, std::int64_t events) {
  auto update = prepare("UPDATE runs SET num_events = ? WHERE uid = ?");
  update.bind_all(events, run_uid).run();
}

void RecordStatements::set_num_frames(std::string_view run_uid) {
  auto update = prepare(
      "UPDATE run_details SET num_frames = (SELECT count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON "
      "i.event_uid = e.uid WHERE s.run_uid = run_details.run_uid) WHERE run_uid = ?");
  update.bind_all(run_uid).run();
}

void RecordStatements::close_run(std::string_view run_uid, std::string_view reason) {
  auto run = prepare(
      "UPDATE runs SET exit_status = 'failed', time_stop = coalesce((SELECT max(e.time) FROM streams s JOIN events e ON e.stream_uid = "
      "s.uid WHERE s.run_uid = runs.uid), time_start) WHERE uid = ?");
  run.bind_all(run_uid).run();
  auto details = prepare("UPDATE run_details SET reason = ? WHERE run_uid = ?");
  details.bind_all(reason, run_uid).run();
}

std::vector<StreamOfRun> RecordStatements::streams(std::string_view run_uid) {
  std::vector<StreamOfRun> out;
  auto select = prepare("SELECT uid, name FROM streams WHERE run_uid = ? ORDER BY time_created, rowid");
  select.bind(1, run_uid);
  while (select.step()) out.push_back({select.string(0), select.string(1)});
  return out;
}

void RecordStatements::each_gap(std::string_view stream_uid, const std::function<void(std::int64_t, std::int64_t)>& visit) {
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps;
  auto select = prepare(
      "SELECT before + 1, seq_num - 1 FROM (SELECT seq_num, lag(seq_num, 1, 0) OVER (ORDER BY seq_num) AS before FROM events WHERE "
      "stream_uid = ?1) WHERE seq_num > before + 1 AND NOT EXISTS (SELECT 1 FROM lost_events l WHERE l.stream_uid = ?1 AND "
      "l.first_seq_num <= before + 1 AND l.last_seq_num >= seq_num - 1)");
  select.bind(1, stream_uid);
  while (select.step()) gaps.emplace_back(select.int64(0), select.int64(1));
  for (const auto& [first, last] : gaps) visit(first, last);
}

void RecordStatements::insert_lost_events(std::string_view stream_uid, std::int64_t first, std::int64_t last, double now,
                                          std::string_view reason) {
  auto insert =
      prepare("INSERT OR REPLACE INTO lost_events(stream_uid, first_seq_num, last_seq_num, time_found, reason) VALUES(?, ?, ?, ?, ?)");
  insert.bind_all(stream_uid, first, last, now, reason).run();
}

std::int64_t RecordStatements::last_seq_num(std::string_view stream_uid) {
  auto select = prepare("SELECT coalesce(max(seq_num), 0) FROM events WHERE stream_uid = ?");
  select.bind(1, stream_uid);
  return select.step() ? select.int64(0) : 0;
}

std::int64_t RecordStatements::lost_events_of(std::string_view run_uid) {
  auto select = prepare(
      "SELECT CAST(total(l.last_seq_num - l.first_seq_num + 1) AS INTEGER) FROM streams s JOIN lost_events l ON l.stream_uid = s.uid WHERE "
      "s.run_uid = ?");
  select.bind(1, run_uid);
  return select.step() ? select.int64(0) : 0;
}

std::vector<ChecksumRow> RecordStatements::checksums_behind(const ChecksumRow& before, int limit) {
  std::vector<ChecksumRow> out;
  auto select = prepare(
      "SELECT stream_uid, first_seq_num, last_seq_num, crc32c FROM event_checksums WHERE (stream_uid, first_seq_num) > (?, ?) ORDER BY "
      "stream_uid, first_seq_num LIMIT ?");
  select.bind_all(before.stream_uid, before.first, limit);
  while (select.step()) out.push_back({select.string(0), select.int64(1), select.int64(2), select.int64(3)});
  return out;
}

std::pair<std::uint32_t, std::int64_t> RecordStatements::checksum_now(const ChecksumRow& row) {
  auto select =
      prepare("SELECT uid, seq_num, time, data, timestamps FROM events WHERE stream_uid = ? AND seq_num BETWEEN ? AND ? ORDER BY seq_num");
  select.bind_all(row.stream_uid, row.first, row.last);
  std::pair<std::uint32_t, std::int64_t> out{0, 0};
  while (select.step()) {
    out.first = schema::event_checksum({select.text(0), select.int64(1), select.real(2), select.text(3), select.text(4)}, out.first);
    ++out.second;
  }
  return out;
}

void RecordStatements::delete_checksum(const ChecksumRow& row) {
  auto remove = prepare("DELETE FROM event_checksums WHERE stream_uid = ? AND first_seq_num = ?");
  remove.bind_all(row.stream_uid, row.first).run();
}

std::optional<std::string> RecordStatements::ranges_said(std::string_view stream_uid) {
  auto select = prepare("SELECT ranges FROM stream_ranges WHERE stream_uid = ?");
  select.bind(1, stream_uid);
  return select.step() ? std::optional(select.string(0)) : std::nullopt;
}

schema::NamedRanges RecordStatements::ranges_now(std::string_view stream_uid) {
  auto select = prepare("SELECT data FROM events WHERE stream_uid = ? ORDER BY seq_num");
  select.bind(1, stream_uid);
  schema::KeyRanges out;
  while (select.step()) out.add(Json::parse(select.text(0)));
  return out.ranges();
}

void RecordStatements::set_ranges(std::string_view stream_uid, std::string_view ranges) {
  auto insert = prepare("INSERT OR REPLACE INTO stream_ranges(stream_uid, ranges) VALUES(?, ?)");
  insert.bind_all(stream_uid, ranges).run();
}

}  // namespace resonance::repair
