/// How often each value occurs among the runs of a query.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "base/fold_case.hpp"
#include "index/counts.hpp"
#include "index/run_record.hpp"
#include "index/search.hpp"
#include "index/selection.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

namespace {

struct FacetColumn {
  std::string_view name;
  const char* column;
  const char* names;  ///< SELECT of the name of an id; nullptr: a day
};

constexpr const char* kNameOf = "SELECT name FROM search_names WHERE id = ?";
constexpr std::array kFacets = {
    FacetColumn{"plan", "r.plan", kNameOf},
    FacetColumn{"sample", "r.sample", kNameOf},
    FacetColumn{"operator", "r.operator", kNameOf},
    FacetColumn{"status", "r.status", kNameOf},
    FacetColumn{"day", "r.day", nullptr},
    FacetColumn{"researcher", "r.beamtime_id", "SELECT name FROM researchers WHERE id = ?"},  // see researchers_of()
    FacetColumn{"beamtime", "r.beamtime_id", "SELECT label FROM beamtimes WHERE id = ?"},
};
constexpr std::string_view kTag = "tag";
constexpr std::string_view kResearcher = "researcher";

/// A beamtime is one researcher's.
Counts researchers_of(sqlite::Connection& connection, const Counts& beamtimes) {
  Counts out;
  auto owner = connection.prepare("SELECT researcher_id FROM beamtimes WHERE id = ?");
  for (const auto& [id, count] : beamtimes.all()) {
    const sqlite::Reset reset(owner);
    owner.bind(1, id);
    if (owner.step()) out.add(owner.int64(0), count);
  }
  return out;
}

std::string day_text(std::int64_t day) {
  using namespace std::chrono;
  const year_month_day date{sys_days(days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string name_of(sqlite::Connection& connection, const char* names, std::int64_t id) {
  if (names == nullptr) return day_text(id);
  auto select = connection.prepare(names);
  select.bind(1, id);
  return select.step() ? select.string(0) : fmt::to_string(id);
}

/// The most frequent values, those that are equally frequent by name; days from the newest.
Facet facet_of(sqlite::Connection& connection, std::string_view name, const char* names, const Counts& counts, std::uint64_t limit) {
  auto sorted = counts.all();
  const bool day = names == nullptr;
  if (!day) std::erase_if(sorted, [](const auto& value) { return value.first == 0; });  // what SQLite makes of NULL; ids begin at 1
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(limit, sorted.size()));
  std::partial_sort(sorted.begin(), middle, sorted.end(), [&](const auto& a, const auto& b) {
    if (day) return a.first > b.first;
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  Facet out{std::string(name), {}, sorted.size()};
  sorted.erase(middle, sorted.end());
  for (const auto& [id, count] : sorted) out.values.emplace_back(name_of(connection, names, id), count);
  if (!day)
    std::stable_sort(out.values.begin(), out.values.end(),
                     [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  return out;
}

std::vector<std::string> require_names(const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const auto& facet : kFacets) known.emplace_back(facet.name);
  known.emplace_back(kTag);
  if (wanted.empty()) return known;
  for (const auto& name : wanted)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(ErrorCode::invalid_argument, fmt::format("there is no facet '{}', but {}", name, fmt::join(known, ", ")));
  return wanted;
}

/// nullptr: tags, which stand in another table.
const FacetColumn* facet_column(std::string_view name) {
  const auto at = std::find_if(kFacets.begin(), kFacets.end(), [&](const auto& facet) { return facet.name == name; });
  return at == kFacets.end() ? nullptr : &*at;
}

/// Once over the runs, counted here: SQLite would sort them for each GROUP BY. \return them, when they are wanted
std::vector<std::int64_t> count_columns(sqlite::Connection& connection, const Selection& selection,
                                        std::map<std::string_view, Counts>& counts, bool with_runs) {
  Sql sql("SELECT r.run");
  std::vector<Counts*> lists;
  for (auto& [column, list] : counts) {
    sql += ", ";
    sql += column;
    lists.push_back(&list);
  }
  sql += " ";
  sql += selection.from;
  if (!selection.where.text.empty()) {
    sql += " WHERE ";
    sql += selection.where;
  }
  std::vector<std::int64_t> runs;
  auto rows = sql.prepare(connection);
  while (rows.step()) {
    if (with_runs) runs.push_back(rows.int64(0));
    int at = 0;
    for (auto* list : lists) list->add(rows.int64(++at));
  }
  return runs;
}

}  // namespace

/// Of a large part of all runs the tags are read in one go; of few, run by run.
Counts Search::tags_of(std::vector<std::int64_t> runs) {
  Counts out;
  const auto total = static_cast<std::uint64_t>(connection_.query_int("SELECT max(run) FROM search_runs"));
  if (runs.size() * 20 >= total) {
    std::sort(runs.begin(), runs.end());
    auto at = runs.begin();
    auto rows = connection_.prepare("SELECT run, tag FROM search_tags ORDER BY run");
    while (rows.step()) {
      const auto run = rows.int64(0);
      while (at != runs.end() && *at < run) ++at;
      if (at == runs.end()) break;
      if (*at == run) out.add(rows.int64(1));
    }
    return out;
  }
  auto rows = connection_.prepare("SELECT tag FROM search_tags WHERE run = ?");
  for (const auto run : runs) {
    rows.bind(1, run);
    while (rows.step()) out.add(rows.int64(0));
    rows.reset();
  }
  return out;
}

std::vector<Facet> Search::facets(const FacetOptions& options) {
  const auto wanted = require_names(options.names);
  const auto query = parse(options.query, options.zone, options.now);
  sqlite::ReadTransaction snapshot(connection_);
  const auto selection = Selector(connection_, limits_).select(query, Purpose::facets);

  std::map<std::string_view, Counts> counts;  // by column
  bool with_tags = false;
  for (const auto& name : wanted)
    if (const auto* facet = facet_column(name); facet != nullptr)
      counts[facet->column];
    else
      with_tags = true;
  auto runs = count_columns(connection_, selection, counts, with_tags);

  std::vector<Facet> out;
  for (const auto& name : wanted) {
    const auto* facet = facet_column(name);
    if (facet == nullptr) {
      out.push_back(facet_of(connection_, kTag, kNameOf, tags_of(std::move(runs)), options.limit));
      continue;
    }
    const auto& counted = counts[facet->column];
    out.push_back(
        facet_of(connection_, name, facet->names, name == kResearcher ? researchers_of(connection_, counted) : counted, options.limit));
  }
  return out;
}

std::vector<IndexedSample> Search::samples(std::string_view pattern) {
  std::string glob;
  for (const char c : fold_case(pattern)) glob += c == '[' ? std::string("[[]") : std::string(1, c);
  sqlite::ReadTransaction snapshot(connection_);
  auto names = connection_.prepare(
      "SELECT n.id, n.name, count(r.run), count(DISTINCT r.beamtime_id), min(r.time_start), max(r.time_start) FROM search_names n JOIN "
      "search_runs r ON r.sample = n.id WHERE n.kind = 'sample' AND n.folded GLOB ? GROUP BY n.id ORDER BY n.folded, n.name");
  names.bind(1, glob);
  auto details = connection_.prepare(
      "SELECT DISTINCT formula, serial, tags FROM search_samples WHERE name = ? AND id IN (SELECT sample_row FROM search_runs WHERE sample "
      "= ?)");
  std::vector<IndexedSample> out;
  while (names.step()) {
    IndexedSample sample{names.string(1), {}, {}, {}, names.count(2), names.count(3), names.optional_real(4), names.optional_real(5)};
    const sqlite::Reset reset(details);
    details.bind_all(sample.name, names.int64(0));
    const auto add = [](std::vector<std::string>& list, std::string text) {
      if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
        list.insert(std::upper_bound(list.begin(), list.end(), text), text);
    };
    while (details.step()) {
      add(sample.formulas, details.string(0));
      add(sample.serials, details.string(1));
      for (auto& tag : tags_in(details.text(2))) add(sample.tags, std::move(tag));
    }
    out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace resonance::index
