#include "index/terms.hpp"

#include <fmt/format.h>

#include "base/fold_case.hpp"
#include "query/units.hpp"

namespace resonance::index {

using query::Interval;
using query::NumberField;
using query::Pattern;
using query::TextField;

namespace {

const char* const kNever = "0";

/// How a text field is stored: a column of ids, and where the ids come from.
struct TextColumn {
  const char* column;
  const char* index;
  const char* kind;  ///< in search_names; nullptr: not there
};

TextColumn column_of(TextField field) {
  switch (field) {
    case TextField::plan:
      return {"plan", "idx_search_runs_plan", "plan"};
    case TextField::sample:
      return {"sample", "idx_search_runs_sample", "sample"};
    case TextField::operator_name:
      return {"operator", "idx_search_runs_operator", "operator"};
    case TextField::status:
      return {"status", "idx_search_runs_status", "status"};
    case TextField::beamtime:
      return {"beamtime_id", "idx_search_runs_beamtime", nullptr};
    case TextField::researcher:
      return {"researcher_id", "idx_search_runs_researcher", nullptr};
    case TextField::formula:
    case TextField::serial:
      return {"sample_row", "idx_search_runs_sample_row", nullptr};
    case TextField::tag:
      break;
  }
  return {"tag", nullptr, "tag"};
}

/// The column has one of the ids.
Sql in_list(std::string_view column, const Ids& ids) {
  if (ids.some.empty()) return Sql(kNever);
  Sql out(fmt::format("{} IN (", column));
  if (ids.many())
    out += ids.all;
  else
    out.list(ids.some);
  out += ")";
  return out;
}

Sql compare(std::string_view expression, const char* closed, const char* opened, bool open, double value) {
  return {fmt::format("{} {} ?", expression, open ? opened : closed), value};
}

/// A number in an expression of SQL is in the interval.
Sql inside(std::string_view expression, const Interval& interval) {
  std::vector<Sql> parts;
  if (interval.low) parts.push_back(compare(expression, ">=", ">", interval.low_open, *interval.low));
  if (interval.high) parts.push_back(compare(expression, "<=", "<", interval.high_open, *interval.high));
  if (parts.empty()) return Sql(fmt::format("{} IS NOT NULL", expression));
  return joined(parts, " AND ");
}

/// The range from `low` to `high` of a row of search_values has a number in common with the interval. Texts have no `high`,
/// and sort behind all numbers. The signs `+` keep SQLite from going through all values in the interval for each run, instead of
/// through those of the run.
Sql overlaps(const Interval& interval) {
  std::vector<Sql> parts;
  if (interval.low) parts.push_back(compare("+v.high", ">=", ">", interval.low_open, *interval.low));
  if (interval.high) parts.push_back(compare("+v.low", "<=", "<", interval.high_open, *interval.high));
  parts.emplace_back("+v.high IS NOT NULL");
  return joined(parts, " AND ");
}

Sql fits(const Pattern& pattern) {
  if (!pattern.wild) return {"+v.low = ?", pattern.literal};
  return {"+v.high IS NULL AND +v.low GLOB ?", pattern.glob};
}

/// What a glob begins with, up to its first special character.
std::string fixed_beginning(const std::string& glob) { return glob.substr(0, glob.find_first_of("*?[")); }

/// The least text that does not begin with `prefix`, but sorts behind all that do; empty when there is none.
std::string behind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

Sql from_values(const Ids& paths, const std::optional<std::int64_t>& unit) {
  Sql out("SELECT v.run AS run FROM search_values v WHERE ");
  out += in_list("v.path", paths);
  if (unit) out += Sql(" AND +v.unit = ?", *unit);
  return out;
}

/// Rows whose lower end is in the interval, or those of a range that begins below and reaches into it: two SQL indexes.
std::vector<Sql> interval_sources(const Ids& paths, const std::optional<std::int64_t>& unit, const Interval& interval) {
  std::vector<Sql> out;
  auto begins = from_values(paths, unit);
  begins += " AND ";
  begins += inside("v.low", interval);
  if (!interval.high) begins += " AND v.low < ''";
  out.push_back(std::move(begins));
  if (interval.low) {
    auto reaches = from_values(paths, unit);
    reaches += " AND v.high > v.low AND ";
    reaches += compare("v.high", ">=", ">", interval.low_open, *interval.low);
    reaches += " AND ";
    reaches += compare("v.low", "<", "<=", interval.low_open, *interval.low);
    if (interval.high) {
      reaches += " AND ";
      reaches += compare("v.low", "<=", "<", interval.high_open, *interval.high);
    }
    out.push_back(std::move(reaches));
  }
  return out;
}

Sql pattern_source(const Ids& paths, const Pattern& pattern) {
  auto out = from_values(paths, {});
  if (!pattern.wild) {
    out += Sql(" AND v.low = ?", pattern.literal);
    return out;
  }
  const auto beginning = fixed_beginning(pattern.glob);
  out += Sql(" AND v.low >= ?", beginning);
  if (const auto end = behind(beginning); !end.empty()) out += Sql(" AND v.low < ?", end);
  out += " AND ";
  out += fits(pattern);
  return out;
}

Sql union_of(const std::vector<Sql>& parts) {
  Sql out;
  for (const auto& part : parts) {
    if (!out.text.empty()) out += " UNION ALL ";
    out += part;
  }
  return out;
}

bool matches(sqlite::Connection& connection, const Pattern& pattern, std::string_view name) {
  const auto folded = fold_case(name);
  if (!pattern.wild) return folded == pattern.literal;
  auto glob = connection.prepare("SELECT ? GLOB ?");
  glob.bind_all(folded, pattern.glob);
  return glob.step() && glob.int64(0) != 0;
}

}  // namespace

const char* number_sql(NumberField field) {
  switch (field) {
    case NumberField::scan_id:
      return "r.scan_id";
    case NumberField::num_events:
      return "r.num_events";
    case NumberField::num_frames:
      return "r.num_frames";
    case NumberField::bytes:
      return "r.bytes";
    case NumberField::duration:
      break;
  }
  return "(r.time_stop - r.time_start)";
}

Ids Terms::listed(Sql all) {
  Ids out{std::move(all), {}};
  auto limited = out.all;
  limited += Sql(" LIMIT ?", static_cast<std::int64_t>(Ids::kMostBound) + 1);
  auto rows = limited.prepare(connection_);
  while (rows.step()) out.some.push_back(rows.int64(0));
  return out;
}

/// Names of beamtimes and researchers are not stored folded: other programs write these tables, too. There are few.
Ids Terms::owners(bool beamtime, const Pattern& pattern) {
  Ids out;
  auto rows = connection_.prepare(beamtime ? "SELECT id, label, db_path FROM beamtimes" : "SELECT id, name, name FROM researchers");
  while (rows.step())
    if (matches(connection_, pattern, rows.text(1)) || (beamtime && matches(connection_, pattern, rows.text(2))))
      out.some.push_back(rows.int64(0));
  return out;
}

Ids Terms::ids_of(const query::TextTerm& term) {
  const auto& pattern = term.pattern;
  if (term.field == TextField::beamtime || term.field == TextField::researcher) return owners(term.field == TextField::beamtime, pattern);
  if (const auto column = column_of(term.field); column.kind != nullptr) {
    Sql sql("SELECT id FROM search_names WHERE kind = ?", std::string(column.kind));
    sql += pattern.wild ? Sql(" AND folded GLOB ?", pattern.glob) : Sql(" AND folded = ?", pattern.literal);
    return listed(std::move(sql));
  }
  const auto folded = term.field == TextField::formula ? "folded_formula" : "folded_serial";
  return listed(pattern.wild ? Sql(fmt::format("SELECT id FROM search_samples WHERE {} GLOB ?", folded), pattern.glob)
                             : Sql(fmt::format("SELECT id FROM search_samples WHERE {} = ?", folded), pattern.literal));
}

Ids Terms::paths_of(const query::Path& path) {
  Sql sql("SELECT id FROM search_paths WHERE folded = ?", path.name);
  if (path.source == query::PathSource::metadata) sql += " AND source = 'metadata'";
  if (path.source == query::PathSource::data) sql += " AND source = 'data'";
  if (path.source == query::PathSource::any) {
    sql += Sql(" UNION SELECT id FROM search_paths WHERE leaf = ?", path.name);
    sql += " AND source = 'metadata'";
    if (path.name.find('.') != std::string::npos) {  // "sample.thickness" of "start.sample.thickness"
      sql += Sql(" UNION SELECT id FROM search_paths WHERE source = 'metadata' AND substr(folded, -length(?))", "." + path.name);
      sql += Sql(" = ?", "." + path.name);
    }
  }
  return listed(std::move(sql));
}

std::vector<Terms::ScaledInterval> Terms::scaled(const query::PathTerm& term) {
  if (!term.interval) return {};
  if (term.unit.empty()) return {{std::nullopt, *term.interval}};
  std::vector<ScaledInterval> out;
  auto units = connection_.prepare("SELECT id, name FROM search_names WHERE kind = 'unit'");
  while (units.step())
    if (const auto interval = query::converted(*term.interval, term.unit, units.text(1))) out.push_back({units.int64(0), *interval});
  return out;
}

std::optional<Terms::Column> Terms::single(const query::TextTerm& term) {
  const auto column = column_of(term.field);
  if (column.index == nullptr || term.field == TextField::formula || term.field == TextField::serial) return std::nullopt;
  const auto ids = ids_of(term);
  if (ids.some.size() != 1) return std::nullopt;
  return Column{column.column, column.index, ids.some.front()};
}

Sql Terms::test(const query::TextTerm& term) {
  const auto ids = ids_of(term);
  if (term.field != TextField::tag) return in_list(fmt::format("r.{}", column_of(term.field).column), ids);
  Sql out("EXISTS (SELECT 1 FROM search_tags t WHERE t.run = r.run AND ");
  out += in_list("t.tag", ids);
  out += ")";
  return out;
}

std::optional<Sql> Terms::source(const query::TextTerm& term) {
  const auto ids = ids_of(term);
  if (term.field == TextField::tag) {
    Sql out("SELECT t.run AS run FROM search_tags t WHERE ");
    out += in_list("t.tag", ids);
    return out;
  }
  Sql out("SELECT x.run AS run FROM search_runs x WHERE ");
  out += in_list(fmt::format("x.{}", column_of(term.field).column), ids);
  return out;
}

Sql Terms::test(const query::NumberTerm& term) { return inside(number_sql(term.field), term.interval); }

std::optional<Sql> Terms::source(const query::NumberTerm& term) {
  if (term.field != NumberField::scan_id) return std::nullopt;
  Sql out("SELECT x.run AS run FROM search_runs x WHERE ");
  out += inside("x.scan_id", term.interval);
  return out;
}

Sql Terms::test(const query::TimeTerm& term) { return inside("r.time_start", term.interval); }

std::optional<Sql> Terms::source(const query::TimeTerm& term) {
  Sql out("SELECT x.run AS run FROM search_runs x WHERE ");
  out += inside("x.time_start", term.interval);
  return out;
}

Sql Terms::test(const query::PathTerm& term) {
  const auto paths = paths_of(term.path);
  std::vector<Sql> any;
  for (const auto& [unit, interval] : scaled(term)) {
    auto part = overlaps(interval);
    if (unit) part += Sql(" AND v.unit = ?", *unit);
    any.push_back(std::move(part));
  }
  if (term.pattern) any.push_back(fits(*term.pattern));
  if (paths.some.empty() || any.empty()) return Sql(kNever);
  Sql out("EXISTS (SELECT 1 FROM search_values v WHERE v.run = r.run AND ");
  out += in_list("v.path", paths);
  out += " AND (";
  out += joined(any, " OR ");
  out += "))";
  return out;
}

std::optional<Sql> Terms::source(const query::PathTerm& term) {
  const auto paths = paths_of(term.path);
  std::vector<Sql> parts;
  for (const auto& [unit, interval] : scaled(term))
    for (auto& part : interval_sources(paths, unit, interval)) parts.push_back(std::move(part));
  if (term.pattern) parts.push_back(pattern_source(paths, *term.pattern));
  if (parts.empty()) return Sql("SELECT 0 AS run WHERE 0");
  return union_of(parts);
}

Sql Terms::test(const query::PathExistsTerm& term) {
  const auto paths = paths_of(term.path);
  if (paths.some.empty()) return Sql(kNever);
  Sql out("EXISTS (SELECT 1 FROM search_values v WHERE v.run = r.run AND ");
  out += in_list("v.path", paths);
  out += ")";
  return out;
}

std::optional<Sql> Terms::source(const query::PathExistsTerm& term) { return from_values(paths_of(term.path), {}); }

Sql Terms::test(const query::HasTerm& term) {
  switch (term.thing) {
    case query::Thing::note:
      return Sql("r.num_notes > 0");
    case query::Thing::tag:
      return Sql("EXISTS (SELECT 1 FROM search_tags t WHERE t.run = r.run)");
    case query::Thing::sample:
      return Sql("r.sample IS NOT NULL");
    case query::Thing::operator_name:
      return Sql("r.operator IS NOT NULL");
    case query::Thing::frames:
      break;
  }
  return Sql("r.num_frames > 0");
}

std::optional<Sql> Terms::source(const query::HasTerm&) { return std::nullopt; }

Sql Terms::test(const query::UidTerm& term) {
  Sql out("r.uid >= ?", term.prefix);
  if (const auto end = behind(term.prefix); !end.empty()) out += Sql(" AND r.uid < ?", end);
  return out;
}

std::optional<Sql> Terms::source(const query::UidTerm& term) {
  Sql out("SELECT x.run AS run FROM search_runs x WHERE x.uid >= ?", term.prefix);
  if (const auto end = behind(term.prefix); !end.empty()) out += Sql(" AND x.uid < ?", end);
  return out;
}

std::string Terms::match(const query::WordsTerm& term) {
  std::string out = term.notes_only ? "notes : \"" : "\"";
  for (const char c : term.text) {
    if (c == '\0') continue;
    out += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  out += term.prefix ? "\" *" : "\"";
  return out;
}

Sql Terms::test(const query::WordsTerm& term, bool listed) {
  if (listed) {
    Sql out("r.run IN (SELECT rowid FROM search_text WHERE search_text MATCH ?", match(term));
    out += ")";
    return out;
  }
  Sql out("EXISTS (SELECT 1 FROM search_text WHERE search_text MATCH ?", match(term));
  out += " AND rowid = r.run)";
  return out;
}

std::optional<Sql> Terms::source(const query::WordsTerm& term) {
  return Sql("SELECT rowid AS run FROM search_text WHERE search_text MATCH ?", match(term));
}

}  // namespace resonance::index
