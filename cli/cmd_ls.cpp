/// `resonance ls`: the runs of a beamtime, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "run_reference.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path path;
  std::vector<std::string> query;
  std::optional<std::string> since, until, plan, sample, status, tag;
  std::optional<std::uint64_t> limit;
};

bool names_run(const Catalog& catalog, const std::string& digits, const std::string& uid) {
  try {
    return catalog.run(digits).uid() == uid;
  } catch (const Error&) {
    return false;  // they fit several
  }
}

struct Condition {
  const char* option;
  const char* field;  ///< of the query language
  const std::optional<std::string>& text;
};

std::vector<Condition> conditions_of(const Options& options) {
  return {{"--plan", "plan", options.plan}, {"--sample", "sample", options.sample}, {"--status", "status", options.status},
          {"--tag", "tag", options.tag},    {"--since", "after", options.since},    {"--until", "before", options.until}};
}

/// The options as terms of a query: each is asked by itself, so that a message names the option.
template <class Ask>
std::string option_terms(const Options& options, Ask&& ask) {
  std::string out;
  for (const auto& [option, field, text] : conditions_of(options)) {
    if (!text) continue;
    if (is_blank(*text)) throw Error(ErrorCode::invalid_argument, fmt::format("{}: its value is empty", option));
    SearchOptions search;
    search.query = query_term(field, *text);
    search.limit = 1;
    try {
      (void)ask(search);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      const std::string_view said = error.what();  // "invalid_argument: column 7: expected …"
      throw Error(error.code(),
                  fmt::format("{} '{}': {}", option, safe_text(*text), said.substr(said.find(": ", said.find("column ")) + 2)));
    }
    out += (out.empty() ? "" : " ") + search.query;
  }
  return out;
}

/// That of the clocks which the command shows. Rules such as TZ=CET-1CEST have no name, and then a day is one of UTC.
std::optional<std::string> zone_of_query(Session& session) {
  const auto zone = local_zone();
  if (!zone && !local_iso(0).ends_with("+00:00")) session.say("the time zone here has no name: days and times in the query are UTC");
  return zone;
}

/// The query with the options. Each is asked by itself first, so that a message names the column where the user sees it.
template <class Ask>
std::string whole_query(const Options& options, Ask&& ask) {
  const auto terms = option_terms(options, ask);
  SearchOptions search;
  search.query = query_of(options.query);
  search.limit = 1;
  if (terms.empty() || is_blank(search.query)) return terms.empty() ? search.query : terms;
  (void)ask(search);
  return fmt::format("({}) {}", search.query, terms);
}

/// Every page until the limit is reached, newest first.
template <class Ask>
std::vector<FoundRun> pages(const std::string& query, std::uint64_t limit, std::string& next, Ask&& ask) {
  SearchOptions search;
  search.query = query;
  std::vector<FoundRun> out;
  do {
    search.limit = std::min<std::uint64_t>(limit - out.size(), 1000);
    if (search.limit == 0) break;
    auto page = ask(search);
    for (auto& run : page.runs) out.push_back(std::move(run));
    search.cursor = next = page.next;
  } while (!next.empty());
  return out;
}

template <class Explain>
void tell_nothing_found(Session& session, const Options& options, const std::string& query, bool is_empty, Explain&& explain) {
  const bool asks = !is_blank(query);
  const char* const found = options.query.empty() ? "no run meets these conditions" : "no run is like that";
  session.say(fmt::format("{}: {}", safe_text(options.path.string()), is_empty || !asks ? "no runs yet" : found));
  if (is_empty || !asks || session.quiet) return;
  SearchOptions search;
  search.query = query;
  tell_how_read(session, explain(search));
}

void print_json(Session& session, const std::vector<FoundRun>& runs, bool with_beamtime) {
  Json list = Json::array();
  for (const FoundRun& run : runs) list.push_back(with_beamtime ? wire::to_json(run) : wire::to_json(static_cast<const RunSummary&>(run)));
  session.print(list);
}

constexpr std::uint64_t kRunsOfRoot = 50;  // a root may hold a million

int list_root(Session& session, const Options& options) {
  const MasterIndex index(options.path);
  const auto ask = [&index](const SearchOptions& search) { return index.search(search); };
  const auto query = whole_query(options, ask);
  std::string next;
  const auto runs = pages(query, options.limit.value_or(kRunsOfRoot), next, ask);
  if (session.json) print_json(session, runs, true);
  if (!session.json && !runs.empty())
    session.out.write(run_table(runs, true, [&index](const std::string& digits, const std::string& uid) {
      try {
        return index.run(digits).uid == uid;
      } catch (const Error&) {
        return false;
      }
    }));
  if (runs.empty() && options.limit != 0)
    tell_nothing_found(session, options, query, index.count("") == 0,
                       [&index](const SearchOptions& search) { return index.explain(search); });
  if (!session.json) tell_odd_times(session, runs);
  if (!next.empty() && !options.limit) session.say(fmt::format("the newest {}; more with --limit", kRunsOfRoot));
  return 0;
}

/// Without conditions the database is asked itself, which is quicker for the newest few of many.
std::vector<FoundRun> newest(const Catalog& catalog, const Options& options) {
  RunQuery query;
  query.limit = options.limit;
  std::vector<FoundRun> out;
  for (auto& run : catalog.find(query)) static_cast<RunSummary&>(out.emplace_back()) = std::move(run);
  return out;
}

int list_beamtime(Session& session, const Options& options) {
  const Catalog catalog(options.path);
  warn_of_missing(session, catalog);
  const auto zone = zone_of_query(session);
  const auto ask = [&](SearchOptions search) {
    search.zone = zone;
    return resonance::search(catalog, search);
  };
  const auto query = whole_query(options, ask);
  std::string next;
  auto runs = is_blank(query) ? newest(catalog, options) : pages(query, options.limit.value_or(UINT64_MAX), next, ask);
  if (!is_blank(query))  // what is found has the tags of its sample, too; listed are those of the run, with and without a query
    for (auto& run : runs) static_cast<RunSummary&>(run) = catalog.run(run.uid).summary();
  if (session.json) print_json(session, runs, false);
  if (!session.json && !runs.empty()) {
    for (auto& run : runs)
      if (!run.exit_status) static_cast<RunSummary&>(run) = as_shown(catalog.run(run.uid), run);
    session.out.write(
        run_table(runs, false, [&catalog](const std::string& digits, const std::string& uid) { return names_run(catalog, digits, uid); }));
    tell_odd_times(session, runs);
  }
  if (runs.empty() && options.limit != 0)
    tell_nothing_found(session, options, query, catalog.recent(1).empty(), [&](SearchOptions search) {
      search.zone = zone;
      return resonance::explain(catalog, search);
    });
  return 0;
}

int run(Session& session, const Options& options) {
  use_clocks_of(options.path);
  if (is_data_root(options.path)) return list_root(session, options);
  require_beamtime(options.path);
  return list_beamtime(session, options);
}

}  // namespace

void add_ls(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"ls", "List the runs of a beamtime or a data root, newest first",
                                           "  resonance ls znpc.db\n"
                                           "  resonance ls znpc.db --since yesterday --sample 'PS*' --status success\n"
                                           "  resonance ls znpc.db 'energy>280 -tag:bad'\n"
                                           "  resonance ls znpc.db -- -tag:bad\n"
                                           "  resonance ls /data/rsoxs --since 2h --json\n\n"
                                           "QUERY is in the language of 'resonance search --help'; behind -- nothing is an\n"
                                           "option.\n"
                                           "Of a data root the newest 50 are listed.\n"
                                           "Options are terms of such a query: --plan X is plan:X, --since X is after:X.\n"
                                           "TIME is 2026-03-14, '2026-03-14 19:43', 2026-03-14T19:43:00Z, today, yesterday,\n"
                                           "friday, 'last week', or an age such as 90s, 30m, 2h, 3d, 1w. Without a zone it\n"
                                           "is that of the data root, or else local time."},
                                          run);
  app.add_option("X.db|ROOT", options.path, "The beamtime, or a data root")->required()->option_text(" ");
  session.asking.insert(&app);
  app.add_option("QUERY", options.query, "Only runs that are like this")->option_text(" ");
  app.add_option("--since", options.since, "Started at TIME or later")->option_text("TIME");
  app.add_option("--until", options.until, "Started before TIME")->option_text("TIME");
  app.add_option("--plan", options.plan, "Name of the plan; * and ? are wildcards")->option_text("NAME");
  app.add_option("--sample", options.sample, "Name of the sample; * and ? are wildcards")->option_text("NAME");
  one_of(session, app.add_option("--status", options.status, "How the run ended: success, aborted, failed, or open")->option_text("S"),
         {"success", "aborted", "failed", "open"});
  app.add_option("--tag", options.tag, "With this tag; * and ? are wildcards")->option_text("TAG");
  whole_number(app.add_option("--limit", options.limit, "At most N runs")->option_text("N"));
}

}  // namespace resonance::cli
