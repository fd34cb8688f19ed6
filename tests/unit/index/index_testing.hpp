/// A data root with beamtimes in it, for tests of the master index.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "resonance/beamtime.hpp"
#include "resonance/error.hpp"
#include "resonance/index.hpp"
#include "resonance/run_writer.hpp"
#include "sqlite/connection.hpp"
#include "support/fails.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::index_test {

namespace fs = std::filesystem;
using test::fails;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

inline constexpr double kNoon = 1'773'489'600;  // 2026-03-14 12:00:00 UTC

/// What a test says of a run; the rest is as in any run.
struct Given {
  std::string plan = "nexafs_scan";
  std::string sample = "PS";
  double start = kNoon;
  Json metadata = Json::object();
  std::vector<std::string> tags = {};
  std::optional<std::string> operator_name = {};
  std::optional<std::int64_t> scan_id = {};
  ExitStatus status = ExitStatus::success;
  std::vector<double> energies = {280, 285, 290};
};

inline RunOptions options_of(const Given& given) {
  RunOptions out;
  if (!given.sample.empty()) {
    out.sample.emplace();
    out.sample->name = given.sample;
  }
  out.metadata = given.metadata;
  out.tags = given.tags;
  out.operator_name = given.operator_name;
  out.scan_id = given.scan_id;
  out.time_start = given.start;
  return out;
}

/// \return uid
inline std::string record_run(RunWriter& writer, const Given& given) {
  const auto uid = writer.open_run(given.plan, options_of(given));
  writer.open_stream("primary", Json::object({{"energy", number_key("mono", "eV")}}));
  double time = given.start;
  for (const double energy : given.energies) {
    NewEvent event;
    event.data = Json::object({{"energy", energy}});
    event.time = ++time;
    writer.write_event("primary", event);
  }
  writer.close_run(given.status, "", given.start + 60);
  return uid;
}

class DataRoot : public testing::Test {
 protected:
  DataRoot() { init_data_root(root()); }

  [[nodiscard]] const fs::path& root() const { return folder_.path(); }
  /// Record runs into a beamtime below the root. \return their uids
  std::vector<std::string> record(std::string_view db_path, const std::vector<Given>& runs) {
    fs::create_directories((root() / db_path).parent_path());
    RunWriter writer(root() / db_path);
    std::vector<std::string> out;
    for (const auto& given : runs) out.push_back(record_run(writer, given));
    writer.close();
    return out;
  }
  [[nodiscard]] MasterIndex index() const { return MasterIndex(root()); }
  SyncReport sync() { return index().sync(); }

  static std::vector<std::string> uids(const SearchPage& page) {
    std::vector<std::string> out;
    for (const auto& run : page.runs) out.push_back(run.uid);
    return out;
  }
  [[nodiscard]] std::vector<std::string> search(std::string query) const {
    SearchOptions options;
    options.query = std::move(query);
    options.now = kNoon + 86400;
    return uids(index().search(options));
  }
  /// All that questions are answered from, as text: ids of rows are replaced by what they stand for.
  [[nodiscard]] std::string content() const { return content_of(root() / "index.db"); }
  static std::string content_of(const fs::path& path) {
    sqlite::Connection connection(path, sqlite::Access::read);
    std::string out;
    const auto add = [&](int columns, const char* sql) {
      auto rows = connection.prepare(sql);
      while (rows.step()) {
        for (int i = 0; i < columns; ++i) out += rows.string(i) + "|";
        out += "\n";
      }
    };
    add(6, "SELECT name, email, orcid, affiliation, root_path, extra FROM researchers ORDER BY name");
    add(7,
        "SELECT b.id, r.name, b.label, b.db_path, b.time_start, b.time_stop, b.description FROM beamtimes b JOIN researchers r ON r.id = "
        "b.researcher_id ORDER BY b.db_path");
    add(7,
        "SELECT c.uid, w.name, b.db_path, c.plan_name, c.sample_name, c.time_start, c.tags FROM runs_index c JOIN researchers w ON w.id = "
        "c.researcher_id JOIN beamtimes b ON b.id = c.beamtime_id ORDER BY c.uid");
    add(18,
        "SELECT r.uid, w.name, b.db_path, r.time_start, r.time_stop, r.day, p.name, s.name, o.name, t.name, m.name, m.formula, r.scan_id, "
        "r.num_events, r.num_frames, r.bytes, r.num_notes, r.digest FROM search_runs r JOIN researchers w ON w.id = r.researcher_id JOIN "
        "beamtimes b ON b.id = r.beamtime_id LEFT JOIN search_names p ON p.id = r.plan LEFT JOIN search_names s ON s.id = r.sample LEFT "
        "JOIN search_names o ON o.id = r.operator LEFT JOIN search_names t ON t.id = r.status LEFT JOIN search_samples m ON m.id = "
        "r.sample_row ORDER BY r.uid");
    add(2, "SELECT r.uid, n.name FROM search_tags t JOIN search_runs r ON r.run = t.run JOIN search_names n ON n.id = t.tag ORDER BY 1, 2");
    add(7,
        "SELECT r.uid, v.item, p.source, p.name, v.low, v.high, u.name FROM search_values v JOIN search_runs r ON r.run = v.run JOIN "
        "search_paths p ON p.id = v.path LEFT JOIN search_names u ON u.id = v.unit ORDER BY 1, 2");
    add(3, "SELECT r.uid, f.words, f.notes FROM search_text f JOIN search_runs r ON r.run = f.rowid ORDER BY 1");
    add(1, "SELECT count(*) FROM search_text");
    return out;
  }

  test::TemporaryFolder folder_;
};

}  // namespace resonance::index_test
