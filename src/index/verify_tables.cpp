#include "index/verify_tables.hpp"

#include <fmt/format.h>

#include "base/fold_case.hpp"
#include "index/index_file.hpp"
#include "schema/structure.hpp"

namespace resonance::index {

namespace {

class TableCheck {
 public:
  explicit TableCheck(sqlite::Connection& connection) : connection_(connection), zone_(zone_of(connection)) {}

  std::vector<IndexDifference> run() {
    pages();
    for (auto& difference : schema::differences(connection_, schema::index_tables())) found(std::move(difference));
    for (auto& difference : schema::differences(connection_, schema::search_tables().tables)) found(std::move(difference));
    each("SELECT uid FROM runs_index c WHERE NOT EXISTS (SELECT 1 FROM search_runs r WHERE r.uid = c.uid)",
         "it is in runs_index, but in no other table");
    each(
        "SELECT c.uid FROM search_runs r JOIN runs_index c ON c.uid = r.uid WHERE json_valid(c.tags) AND (SELECT count(DISTINCT j.value) "
        "FROM "
        "json_each(c.tags) j) <> (SELECT count(*) FROM search_tags t JOIN search_names n ON n.id = t.tag WHERE t.run = r.run AND n.name IN "
        "(SELECT j.value FROM json_each(c.tags) j))",
        "its tags cannot be searched for");
    days();
    folded("SELECT name, folded, name FROM search_names");
    folded("SELECT name, folded, name FROM search_paths");
    folded("SELECT formula, folded_formula, name FROM search_samples WHERE formula IS NOT NULL");
    folded("SELECT serial, folded_serial, name FROM search_samples WHERE serial IS NOT NULL");
    times();
    return std::move(out_);
  }

 private:
  void found(std::string message, std::string db_path = "index.db", std::string uid = {}) {
    out_.push_back({std::move(db_path), std::move(uid), std::move(message)});
  }

  void pages() {
    auto rows = connection_.prepare("PRAGMA quick_check(10)");
    while (rows.step())
      if (rows.text(0) != "ok") found(rows.string(0));
  }

  void each(const char* sql, const char* message) {
    auto rows = connection_.prepare(sql);
    while (rows.step()) found(message, "index.db", rows.string(0));
  }

  void days() {
    auto rows = connection_.prepare("SELECT uid, time_start, day FROM search_runs");
    while (rows.step())
      if (zone_.day_of(rows.real(1)) != rows.int64(2)) found("it is on another day", "index.db", rows.string(0));
  }

  void folded(const char* sql) {
    auto rows = connection_.prepare(sql);
    while (rows.step())
      if (fold_case(rows.text(0)) != rows.text(1)) found(fmt::format("'{}' of '{}' cannot be searched for", rows.text(0), rows.text(2)));
  }

  void times() {
    auto rows = connection_.prepare(
        "SELECT b.db_path FROM beamtimes b JOIN (SELECT beamtime_id, min(time_start) AS first, max(time_stop) AS last FROM search_runs "
        "GROUP "
        "BY beamtime_id) r ON r.beamtime_id = b.id WHERE b.time_start IS NOT r.first OR b.time_stop IS NOT r.last");
    while (rows.step()) found("it begins or ends at another time", rows.string(0));
  }

  sqlite::Connection& connection_;
  const TimeZone zone_;
  std::vector<IndexDifference> out_;
};

}  // namespace

std::vector<IndexDifference> verify_tables(sqlite::Connection& connection) { return TableCheck(connection).run(); }

}  // namespace resonance::index
