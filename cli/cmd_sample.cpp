/// `resonance sample`: samples, and all runs of one, over all beamtimes of a data root or in one beamtime.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path path;
  std::optional<std::string> name;
};

std::string day(const std::optional<double>& time) { return time ? local_minute(*time).substr(0, 10) : ""; }

std::string list_table(const std::vector<IndexedSample>& samples, bool with_beamtimes) {
  std::vector<TextTable::Heading> headings = {
      {"sample", false, Cut::middle}, {"formula", false, Cut::middle}, {"serial", false, Cut::middle}, {"runs", true}};
  if (with_beamtimes) headings.push_back({"beamtimes", true});
  for (const char* name : {"first", "last"}) headings.push_back({name});
  TextTable table(std::move(headings));
  for (const auto& sample : samples) {
    std::vector<Cell> row = {sample.name, fmt::format("{}", fmt::join(sample.formulas, ", ")),
                             fmt::format("{}", fmt::join(sample.serials, ", ")), fmt::to_string(sample.num_runs)};
    if (with_beamtimes) row.emplace_back(fmt::to_string(sample.num_beamtimes));
    row.emplace_back(day(sample.first_start));
    row.emplace_back(day(sample.last_start));
    table.add(std::move(row));
  }
  return table.render(line_width(), colours_wanted());
}

/// All pages of what a search finds.
template <class Ask>
std::vector<FoundRun> all_runs(const std::string& name, Ask&& ask) {
  SearchOptions options;
  options.query = query_term("sample", name);
  options.limit = 1000;
  std::vector<FoundRun> out;
  for (;;) {
    auto page = ask(options);
    for (auto& run : page.runs) out.push_back(std::move(run));
    if (page.next.empty()) return out;
    options.cursor = page.next;
  }
}

int show(Session& session, const std::vector<IndexedSample>& samples, const std::vector<FoundRun>& runs, bool with_beamtime,
         const std::function<bool(const std::string&, const std::string&)>& names_run) {
  if (session.json) {
    Json list = Json::array();
    for (const auto& sample : samples) list.push_back(wire::to_json(sample));
    Json found = Json::array();
    for (const auto& run : runs) found.push_back(wire::to_json(run));
    session.print(Json::object({{"samples", std::move(list)}, {"runs", std::move(found)}}));
    return 0;
  }
  for (const auto& sample : samples) {
    session.out.write(safe_text(sample.name) + "\n");
    const auto line = [&](const char* name, const std::vector<std::string>& texts) {
      if (!texts.empty()) session.out.write(fmt::format("  {:<9} {}\n", name, safe_text(fmt::format("{}", fmt::join(texts, ", ")))));
    };
    line("formula", sample.formulas);
    line("serial", sample.serials);
    line("tags", sample.tags);
    session.out.write(fmt::format("  {:<9} {}\n", "runs", sample.num_runs));
  }
  if (!runs.empty()) session.out.write("\n" + run_table(runs, with_beamtime, names_run));
  return 0;
}

int of_root(Session& session, const Options& options) {
  const MasterIndex index(options.path);
  const auto samples = index.samples(options.name.value_or("*"));
  if (!options.name) {
    if (session.json) {
      Json list = Json::array();
      for (const auto& sample : samples) list.push_back(wire::to_json(sample));
      session.print(list);
    } else {
      session.out.write(list_table(samples, true));
    }
    return 0;
  }
  if (samples.empty())
    throw Error(ErrorCode::not_found, fmt::format("no run has a sample '{}'; 'resonance sample {}' lists all", safe_text(*options.name),
                                                  safe_text(options.path.string())));
  const auto runs = all_runs(*options.name, [&index](const SearchOptions& search) { return index.search(search); });
  return show(session, samples, runs, true, [&index](const std::string& digits, const std::string& uid) {
    try {
      return index.run(digits).uid == uid;
    } catch (const Error&) {
      return false;
    }
  });
}

/// The samples that these runs have.
std::vector<IndexedSample> samples_of(const Catalog& catalog, const std::vector<FoundRun>& runs) {
  std::vector<IndexedSample> out;
  for (const auto& run : runs) {
    if (!run.sample) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const auto& sample) { return sample.name == *run.sample; });
    if (at == out.end()) {
      IndexedSample sample{*run.sample, {}, {}, {}, 0, 1, {}, {}};
      if (const auto details = catalog.run(run.uid).sample()) {
        if (details->formula) sample.formulas = {*details->formula};
        if (details->serial) sample.serials = {*details->serial};
        sample.tags = details->tags;
      }
      at = out.insert(std::upper_bound(out.begin(), out.end(), sample, [](const auto& a, const auto& b) { return a.name < b.name; }),
                      sample);
    }
    ++at->num_runs;
    at->first_start = std::min(at->first_start.value_or(run.time_start), run.time_start);
    at->last_start = std::max(at->last_start.value_or(run.time_start), run.time_start);
  }
  return out;
}

int of_beamtime(Session& session, const Options& options) {
  require_beamtime(options.path);
  const Catalog catalog(options.path);
  const auto runs = all_runs(options.name.value_or("*"), [&catalog](const SearchOptions& page) { return search(catalog, page); });
  const auto samples = samples_of(catalog, runs);
  if (options.name && samples.empty())
    throw Error(ErrorCode::not_found, fmt::format("no run has a sample '{}'; 'resonance sample {}' lists all", safe_text(*options.name),
                                                  safe_text(options.path.string())));
  if (options.name)
    return show(session, samples, runs, false, [&catalog](const std::string& digits, const std::string& uid) {
      try {
        return catalog.run(digits).uid() == uid;
      } catch (const Error&) {
        return false;
      }
    });
  if (session.json) {
    Json list = Json::array();
    for (const auto& sample : samples) list.push_back(wire::to_json(sample));
    session.print(list);
  } else {
    session.out.write(list_table(samples, false));
  }
  return 0;
}

int run(Session& session, const Options& options) {
  use_clocks_of(options.path);
  return is_data_root(options.path) ? of_root(session, options) : of_beamtime(session, options);
}

}  // namespace

void add_sample(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"sample", "List samples, or show one with all its runs",
                                           "  resonance sample /data/rsoxs\n"
                                           "  resonance sample /data/rsoxs 'PS*'\n"
                                           "  resonance sample znpc.db ZnPc\n\n"
                                           "* and ? are wildcards; upper and lower case are the same."},
                                          run);
  app.add_option("ROOT|X.db", options.path, "A data root, or one beamtime")->required()->option_text(" ");
  app.add_option("NAME", options.name, "Show these samples with their runs")->option_text(" ");
}

}  // namespace resonance::cli
