#include "index_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "resonance/error.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"

namespace resonance::cli {

std::shared_ptr<RunListener> listener_for(Session& session, const std::filesystem::path& database) {
  const auto root = find_data_root(database);
  if (root.empty()) return nullptr;
  return index_listener(root, [quiet = session.quiet](std::string_view text) {  // on a thread of its own
    if (!quiet) tell(fmt::format("resonance: {}\n", safe_text(text)));
  });
}

AnnotationOptions annotation_options(Session& session, const std::filesystem::path& database) {
  AnnotationOptions out;
  out.on_change = listener_for(session, database);
  return out;
}

bool is_data_root(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) && std::filesystem::exists(path / "index.db", ignored);
}

std::optional<std::string> zone_of_root(const std::filesystem::path& root_or_beamtime) {
  try {
    const auto root = is_data_root(root_or_beamtime) ? root_or_beamtime : find_data_root(root_or_beamtime);
    if (!root.empty()) return MasterIndex(root).zone();
  } catch (const Error&) {  // the index is broken; whoever needs it says so
  }
  return std::nullopt;
}

void use_clocks_of(const std::filesystem::path& root_or_beamtime) {
  if (const auto zone = zone_of_root(root_or_beamtime)) use_clocks(*zone);
}

namespace {

constexpr std::string_view kZones = "/usr/share/zoneinfo/";

/// What a link into the folder of zones is called there.
std::optional<std::string> zone_of_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto target = std::filesystem::weakly_canonical(file, error).string();
  const auto at = target.find("zoneinfo/");
  return error || at == std::string::npos ? std::nullopt : std::optional(target.substr(at + 9));
}

}  // namespace

std::optional<std::string> local_zone() {
  const char* set = std::getenv("TZ");
  std::string_view name = set == nullptr ? "" : set;
  if (name.starts_with(':')) name.remove_prefix(1);
  if (name.empty()) return zone_of_file("/etc/localtime");
  if (name.starts_with('/')) return zone_of_file(name);
  std::error_code ignored;  // a rule such as CET-1CEST has no name
  return std::filesystem::exists(std::string(kZones).append(name), ignored) ? std::optional(std::string(name)) : std::nullopt;
}

std::string query_term(std::string_view field, std::string_view text) {
  std::string out(field);
  out += ":\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string query_of(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

bool is_blank(std::string_view query) { return query.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void tell_how_read(Session& session, const Explanation& explanation) {
  if (explanation.read_as == "*") return;
  session.say(fmt::format("read as: {}", safe_text(explanation.read_as)));
  for (const auto& hint : explanation.hints) session.say(safe_text(hint));
}

void tell_odd_times(Session& session, const std::vector<FoundRun>& runs) {
  constexpr double kDay = 86400;
  const double latest = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() + kDay;
  const auto tell = [&](const auto& is_odd, std::string_view what, std::string_view what_of_several, std::string_view why) {
    const auto count = std::count_if(runs.begin(), runs.end(), is_odd);
    if (count == 0) return;
    const auto& first = *std::find_if(runs.begin(), runs.end(), is_odd);
    session.say(fmt::format("{} of these runs {} (run {}): {}", count, count == 1 ? what : what_of_several,
                            safe_text(first.uid.substr(0, 8)), why));
  };
  tell([&](const FoundRun& run) { return !(run.time_start <= latest); }, "begins in the future", "begin in the future",
       "a clock or a file is wrong; -1, -2, … count such runs behind all others");
  tell([&](const FoundRun& run) { return run.time_start == 0; }, "has no start that is a number", "have no start that is a number",
       "1970 stands for it; 'resonance verify' tells more");
}

std::vector<std::size_t> prefix_lengths(const std::vector<std::string>& uids,
                                        const std::function<bool(const std::string& digits, const std::string& uid)>& names_run) {
  std::vector<std::pair<std::string_view, std::size_t>> sorted;
  for (std::size_t i = 0; i < uids.size(); ++i) sorted.emplace_back(uids[i], i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> lengths(uids.size(), 8);
  for (std::size_t k = 0; k + 1 < sorted.size(); ++k) {
    const auto& [a, i] = sorted[k];
    const auto& [b, j] = sorted[k + 1];
    const auto common = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    lengths[i] = std::max(lengths[i], common + 1);
    lengths[j] = std::max(lengths[j], common + 1);
  }
  // Runs that are not listed may begin alike, and digits alone may be another run's scan_id.
  for (std::size_t i = 0; i < uids.size(); ++i)
    while (lengths[i] < uids[i].size() && !names_run(uids[i].substr(0, lengths[i]), uids[i])) ++lengths[i];
  return lengths;
}

std::string run_table(const std::vector<FoundRun>& runs, bool with_beamtime,
                      const std::function<bool(const std::string& digits, const std::string& uid)>& names_run) {
  std::vector<TextTable::Heading> headings = {
      {"uid"},          {"scan", true},   {"start"}, {"plan", false, Cut::middle}, {"sample", false, Cut::middle},
      {"events", true}, {"frames", true}, {"status"}};
  if (with_beamtime) headings.push_back({"beamtime", false, Cut::last});
  TextTable table(std::move(headings));
  std::vector<std::string> uids;
  for (const auto& run : runs) uids.push_back(run.uid);
  const auto lengths = prefix_lengths(uids, names_run);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& run = runs[i];
    // The index has counted an open run when it began.
    const bool counted = !with_beamtime || run.exit_status || run.time_stop;
    std::vector<Cell> row = {run.uid.substr(0, lengths[i]),
                             run.scan_id ? fmt::to_string(*run.scan_id) : "",
                             local_minute(run.time_start),
                             run.plan_name,
                             run.sample.value_or(""),
                             counted ? fmt::to_string(run.num_events) : "…",
                             counted ? fmt::to_string(run.num_frames) : "…",
                             status_cell(run)};
    if (with_beamtime) row.emplace_back(run.db_path);
    table.add(std::move(row));
  }
  return table.render(line_width(), colours_wanted());
}

}  // namespace resonance::cli
