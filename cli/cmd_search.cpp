/// `resonance search`: runs of all beamtimes of a data root, from the master index alone.
#include <fmt/format.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "text_layout.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path root;
  std::vector<std::string> words;
  std::string sort = "-time_start", format = "table";
  std::uint64_t limit = 50;
  std::string cursor;
  std::vector<std::string> facets;
  bool count = false, facet = false;
  std::optional<std::string> zone;
};

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void print_csv(Session& session, const std::vector<FoundRun>& runs) {
  bool head = true;
  for (const auto& run : runs) {
    const auto line = wire::to_json(run);
    std::string names, values;
    for (const auto& [name, value] : line.as_object()) {
      names += (names.empty() ? "" : ",") + name;
      std::string text = value.is_null() ? "" : value.is_string() ? value.as_string() : value.is_array() ? "" : value.dump();
      if (value.is_array())
        for (const auto& item : value.as_array()) text += (text.empty() ? "" : ";") + item.as_string();
      values += (&value == &line.as_object().front().second ? "" : ",") + csv_cell(text);
    }
    if (head) session.out.write(names + "\n");
    head = false;
    session.out.write(values + "\n");
  }
}

int print_facets(Session& session, const MasterIndex& index, const Options& options) {
  const auto facets =
      index.facets({.query = query_of(options.words), .names = options.facets, .limit = options.limit, .zone = options.zone});
  if (session.json) {
    Json out = Json::array();
    for (const auto& facet : facets) out.push_back(wire::to_json(facet));
    session.print(out);
    return 0;
  }
  for (const auto& facet : facets) {
    if (facet.values.empty()) continue;
    session.out.write(facet.name + "\n");
    for (const auto& [value, count] : facet.values) session.out.write(fmt::format("{:>9}  {}\n", count, safe_text(value)));
    if (facet.num_values > facet.values.size())
      session.out.write(fmt::format("           and {} more\n", facet.num_values - facet.values.size()));
  }
  return 0;
}

int print_runs(Session& session, const MasterIndex& index, const Options& options) {
  SearchOptions search;
  search.query = query_of(options.words);
  search.sort = options.sort;
  search.limit = options.limit;
  search.cursor = options.cursor;
  search.zone = options.zone;
  const auto page = index.search(search);
  if (session.json || options.format == "json") {
    session.print(wire::to_json(page));
    return 0;
  }
  if (options.format == "csv") {
    print_csv(session, page.runs);
  } else if (!page.runs.empty()) {
    session.out.write(run_table(page.runs, true, [&index](const std::string& digits, const std::string& uid) {
      try {
        return index.run(digits).uid == uid;
      } catch (const Error&) {
        return false;  // they fit several
      }
    }));
  } else {
    session.say(fmt::format("{}: no run is like that", safe_text(options.root.string())));
  }
  if (!page.next.empty()) session.say(fmt::format("there are more: --limit, or the next page with --cursor {}", page.next));
  return 0;
}

int run(Session& session, const Options& options) {
  const MasterIndex index(options.root);
  if (options.facet || !options.facets.empty()) return print_facets(session, index, options);
  if (!options.count) return print_runs(session, index, options);
  const auto count = index.count(query_of(options.words));
  if (session.json)
    session.print(Json::object({{"count", count}}));
  else
    session.out.write(fmt::format("{}\n", count));
  return 0;
}

}  // namespace

void add_search(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"search", "Find runs of all beamtimes of a data root",
                                           "  resonance search /data/rsoxs plan:nexafs_scan 'sample:PS*' after:2026-03-01\n"
                                           "  resonance search /data/rsoxs 'energy>280eV metadata.edge=carbon -tag:bad'\n"
                                           "  resonance search /data/rsoxs 'polymer (annealed OR \"thin film\")' --sort rank\n"
                                           "  resonance search /data/rsoxs status:failed --facet\n"
                                           "  resonance search /data/rsoxs operator:jd --format csv > runs.csv\n\n"
                                           "Fields: plan sample formula serial operator status tag beamtime researcher uid\n"
                                           "scan_id events frames bytes duration after before on has note. Anything else is\n"
                                           "a path in the metadata or a data key: edge=carbon, energy:270..290. Bare words\n"
                                           "are looked for in all text. OR, NOT or -, ( ). More: docs/search.md\n"
                                           "Sorts: time_start, plan_name, sample, scan_id, num_events, num_frames, bytes,\n"
                                           "duration, rank; with - in front descending."},
                                          run);
  app.add_option("ROOT", options.root, "The data root")->required()->option_text(" ");
  app.add_option("QUERY", options.words, "What the runs are like; without it all of them")->option_text(" ");
  app.add_option("--sort", options.sort, "Order of the runs, see below (-time_start)")->option_text("NAME");
  whole_number(app.add_option("--limit", options.limit, "Runs of a page, values of a facet (50)")->option_text("N"));
  app.add_option("--cursor", options.cursor, "The page behind the one that gave this cursor")->option_text("TEXT");
  one_of(session, app.add_option("--format", options.format, "table (default), csv or json")->option_text("F"), {"table", "csv", "json"});
  app.add_flag("--count", options.count, "Only how many there are");
  app.add_flag("--facet", options.facet, "How often each plan, sample, status, day … occurs");
  app.add_option("--facets", options.facets, "The same for these alone: plan,sample")->delimiter(',')->option_text("NAMES");
  app.add_option("--zone", options.zone, "Time zone of dates in the query (the root's)")->option_text("ZONE");
}

}  // namespace resonance::cli
