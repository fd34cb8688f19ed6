/// `resonance ls`: the runs of a beamtime, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
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

RunQuery conditions_of(const Options& options) {
  RunQuery query;
  const double now = current_time();
  if (options.since) query.since = parse_time(*options.since, now);
  if (options.until) query.until = parse_time(*options.until, now);
  query.plan = options.plan;
  query.sample = options.sample;
  query.status = options.status;
  query.tag = options.tag;
  query.limit = options.limit;
  return query;
}

bool names_run(const Catalog& catalog, const std::string& digits, const std::string& uid) {
  try {
    return catalog.run(digits).uid() == uid;
  } catch (const Error&) {
    return false;  // they fit several
  }
}

/// The options as terms of a query.
std::string option_terms(const Options& options) {
  std::string out;
  const auto add = [&out](std::string_view field, const std::optional<std::string>& text) {
    if (text) out += query_term(field, *text) + " ";
  };
  const auto time = [&out](const char* field, const std::optional<std::string>& text) {
    if (text) out += query_term(field, utc_text(parse_time(*text, current_time()))) + " ";
  };
  add("plan", options.plan);
  add("sample", options.sample);
  add("status", options.status);
  add("tag", options.tag);
  time("after", options.since);
  time("before", options.until);
  return out;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void refuse_empty(const Options& options) {
  const std::pair<const char*, const std::optional<std::string>&> given[] = {{"--since", options.since},   {"--until", options.until},
                                                                             {"--plan", options.plan},     {"--sample", options.sample},
                                                                             {"--status", options.status}, {"--tag", options.tag}};
  for (const auto& [name, value] : given)
    if (value && is_blank(*value)) throw Error(ErrorCode::invalid_argument, fmt::format("{}: its value is empty", name));
}

/// Every page until the limit is reached, newest first.
template <class Ask>
std::vector<FoundRun> pages(const Options& options, std::uint64_t limit, std::string& next, Ask&& ask) {
  SearchOptions search;
  search.query = query_of(options.query);
  if (const auto terms = option_terms(options); !terms.empty() && !is_blank(search.query)) {
    search.limit = 1;
    (void)ask(search);  // by itself, so that a message names the column where the user sees it
    search.query = fmt::format("({}) {}", search.query, terms);
  } else if (!terms.empty()) {
    search.query = terms;
  }
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

int print_found(Session& session, const Options& options, const std::vector<FoundRun>& runs, bool with_beamtime,
                const std::function<bool(const std::string&, const std::string&)>& names) {
  if (session.json) {
    Json list = Json::array();
    for (const FoundRun& run : runs)
      list.push_back(with_beamtime ? wire::to_json(run) : wire::to_json(static_cast<const RunSummary&>(run)));
    session.print(list);
  } else if (runs.empty()) {
    session.say(fmt::format("{}: no run is like that", safe_text(options.path.string())));
  } else {
    session.out.write(run_table(runs, with_beamtime, names));
  }
  return 0;
}

constexpr std::uint64_t kRunsOfRoot = 50;  // a root may hold a million

int list_root(Session& session, const Options& options) {
  const MasterIndex index(options.path);
  std::string next;
  const auto runs =
      pages(options, options.limit.value_or(kRunsOfRoot), next, [&index](const SearchOptions& search) { return index.search(search); });
  print_found(session, options, runs, true, [&index](const std::string& digits, const std::string& uid) {
    try {
      return index.run(digits).uid == uid;
    } catch (const Error&) {
      return false;
    }
  });
  if (!next.empty() && !options.limit) session.say(fmt::format("the newest {}; more with --limit", kRunsOfRoot));
  return 0;
}

int list_matching(Session& session, const Options& options) {
  const Catalog catalog(options.path);
  std::string next;
  const auto runs = pages(options, options.limit.value_or(UINT64_MAX), next, [&catalog](SearchOptions search) {
    search.zone = local_zone();
    return resonance::search(catalog, search);
  });
  return print_found(session, options, runs, false,
                     [&catalog](const std::string& digits, const std::string& uid) { return names_run(catalog, digits, uid); });
}

void print_table(Session& session, const Catalog& catalog, const std::vector<RunSummary>& runs) {
  std::vector<FoundRun> found;
  for (const auto& run : runs) {
    found.emplace_back();
    static_cast<RunSummary&>(found.back()) = run.exit_status ? run : as_shown(catalog.run(run.uid), run);
  }
  session.out.write(
      run_table(found, false, [&catalog](const std::string& digits, const std::string& uid) { return names_run(catalog, digits, uid); }));
}

int run(Session& session, const Options& options) {
  refuse_empty(options);
  use_clocks_of(options.path);
  if (is_data_root(options.path)) return list_root(session, options);
  require_beamtime(options.path);
  if (!options.query.empty()) return list_matching(session, options);
  const RunQuery query = conditions_of(options);
  const Catalog catalog(options.path);
  const std::vector<RunSummary> runs = catalog.find(query);
  if (session.json) {
    Json list = Json::array();
    for (const RunSummary& run : runs) list.push_back(wire::to_json(run));
    session.print(list);
  } else if (!runs.empty()) {
    print_table(session, catalog, runs);
  } else {
    const bool any = !catalog.recent(1).empty();
    session.say(fmt::format("{}: no {}", safe_text(options.path.string()), any ? "run meets these conditions" : "runs yet"));
  }
  return 0;
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
                                           "TIME is 2026-03-14, '2026-03-14 19:43', 2026-03-14T19:43:00Z, today, yesterday,\n"
                                           "or an age such as 90s, 30m, 2h, 3d, 1w. Without a zone it is that\n"
                                           "of the data root, or else local time."},
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
  app.add_option("--tag", options.tag, "With this tag")->option_text("TAG");
  whole_number(app.add_option("--limit", options.limit, "At most N runs")->option_text("N"));
}

}  // namespace resonance::cli
