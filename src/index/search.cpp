#include "index/search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "index/explain.hpp"
#include "index/index_file.hpp"
#include "index/sort_order.hpp"
#include "query/parse.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

namespace {

constexpr std::uint64_t kLongestPage = 10'000;

std::optional<SqlValue> value_at(const sqlite::Statement& row, int column) {
  switch (row.type(column)) {
    case sqlite::ColumnType::integer:
      return row.int64(column);
    case sqlite::ColumnType::real:
      return row.real(column);
    case sqlite::ColumnType::text:
      return row.string(column);
    default:
      return std::nullopt;
  }
}

FoundRun found_run(const sqlite::Statement& row) {
  FoundRun out;
  out.uid = row.string(0);
  out.scan_id = row.optional_int64(1);
  out.plan_name = row.string(2);
  out.sample = row.optional_string(3);
  out.time_start = row.real(4);
  out.time_stop = row.optional_real(5);
  if (row.text(6) != "open") out.exit_status = row.optional_string(6);
  out.num_events = row.count(7);
  out.num_frames = row.count(8);
  out.operator_name = row.optional_string(9);
  out.tags = tags_in(row.text(10));
  out.researcher = row.string(11);
  out.beamtime = row.string(12);
  out.db_path = row.string(13);
  out.bytes = row.count(14);
  out.num_notes = row.count(15);
  return out;
}

}  // namespace

query::ParseContext Search::context(const std::optional<std::string>& zone, const std::optional<double>& now) {
  return {now ? *now : system_time(), zone ? TimeZone::load(*zone) : zone_of(connection_)};
}

query::Node Search::parse(std::string_view text, const std::optional<std::string>& zone, const std::optional<double>& now) {
  return query::parse_query(text, context(zone, now));
}

std::vector<FoundRun> Search::read(const std::vector<std::int64_t>& runs) {
  auto row = connection_.prepare(
      "SELECT r.uid, r.scan_id, c.plan_name, c.sample_name, r.time_start, r.time_stop, s.name, r.num_events, r.num_frames, o.name, c.tags, "
      "w.name, b.label, b.db_path, r.bytes, r.num_notes FROM search_runs r JOIN runs_index c ON c.uid = r.uid JOIN researchers w ON w.id = "
      "r.researcher_id JOIN beamtimes b ON b.id = r.beamtime_id LEFT JOIN search_names s ON s.id = r.status LEFT JOIN search_names o ON "
      "o.id "
      "= r.operator WHERE r.run = ?");
  std::vector<FoundRun> out;
  for (const auto run : runs) {
    const sqlite::Reset reset(row);
    row.bind(1, run);
    if (row.step()) out.push_back(found_run(row));
  }
  return out;
}

Sql Search::page_sql(const SearchOptions& options) {
  if (options.limit == 0 || options.limit > kLongestPage)
    throw Error(ErrorCode::invalid_argument, fmt::format("a page has 1 to {} runs, not {}", kLongestPage, options.limit));
  const auto query = parse(options.query, options.zone, options.now);
  const auto order = SortOrder::parse(options.sort, words_to_rank(query));
  auto selection = Selector(connection_, limits_).select(query, order.by_time ? Purpose::first_by_time : Purpose::all);

  std::vector<Sql> conditions;
  if (!selection.where.text.empty()) conditions.push_back(std::move(selection.where));
  if (!options.cursor.empty()) {
    const auto cursor = parse_cursor(options.cursor, options.sort);
    auto run = connection_.prepare("SELECT run FROM search_runs WHERE uid = ?");
    run.bind(1, cursor.uid);
    conditions.push_back(order.behind(cursor, run.step() ? run.int64(0) : cursor.run));
  }
  Sql sql(fmt::format("SELECT r.run, r.uid, {} ", order.expression));
  sql += order.from.text.empty() ? selection.from : order.from;
  sql += order.join;
  if (!conditions.empty()) {
    sql += " WHERE ";
    sql += joined(conditions, " AND ");
  }
  sql += order.clause();
  sql += Sql(" LIMIT ?", static_cast<std::int64_t>(options.limit) + 1);
  return sql;
}

SearchPage Search::page(const SearchOptions& options) {
  sqlite::ReadTransaction snapshot(connection_);
  std::vector<std::int64_t> runs;
  SearchPage out;
  Cursor last{options.sort, {}, {}, 0};
  auto rows = page_sql(options).prepare(connection_);
  while (rows.step()) {
    if (runs.size() == options.limit) {
      out.next = to_text(last);
      break;
    }
    runs.push_back(rows.int64(0));
    last.uid = rows.string(1);
    last.run = runs.back();
    last.value = value_at(rows, 2);
  }
  rows.reset();
  out.runs = read(runs);
  return out;
}

std::vector<std::string> Search::plan(const SearchOptions& options) {
  sqlite::ReadTransaction snapshot(connection_);
  Sql sql("EXPLAIN QUERY PLAN ");
  sql += page_sql(options);
  std::vector<std::string> out;
  auto rows = sql.prepare(connection_);
  while (rows.step()) out.push_back(rows.string(3));
  return out;
}

Explanation Search::explain(const SearchOptions& options) {
  sqlite::ReadTransaction snapshot(connection_);
  return Explainer(connection_, limits_, context(options.zone, options.now)).explain(options.query);
}

std::uint64_t Search::count(const FacetOptions& options) {
  const auto query = parse(options.query, options.zone, options.now);
  sqlite::ReadTransaction snapshot(connection_);
  return count_of(connection_, limits_, query);
}

std::uint64_t count_of(sqlite::Connection& connection, const SelectionLimits& limits, const query::Node& query) {
  const auto selection = Selector(connection, limits).select(query, Purpose::all);
  Sql sql("SELECT count(*) ");
  if (selection.exact.text.empty()) {
    sql += selection.from;
  } else {
    sql += "FROM (";
    sql += selection.exact;
    sql += ")";
  }
  if (!selection.where.text.empty()) {
    sql += " WHERE ";
    sql += selection.where;
  }
  auto row = sql.prepare(connection);
  return row.step() ? row.count(0) : 0;
}

FoundRun Search::run(std::string_view reference, std::string_view file) {
  sqlite::ReadTransaction snapshot(connection_);
  std::vector<std::int64_t> fits;
  const auto look = [&](Sql sql) {
    auto rows = sql.prepare(connection_);
    while (rows.step()) fits.push_back(rows.int64(0));
  };
  const auto number = parse_int64(reference);
  if (number && *number < 0) {
    const std::vector<SqlValue> values{latest_start(), -(*number + 1)};
    Sql newest("SELECT run FROM search_runs WHERE time_start <= ? ORDER BY time_start DESC, run DESC LIMIT 1 OFFSET ?");
    newest.values = values;
    look(std::move(newest));
    Sql others(
        "SELECT run FROM search_runs WHERE NOT time_start <= ?1 ORDER BY time_start DESC, run DESC LIMIT 1 OFFSET ?2 - (SELECT count(*) "
        "FROM "
        "search_runs WHERE time_start <= ?1)");
    others.values = values;
    if (fits.empty()) look(std::move(others));
  }
  if (number && *number >= 0) look({"SELECT run FROM search_runs WHERE scan_id = ? LIMIT 4", *number});
  if (fits.empty() && !reference.empty() && reference.find_first_not_of("0123456789abcdef") == std::string_view::npos) {
    Sql prefix("SELECT run FROM search_runs WHERE uid >= ?", std::string(reference));
    prefix += Sql(" AND uid < ? LIMIT 4", std::string(reference) + "g");
    look(std::move(prefix));
  } else if (fits.empty()) {
    look({"SELECT run FROM search_runs WHERE uid = ?", std::string(reference)});  // other programs' uids may look like anything
  }
  auto runs = read(fits);
  if (runs.size() == 1) return std::move(runs.front());
  if (runs.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("{} has no run '{}'; name it by its uid, the beginning of its uid, its scan_id, or -1 for "
                            "the newest; 'index sync' finds runs that are new",
                            file, printable(reference)));
  std::vector<std::string> names;
  for (const auto& run : runs) names.push_back(fmt::format("{} in {}", run.uid, run.db_path));
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' fits several runs: {}{}; give more of the uid", printable(reference),
                                                       fmt::join(names, ", "), runs.size() == 4 ? ", …" : ""));
}

}  // namespace resonance::index
