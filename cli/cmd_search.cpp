/// `resonance search`: runs of all beamtimes of a data root, from the master index alone.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "search_csv.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
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

bool as_json(const Session& session, const Options& options) { return session.json || options.format == "json"; }

Explanation explained(const MasterIndex& index, const Options& options) {
  SearchOptions search;
  search.query = query_of(options.words);
  search.zone = options.zone;
  return index.explain(search);
}

void tell_nothing_found(Session& session, const MasterIndex& index, const Options& options) {
  if (session.quiet) return;
  const bool is_empty = index.count("") == 0;
  session.say(fmt::format("{}: {}", safe_text(options.root.string()), is_empty ? "no runs yet" : "no run is like that"));
  if (!is_empty) tell_how_read(session, explained(index, options));
}

int print_facets(Session& session, const MasterIndex& index, const Options& options) {
  const auto facets =
      index.facets({.query = query_of(options.words), .names = options.facets, .limit = options.limit, .zone = options.zone});
  if (as_json(session, options)) {
    Json out = Json::array();
    for (const auto& facet : facets) out.push_back(wire::to_json(facet));
    session.print(out);
    return 0;
  }
  if (options.format == "csv") {
    session.out.write(csv_of(facets));
    return 0;
  }
  if (std::ranges::all_of(facets, [](const Facet& facet) { return facet.values.empty(); })) tell_nothing_found(session, index, options);
  for (const auto& facet : facets) {
    if (facet.values.empty()) continue;
    session.out.write(facet.name + "\n");
    for (const auto& [value, count] : facet.values) session.out.write(fmt::format("{:>9}  {}\n", count, safe_text(value)));
    if (facet.num_values > facet.values.size())
      session.out.write(fmt::format("           and {} more\n", facet.num_values - facet.values.size()));
  }
  return 0;
}

SearchPage find(const MasterIndex& index, const SearchOptions& search) {
  try {
    return index.search(search);
  } catch (const Error& error) {
    if (search.cursor.empty() || std::string_view(error.what()).find("no cursor") == std::string_view::npos) throw;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("--cursor '{}' is no cursor of this search; take it from the page before, with the same query and --sort",
                            fitted(safe_text(search.cursor), 40)));
  }
}

/// The cursor is for programs; nobody reads it off a screen.
std::string more_text(const std::string& cursor) {
  if (::isatty(STDERR_FILENO)) return "there are more: --limit N shows N; --json gives a cursor for the next page";
  return "there are more: --limit, or the next page with --cursor " + cursor;
}

int print_runs(Session& session, const MasterIndex& index, const Options& options) {
  SearchOptions search;
  search.query = query_of(options.words);
  search.sort = options.sort;
  search.limit = options.limit;
  search.cursor = options.cursor;
  search.zone = options.zone;
  const auto page = find(index, search);
  const bool nothing = page.runs.empty() && options.cursor.empty();
  if (as_json(session, options)) {
    auto out = wire::to_json(page);
    if (nothing && !is_blank(search.query)) out.set("explanation", wire::to_json(explained(index, options)));
    session.print(out);
    return 0;
  }
  if (options.format == "csv") {
    session.out.write(csv_of(page.runs));
    if (nothing) tell_nothing_found(session, index, options);
  } else if (!page.runs.empty()) {
    session.out.write(run_table(page.runs, true, [&index](const std::string& digits, const std::string& uid) {
      try {
        return index.run(digits).uid == uid;
      } catch (const Error&) {
        return false;  // they fit several
      }
    }));
  } else if (nothing) {
    tell_nothing_found(session, index, options);
  }
  tell_odd_times(session, page.runs);
  if (!page.next.empty()) session.say(more_text(page.next));
  return 0;
}

int print_count(Session& session, const MasterIndex& index, const Options& options) {
  const auto count = index.count({.query = query_of(options.words), .zone = options.zone});
  if (!as_json(session, options)) {
    session.out.write(fmt::format("{}\n", count));
    if (count == 0) tell_nothing_found(session, index, options);
    return 0;
  }
  auto out = Json::object({{"count", count}});
  if (count == 0 && !is_blank(query_of(options.words))) out.set("explanation", wire::to_json(explained(index, options)));
  session.print(out);
  return 0;
}

int run(Session& session, const Options& options) {
  const bool facets = options.facet || !options.facets.empty();
  if (facets && options.count)
    throw Error(ErrorCode::invalid_argument, "--count is one number, and facets have one for each value; give one of them");
  if (options.root.empty()) throw Error(ErrorCode::invalid_argument, "the name of the data root is empty");
  const MasterIndex index(options.root);
  use_clocks_of(options.root);
  if (options.zone) use_clocks(*options.zone);
  if (facets) return print_facets(session, index, options);
  return options.count ? print_count(session, index, options) : print_runs(session, index, options);
}

}  // namespace

void add_search(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"search", "Find runs of all beamtimes of a data root",
                                           "  resonance search /data/rsoxs plan:nexafs_scan 'sample:PS*' after:2026-03-01\n"
                                           "  resonance search /data/rsoxs 'energy>280eV metadata.edge=carbon -tag:bad'\n"
                                           "  resonance search /data/rsoxs 'polymer (annealed OR \"thin film\")' --sort rank\n"
                                           "  resonance search /data/rsoxs --facets plan,sample status:failed\n"
                                           "  resonance search /data/rsoxs -- -has:note\n"
                                           "  resonance search /data/rsoxs operator:jd --format csv > runs.csv\n\n"
                                           "Fields: plan sample formula serial operator status tag beamtime researcher uid\n"
                                           "scan_id events frames bytes duration after before on has note. Anything else is\n"
                                           "a path in the metadata or a data key: edge=carbon, energy:270..290. Bare words\n"
                                           "are looked for in all text. OR, NOT or -, ( ). More: docs/search.md\n"
                                           "When nothing is found, it is said how the query was read.\n"
                                           "A word that begins with one - and is no option belongs to the query; behind --\n"
                                           "every word does.\n"
                                           "Sorts: time_start, plan_name, sample, scan_id, num_events, num_frames, bytes,\n"
                                           "duration, rank; with - in front descending."},
                                          run);
  app.add_option("ROOT", options.root, "The data root")->required()->option_text(" ");
  session.asking.insert(&app);
  app.add_option("QUERY", options.words, "What the runs are like; without it all of them")->option_text(" ");
  app.add_option("--sort", options.sort, "Order of the runs, see below (-time_start)")->option_text("NAME");
  whole_number(app.add_option("--limit", options.limit, "Runs of a page, values of a facet (50)")->option_text("N"));
  app.add_option("--cursor", options.cursor, "The page behind the one that gave this cursor")->option_text("TEXT");
  one_of(session, app.add_option("--format", options.format, "table (default), csv or json")->option_text("F"), {"table", "csv", "json"});
  app.add_flag("--count", options.count, "Only how many there are");
  app.add_flag("--facet", options.facet, "How often each plan, sample, status, day … occurs");
  app.add_option("--facets", options.facets, "The same for these alone: plan,sample")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("NAMES");
  app.add_option("--zone", options.zone, "Time zone of dates, read and shown (the root's)")->option_text("ZONE");
}

}  // namespace resonance::cli
