#include "catalog/queries.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <variant>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/error.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance::catalog {

namespace {

constexpr const char* kEventsOfRun = "FROM streams s JOIN events e ON e.stream_uid = s.uid WHERE s.run_uid = r.uid";
constexpr const char* kFramesOfRun =
    "FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid WHERE s.run_uid = r.uid";
constexpr char kTagSeparator = '\x1f';  // tags hold no control characters

/// A GLOB pattern in which only * and ? are special.
std::string as_glob(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) out += c == '[' ? std::string("[[]") : std::string(1, c);
  return out;
}

Json parse_stored(std::string_view text, std::string_view what) {
  try {
    return Json::parse(text);
  } catch (Error& error) {
    error.add_context(fmt::format("reading {}", what));
    throw;
  }
}

std::vector<std::string> text_list(const Json& json) {
  std::vector<std::string> out;
  if (json.is_array())
    for (const auto& item : json.as_array()) out.push_back(item.is_string() ? item.as_string() : item.dump());
  return out;
}

/// Conditions and their values, kept apart: values are bound, never pasted.
struct Where {
  using Value = std::variant<std::string, double>;
  std::vector<std::string> conditions;
  std::vector<Value> values;

  void text(const char* column, const std::optional<std::string>& value) {
    if (!value) return;
    const bool wild = value->find_first_of("*?") != std::string::npos;
    conditions.push_back(fmt::format("{} {} ?", column, wild ? "GLOB" : "="));
    values.emplace_back(wild ? as_glob(*value) : *value);
  }
  void number(const char* condition, const std::optional<double>& value) {
    if (!value) return;
    conditions.emplace_back(condition);
    values.emplace_back(*value);
  }
};

/// Never mended: another frame would be given out for the one that was meant.
std::uint64_t frame_number(const sqlite::Statement& row, int column) {
  const auto value = row.int64(column);
  if (value >= 0 && !row.is_null(column)) return static_cast<std::uint64_t>(value);
  throw Error(ErrorCode::corrupt, fmt::format("image_refs names frame {} of {}", value, printable(row.text(0))));
}

std::optional<std::uint32_t> checksum(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  const auto value = row.int64(column);
  if (value >= 0 && value <= std::int64_t{std::numeric_limits<std::uint32_t>::max()}) return static_cast<std::uint32_t>(value);
  throw Error(ErrorCode::corrupt, fmt::format("frame_checksums gives frame {} of {} the crc32c {}, which none can be", row.int64(1),
                                              printable(row.text(0)), value));
}

/// A sum that SQL made as a real number; nonsense in the file must not become undefined behaviour.
std::uint64_t as_count(double value) {
  constexpr double kLimit = 9e18;
  return value > 0 ? static_cast<std::uint64_t>(std::min(value, kLimit)) : 0;
}

}  // namespace

Queries::Queries(const std::filesystem::path& database) : connection_(database, sqlite::Access::read) {
  schema::require_beamtime(connection_);
  has_side_tables_ = schema::has_table(connection_, "run_details") && schema::has_table(connection_, "run_tags");
  has_codec_ = schema::has_column(connection_, "image_refs", "compression_codec");
}

std::string Queries::summary_columns() const {
  const auto count_events = fmt::format("(SELECT count(*) {})", kEventsOfRun);
  const auto count_frames = fmt::format("(SELECT count(*) {})", kFramesOfRun);
  return fmt::format(
      "SELECT r.uid, r.plan_name, p.name, r.time_start, r.time_stop, r.exit_status, CASE WHEN r.exit_status IS NULL THEN {} ELSE "
      "r.num_events END, {}, r.operator, {}, {}, r.metadata, r.sample_id, r.rowid "
      "FROM runs r LEFT JOIN samples p ON p.id = r.sample_id{}",
      count_events, has_side_tables_ ? fmt::format("coalesce(d.num_frames, {})", count_frames) : count_frames,
      has_side_tables_ ? "d.scan_id" : "NULL",
      has_side_tables_
          ? fmt::format("(SELECT group_concat(tag, char({})) FROM run_tags t WHERE t.run_uid = r.uid)", static_cast<int>(kTagSeparator))
          : "NULL",
      has_side_tables_ ? " LEFT JOIN run_details d ON d.run_uid = r.uid" : "");
}

std::optional<std::int64_t> Queries::scan_id_in(std::string_view metadata) const {
  if (metadata.find("\"scan_id\"") == std::string_view::npos) return std::nullopt;
  try {
    const auto json = Json::parse(metadata);
    const auto* id = json.find("scan_id");
    return id != nullptr && id->is_integer() ? std::optional(id->as_int64()) : std::nullopt;
  } catch (const Error&) {  // one run's broken metadata must not hide the listing; Run::metadata() reports it
    return std::nullopt;
  }
}

RunSummary Queries::read_summary(sqlite::Statement& row) {
  RunSummary out;
  out.uid = row.string(0);
  out.plan_name = row.string(1);
  out.sample = row.optional_string(2);
  out.time_start = row.real(3);
  out.time_stop = row.optional_real(4);
  out.exit_status = row.optional_string(5);
  out.num_events = row.count(6);
  out.num_frames = row.count(7);
  out.operator_name = row.optional_string(8);
  out.scan_id = row.is_null(9) ? scan_id_in(row.text(11)) : row.optional_int64(9);
  const auto tags = row.text(10);
  for (std::size_t at = 0; at < tags.size();) {
    const auto end = std::min(tags.find(kTagSeparator, at), tags.size());
    out.tags.emplace_back(tags.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::vector<RunSummary> Queries::find(const RunQuery& query) {
  Where where;
  where.text("r.plan_name", query.plan);
  where.text("p.name", query.sample);
  if (query.status == "open")
    where.conditions.emplace_back("r.exit_status IS NULL");
  else
    where.text("r.exit_status", query.status);
  where.number("r.time_start >= ?", query.since);
  where.number("r.time_start < ?", query.until);
  if (query.tag && !has_side_tables_) return {};
  if (query.tag) {
    where.conditions.emplace_back("EXISTS (SELECT 1 FROM run_tags t WHERE t.run_uid = r.uid AND t.tag = ?)");
    where.values.emplace_back(*query.tag);
  }
  auto sql = summary_columns();
  if (!where.conditions.empty()) sql += fmt::format(" WHERE {}", fmt::join(where.conditions, " AND "));
  sql += " ORDER BY r.time_start DESC, r.rowid DESC";
  if (query.limit) sql += fmt::format(" LIMIT {}", std::min<std::uint64_t>(*query.limit, INT64_MAX));
  auto statement = connection_.prepare(sql);
  for (std::size_t i = 0; i < where.values.size(); ++i)
    std::visit([&](const auto& value) { statement.bind(static_cast<int>(i) + 1, value); }, where.values[i]);
  std::vector<RunSummary> out;
  while (statement.step()) out.push_back(read_summary(statement));
  return out;
}

RunRow Queries::read_run_row(sqlite::Statement& row) { return {row.int64(13), read_summary(row), row.string(11), row.optional_int64(12)}; }

std::vector<RunRow> Queries::runs_after(std::int64_t after, std::uint64_t limit) {
  auto statement = connection_.prepare(summary_columns() + " WHERE r.rowid > ? ORDER BY r.rowid LIMIT ?");
  statement.bind_all(after, limit);
  std::vector<RunRow> out;
  while (statement.step()) out.push_back(read_run_row(statement));
  return out;
}

std::optional<RunRow> Queries::run_row(std::string_view uid) {
  auto statement = connection_.prepare(summary_columns() + " WHERE r.uid = ?");
  statement.bind(1, uid);
  return statement.step() ? std::optional(read_run_row(statement)) : std::nullopt;
}

std::optional<std::string> Queries::nth_newest(std::uint64_t n) {
  // What begins in the future, or has a text there, comes behind all others.
  const double latest = latest_start();
  auto plausible = connection_.prepare("SELECT uid FROM runs WHERE time_start <= ? ORDER BY time_start DESC, rowid DESC LIMIT 1 OFFSET ?");
  plausible.bind_all(latest, n);
  if (plausible.step()) return plausible.string(0);
  auto others = connection_.prepare(
      "SELECT uid FROM runs WHERE NOT time_start <= ?1 ORDER BY time_start DESC, rowid DESC LIMIT 1 OFFSET ?2 - (SELECT count(*) FROM runs "
      "WHERE time_start <= ?1)");
  others.bind_all(latest, n);
  return others.step() ? std::optional(others.string(0)) : std::nullopt;
}

std::optional<std::string> Queries::by_scan_id(std::int64_t scan_id) {
  if (has_side_tables_) {
    auto statement = connection_.prepare(
        "SELECT r.uid FROM run_details d JOIN runs r ON r.uid = d.run_uid WHERE d.scan_id = ? ORDER BY r.time_start DESC, r.rowid DESC "
        "LIMIT 1");
    statement.bind(1, scan_id);
    if (statement.step()) return statement.string(0);
  }
  // Files of the Python package keep it in the metadata, if anywhere.
  auto statement =
      connection_.prepare("SELECT uid, metadata FROM runs WHERE instr(metadata, '\"scan_id\"') > 0 ORDER BY time_start DESC, rowid DESC");
  while (statement.step())
    if (scan_id_in(statement.text(1)) == scan_id) return statement.string(0);
  return std::nullopt;
}

std::vector<std::string> Queries::by_prefix(std::string_view prefix, int limit) {
  auto statement = connection_.prepare("SELECT uid FROM runs WHERE uid >= ?1 AND substr(uid, 1, length(?1)) = ?1 ORDER BY uid LIMIT ?2");
  statement.bind_all(prefix, limit);
  std::vector<std::string> out;
  while (statement.step()) out.push_back(statement.string(0));
  return out;
}

bool Queries::exists(std::string_view uid) {
  auto statement = connection_.prepare("SELECT 1 FROM runs WHERE uid = ?");
  statement.bind(1, uid);
  return statement.step();
}

RunSummary Queries::summary(std::string_view uid) {
  auto statement = connection_.prepare(summary_columns() + " WHERE r.uid = ?");
  statement.bind(1, uid);
  if (!statement.step()) throw Error(ErrorCode::not_found, fmt::format("{} has no run {} any more", connection_.path().string(), uid));
  return read_summary(statement);
}

std::string Queries::metadata(std::string_view uid) {
  auto statement = connection_.prepare("SELECT metadata FROM runs WHERE uid = ?");
  statement.bind(1, uid);
  return statement.step() ? statement.string(0) : std::string();
}

std::optional<std::string> Queries::reason(std::string_view uid) {
  if (!has_side_tables_) return std::nullopt;
  auto statement = connection_.prepare("SELECT reason FROM run_details WHERE run_uid = ?");
  statement.bind(1, uid);
  return statement.step() ? statement.optional_string(0) : std::nullopt;
}

std::optional<SampleMetadata> Queries::sample(std::string_view uid) {
  auto row = connection_.prepare(
      "SELECT p.id, p.name, p.formula, p.serial, p.tags, p.beamline_pos, p.extra FROM runs r JOIN samples p ON p.id = r.sample_id WHERE "
      "r.uid = ?");
  row.bind(1, uid);
  if (!row.step()) return std::nullopt;
  SampleMetadata out;
  out.id = row.int64(0);
  out.name = row.string(1);
  out.formula = row.optional_string(2);
  out.serial = row.optional_string(3);
  if (!row.text(4).empty()) out.tags = text_list(parse_stored(row.text(4), fmt::format("the tags of sample '{}'", out.name)));
  out.beamline_pos = row.optional_string(5);
  if (!row.text(6).empty()) out.extra = parse_stored(row.text(6), fmt::format("extra of sample '{}'", out.name));
  return out;
}

RunEnd Queries::end(std::string_view uid) {
  auto row = connection_.prepare(fmt::format("SELECT r.time_stop IS NOT NULL OR r.exit_status IS NOT NULL, {} FROM runs r WHERE r.uid = ?",
                                             has_side_tables_ ? "(SELECT lock_byte FROM run_details WHERE run_uid = r.uid)" : "NULL"));
  row.bind(1, uid);
  if (!row.step()) throw Error(ErrorCode::not_found, fmt::format("{} has no run {} any more", connection_.path().string(), uid));
  return {row.int64(0) != 0, row.optional_int64(1)};
}

std::uint64_t Queries::frames_of_event(std::string_view event_uid) {
  auto row = connection_.prepare("SELECT count(*) FROM image_refs WHERE event_uid = ?");
  row.bind(1, event_uid);
  return row.step() ? row.count(0) : 0;
}

std::optional<StreamInfo> Queries::stream(std::string_view uid, std::string_view name) {
  auto row = connection_.prepare("SELECT uid, name, data_keys, time_created FROM streams WHERE run_uid = ? AND name = ?");
  row.bind_all(uid, name);
  if (!row.step()) return std::nullopt;
  return StreamInfo{row.string(0), row.string(1),
                    parse_stored(row.text(2), fmt::format("the data keys of stream '{}' of run {}", row.text(1), uid)), row.real(3), 0};
}

std::vector<StreamInfo> Queries::streams(std::string_view uid) {
  auto row = connection_.prepare(
      "SELECT s.uid, s.name, s.data_keys, s.time_created, (SELECT count(*) FROM events e WHERE e.stream_uid = s.uid) FROM streams s WHERE "
      "s.run_uid = ? ORDER BY s.time_created, s.rowid");
  row.bind(1, uid);
  std::vector<StreamInfo> out;
  while (row.step())
    out.push_back({row.string(0), row.string(1),
                   parse_stored(row.text(2), fmt::format("the data keys of stream '{}' of run {}", row.text(1), uid)), row.real(3),
                   row.count(4)});
  return out;
}

std::vector<StreamRangesRow> Queries::stream_ranges(std::string_view uid) {
  // The table may be made while we read, by the first writer that knows it.
  const bool stored = has_ranges_ || schema::has_table(connection_, "stream_ranges");
  if (!stream_ranges_ || stored != has_ranges_)
    stream_ranges_.emplace(connection_.prepare(fmt::format(
        "SELECT s.uid, s.name, s.data_keys, s.time_created, {} FROM streams s JOIN runs r ON r.uid = s.run_uid WHERE s.run_uid = ? ORDER "
        "BY "
        "s.time_created, s.rowid",
        stored ? "CASE WHEN r.exit_status IS NOT NULL THEN (SELECT ranges FROM stream_ranges WHERE stream_uid = s.uid) END" : "NULL")));
  has_ranges_ = stored;
  auto& row = *stream_ranges_;
  const sqlite::Reset reset(row);
  row.bind(1, uid);
  std::vector<StreamRangesRow> out;
  while (row.step())
    out.push_back({{row.string(0), row.string(1),
                    parse_stored(row.text(2), fmt::format("the data keys of stream '{}' of run {}", row.text(1), uid)), row.real(3), 0},
                   row.optional_string(4)});
  return out;
}

void Queries::events(std::string_view stream_uid, std::uint64_t first, std::uint64_t limit,
                     const std::function<void(sqlite::Statement&)>& visit) {
  auto row = connection_.prepare(
      "SELECT seq_num, uid, time, data, timestamps FROM events WHERE stream_uid = ? AND seq_num >= ? ORDER BY seq_num LIMIT ?");
  row.bind_all(stream_uid, std::min<std::uint64_t>(first, INT64_MAX), std::min<std::uint64_t>(limit, INT64_MAX));
  while (row.step()) visit(row);
}

void Queries::event_data(std::string_view stream_uid, std::uint64_t first, std::uint64_t limit,
                         const std::function<void(sqlite::Statement&)>& visit) {
  auto row = connection_.prepare("SELECT seq_num, time, data FROM events WHERE stream_uid = ? AND seq_num >= ? ORDER BY seq_num LIMIT ?");
  row.bind_all(stream_uid, std::min<std::uint64_t>(first, INT64_MAX), std::min<std::uint64_t>(limit, INT64_MAX));
  while (row.step()) visit(row);
}

std::vector<std::string> Queries::fields(std::string_view uid) {
  std::vector<std::string> out;
  for (const auto& array : arrays(uid))
    if (std::find(out.begin(), out.end(), array.field) == out.end()) out.push_back(array.field);
  return out;
}

std::vector<ArrayRow> Queries::arrays(std::string_view uid) {
  auto row =
      connection_.prepare(fmt::format("SELECT i.field_name, i.zarr_group, i.dtype, {}, count(*), i.shape_x, i.shape_y FROM streams s JOIN "
                                      "events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid "
                                      "WHERE s.run_uid = ? GROUP BY i.zarr_group, i.field_name ORDER BY min(i.id)",
                                      has_codec_ ? "i.compression_codec" : "NULL"));
  row.bind(1, uid);
  std::vector<ArrayRow> out;
  while (row.step()) out.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.count(4), row.count(5), row.count(6)});
  return out;
}

std::vector<LostFrame> Queries::lost_frames(std::string_view uid) {
  std::vector<LostFrame> out;
  if (!schema::has_table(connection_, "lost_frames")) return out;
  auto select = connection_.prepare(
      "SELECT s.name, e.seq_num, l.field_name, l.zarr_group, l.index_in_stack, l.time_found, l.reason FROM streams s JOIN events e ON "
      "e.stream_uid = s.uid JOIN lost_frames l ON l.event_uid = e.uid WHERE s.run_uid = ? ORDER BY s.time_created, s.rowid, e.seq_num, "
      "l.id");
  select.bind(1, uid);
  while (select.step())
    out.push_back(
        {select.string(0), select.count(1), select.string(2), select.string(3), select.count(4), select.real(5), select.string(6)});
  return out;
}

std::vector<Note> Queries::notes(std::string_view uid) {
  std::vector<Note> out;
  if (!schema::has_table(connection_, "run_notes")) return out;
  auto select = connection_.prepare("SELECT id, time, author, text FROM run_notes WHERE run_uid = ? ORDER BY id");
  select.bind(1, uid);
  while (select.step()) out.push_back({select.int64(0), select.real(1), select.optional_string(2), select.string(3)});
  return out;
}

std::int64_t Queries::last_ref() {
  auto row = connection_.prepare("SELECT max(id) FROM image_refs");
  return row.step() ? row.int64(0) : 0;
}

void Queries::refs(std::string_view uid, std::string_view field, const RefRange& range, const std::function<void(RefRow&&)>& visit) {
  // The table may be made while we read, by the first writer that knows it.
  has_checksums_ = has_checksums_ || schema::has_table(connection_, "frame_checksums");
  // CROSS JOIN: SQLite keeps the order of the tables, so that new rows are found by their ids.
  const char* tables = range.after == 0 ? "streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid"
                                        : "image_refs i CROSS JOIN events e ON e.uid = i.event_uid CROSS JOIN streams s ON s.uid = "
                                          "e.stream_uid";
  auto row = connection_.prepare(
      fmt::format("SELECT i.zarr_group, i.index_in_stack, e.seq_num, i.shape_x, i.shape_y, i.dtype, {}, s.name FROM {}{} "
                  "WHERE {}i.id <= ?4 AND s.run_uid = ?1 AND i.field_name = ?2 ORDER BY s.time_created, s.rowid, e.seq_num, i.id",
                  has_checksums_ ? "c.crc32c" : "NULL", tables, has_checksums_ ? " LEFT JOIN frame_checksums c ON c.ref_id = i.id" : "",
                  range.after == 0 ? "" : "i.id > ?3 AND "));
  row.bind_all(uid, field);
  if (range.after != 0) row.bind(3, range.after);
  row.bind(4, range.upto);
  while (row.step())
    visit({row.string(0), frame_number(row, 1), row.count(2), row.count(3), row.count(4), row.string(5), checksum(row, 6), row.string(7)});
}

std::int64_t Queries::data_version() { return connection_.query_int("PRAGMA data_version"); }

BeamtimeStatistics Queries::statistics() {
  BeamtimeStatistics out;
  const auto count = [&](const char* table) {
    return static_cast<std::uint64_t>(connection_.query_int(fmt::format("SELECT count(*) FROM {}", table)));
  };
  out.runs = count("runs");
  out.samples = count("samples");
  out.streams = count("streams");
  out.events = count("events");
  out.frames = count("image_refs");
  auto times = connection_.prepare(
      "SELECT min(time_start), max(time_stop), total(max(time_stop - time_start, 0)) FROM runs WHERE typeof(time_start) <> 'text'");
  if (times.step()) {
    out.first_start = times.optional_real(0);
    out.last_stop = times.optional_real(1);
    out.recording_seconds = times.real(2);
  }
  auto sizes = connection_.prepare("SELECT dtype, total(shape_x * shape_y) FROM image_refs GROUP BY dtype");
  while (sizes.step()) out.frame_bytes += as_count(sizes.real(1) * static_cast<double>(item_size(parse_dtype(sizes.text(0)))));
  return out;
}

}  // namespace resonance::catalog
