/// `resonance ls`: the runs of a beamtime, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app.hpp"
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
  std::filesystem::path database;
  std::optional<std::string> since, until, plan, sample, status, tag;
  std::optional<std::uint64_t> limit;
};

RunQuery query_of(const Options& options) {
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

bool names_run(const Catalog& catalog, const std::string& prefix, const std::string& uid) {
  try {
    return catalog.run(prefix).uid() == uid;
  } catch (const Error&) {
    return false;  // it fits several
  }
}

/// How many digits of each uid are enough, eight at least, to name the run among all of the beamtime.
std::vector<std::size_t> prefix_lengths(const Catalog& catalog, const std::vector<RunSummary>& runs) {
  std::vector<std::pair<std::string_view, std::size_t>> sorted;
  for (std::size_t i = 0; i < runs.size(); ++i) sorted.emplace_back(runs[i].uid, i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> lengths(runs.size(), 8);
  for (std::size_t k = 0; k + 1 < sorted.size(); ++k) {
    const auto& [a, i] = sorted[k];
    const auto& [b, j] = sorted[k + 1];
    const auto common = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    lengths[i] = std::max(lengths[i], common + 1);
    lengths[j] = std::max(lengths[j], common + 1);
  }
  // Runs that are not listed may begin alike, and digits alone may be another run's scan_id.
  for (std::size_t i = 0; i < runs.size(); ++i)
    while (lengths[i] < runs[i].uid.size() && !names_run(catalog, runs[i].uid.substr(0, lengths[i]), runs[i].uid)) ++lengths[i];
  return lengths;
}

void print_table(Session& session, const Catalog& catalog, const std::vector<RunSummary>& runs) {
  TextTable table(
      {{"uid"}, {"scan", true}, {"start"}, {"plan", false, true}, {"sample", false, true}, {"events", true}, {"frames", true}, {"status"}});
  const std::vector<std::size_t> lengths = prefix_lengths(catalog, runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunSummary& run = runs[i];
    table.add({run.uid.substr(0, lengths[i]), run.scan_id ? fmt::to_string(*run.scan_id) : "", local_minute(run.time_start), run.plan_name,
               run.sample.value_or(""), fmt::to_string(run.num_events), fmt::to_string(run.num_frames), status_cell(run)});
  }
  session.out.write(table.render(line_width(), colours_wanted()));
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  const RunQuery query = query_of(options);
  const Catalog catalog(options.database);
  const std::vector<RunSummary> runs = catalog.find(query);
  if (session.json) {
    Json list = Json::array();
    for (const RunSummary& run : runs) list.push_back(wire::to_json(run));
    session.print(list);
  } else if (!runs.empty()) {
    print_table(session, catalog, runs);
  } else {
    const bool any = !catalog.recent(1).empty();
    session.say(fmt::format("{}: no {}", safe_text(options.database.string()), any ? "run meets these conditions" : "runs yet"));
  }
  return 0;
}

}  // namespace

void add_ls(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"ls", "List the runs of a beamtime, newest first",
                                           "  resonance ls znpc.db\n"
                                           "  resonance ls znpc.db --since yesterday --sample 'PS*' --status success\n"
                                           "  resonance ls znpc.db --since 2h --json\n\n"
                                           "TIME is 2026-03-14, '2026-03-14 19:43', 2026-03-14T19:43:00Z, today, yesterday,\n"
                                           "or an age such as 90s, 30m, 2h, 3d, 1w. Without a zone it is local time."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
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
