#include "index/sort_order.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "resonance/error.hpp"

namespace resonance::index {

namespace {

struct Column {
  std::string_view name;
  const char* expression;
  const char* join;
};

constexpr std::array kColumns = {
    Column{"time_start", "r.time_start", ""},
    Column{"plan_name", "n.folded", " LEFT JOIN search_names n ON n.id = r.plan"},
    Column{"sample", "n.folded", " LEFT JOIN search_names n ON n.id = r.sample"},
    Column{"scan_id", "r.scan_id", ""},
    Column{"num_events", "r.num_events", ""},
    Column{"num_frames", "r.num_frames", ""},
    Column{"bytes", "r.bytes", ""},
    Column{"duration", "(r.time_stop - r.time_start)", ""},
};

std::string_view without_sign(std::string_view name) { return name.starts_with('-') ? name.substr(1) : name; }

}  // namespace

bool sorts_by_time(std::string_view name) { return without_sign(name) == "time_start"; }

SortOrder SortOrder::parse(std::string_view name, const std::string& ranked_words) {
  SortOrder out;
  out.descending = name.starts_with('-');
  out.by_time = sorts_by_time(name);
  const auto plain = without_sign(name);
  if (plain == "rank") {
    if (ranked_words.empty())
      throw Error(
          ErrorCode::invalid_argument,
          "runs are ranked by the words of a query, and this one has none outside of parentheses; add a word, or sort by -time_start");
    out.expression = "f.rank";  // bm25: the less, the better
    out.from = Sql("FROM (SELECT rowid AS run, rank FROM search_text WHERE search_text MATCH ?", ranked_words);
    out.from += ") f CROSS JOIN search_runs r ON r.run = f.run";
    return out;
  }
  const auto column = std::find_if(kColumns.begin(), kColumns.end(), [&](const auto& c) { return c.name == plain; });
  if (column == kColumns.end()) {
    std::vector<std::string_view> names;
    for (const auto& known : kColumns) names.push_back(known.name);
    throw Error(ErrorCode::invalid_argument, fmt::format("runs cannot be sorted by '{}', but by {}, and rank; with '-' in front descending",
                                                         name, fmt::join(names, ", ")));
  }
  out.expression = column->expression;
  out.join = Sql(column->join);
  return out;
}

std::string SortOrder::clause() const {
  const char* direction = descending ? "DESC" : "ASC";
  if (by_time) return fmt::format(" ORDER BY r.time_start {0}, r.run {0}", direction);
  return fmt::format(" ORDER BY {0} IS NULL, {0} {1}, r.run {1}", expression, direction);
}

Sql SortOrder::behind(const Cursor& cursor, std::int64_t run) const {
  const char* beyond = descending ? "<" : ">";
  if (!cursor.value) {
    Sql out(fmt::format("{} IS NULL", expression));
    out += Sql(fmt::format(" AND r.run {} ?", beyond), run);
    return out;
  }
  // A row value lets an SQL index be entered at this place.
  Sql out(fmt::format("({}, r.run) {} (?", expression, beyond), *cursor.value);
  out += Sql(", ?", run);
  out += ")";
  if (by_time) return out;
  Sql with_null("(");
  with_null += out;
  with_null += fmt::format(" OR {} IS NULL)", expression);
  return with_null;
}

}  // namespace resonance::index
