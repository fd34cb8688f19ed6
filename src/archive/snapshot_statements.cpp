#include "archive/snapshot_statements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance::archive {

SnapshotQueries::SnapshotQueries(const std::filesystem::path& database) : connection_(database, sqlite::Access::read) {
  schema::require_beamtime(connection_);
  has_details_ = schema::has_table(connection_, "run_details");
}

RunInSnapshot SnapshotQueries::state_of(std::string_view run_uid) {
  auto row = connection_.prepare(fmt::format("SELECT r.time_stop IS NULL AND r.exit_status IS NULL AND {} FROM runs r WHERE r.uid = ?",
                                             has_details_ ? "EXISTS (SELECT 1 FROM run_details d WHERE d.run_uid = r.uid)" : "0"));
  row.bind(1, run_uid);
  if (!row.step()) return RunInSnapshot::absent;
  return row.int64(0) != 0 ? RunInSnapshot::recording : RunInSnapshot::complete;
}

std::map<std::string, std::uint64_t, std::less<>> SnapshotQueries::frames_named(std::string_view run_uid) {
  auto row = connection_.prepare(
      "SELECT i.zarr_group, max(i.index_in_stack) + 1 FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON "
      "i.event_uid = e.uid WHERE s.run_uid = ? GROUP BY i.zarr_group");
  row.bind(1, run_uid);
  std::map<std::string, std::uint64_t, std::less<>> out;
  while (row.step()) out[row.string(0)] = row.count(1);
  return out;
}

std::vector<std::string> SnapshotQueries::recording_runs() {
  std::vector<std::string> out;
  if (!has_details_) return out;
  auto row = connection_.prepare(
      "SELECT r.uid FROM runs r JOIN run_details d ON d.run_uid = r.uid WHERE r.time_stop IS NULL AND r.exit_status IS NULL");
  while (row.step()) out.push_back(row.string(0));
  return out;
}

std::uint64_t SnapshotQueries::runs() { return static_cast<std::uint64_t>(connection_.query_int("SELECT count(*) FROM runs")); }

std::uint64_t SnapshotQueries::open_runs() {
  return static_cast<std::uint64_t>(connection_.query_int("SELECT count(*) FROM runs WHERE time_stop IS NULL AND exit_status IS NULL"));
}

bool SnapshotQueries::continues(SnapshotQueries& earlier) {
  auto uids = earlier.connection_.prepare("SELECT uid FROM runs");
  bool any = false;
  while (uids.step()) {
    if (state_of(uids.text(0)) != RunInSnapshot::absent) return true;
    any = true;
  }
  return !any;
}

}  // namespace resonance::archive
