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
  has_stores_ = has_details_ && schema::has_table(connection_, "frame_stores");
  has_lost_ = has_stores_ && schema::has_table(connection_, "lost_frames");
}

void add_range(FrameRanges& frames, std::uint64_t first, std::uint64_t last) {
  if (!frames.empty() && frames.back().second + 1 == first)
    frames.back().second = last;
  else
    frames.emplace_back(first, last);
}

std::vector<std::string> SnapshotQueries::run_uids() {
  std::vector<std::string> out;
  auto row = connection_.prepare("SELECT uid FROM runs ORDER BY time_start, rowid");
  while (row.step()) out.push_back(row.string(0));
  return out;
}

/// Whether frame_stores gives the numbers of all frames of a run, which spares going through its events: it is closed, as many frames
/// are named as its arrays have, and none was lost.
bool SnapshotQueries::stores_say_all(std::string_view run_uid) {
  if (!has_stores_) return false;
  auto row = connection_.prepare(fmt::format(
      "SELECT (r.time_stop IS NOT NULL OR r.exit_status IS NOT NULL) AND d.num_frames IS NOT NULL AND d.num_frames = (SELECT "
      "coalesce(sum(f.num_frames), 0) FROM frame_stores f WHERE f.run_uid = r.uid) AND {} FROM runs r JOIN run_details d ON d.run_uid = "
      "r.uid WHERE r.uid = ?",
      has_lost_ ? "NOT EXISTS (SELECT 1 FROM frame_stores f JOIN lost_frames l ON l.zarr_group = f.zarr_group WHERE f.run_uid = r.uid)"
                : "1"));
  row.bind(1, run_uid);
  return row.step() && row.int64(0) != 0;
}

std::vector<NamedArray> SnapshotQueries::arrays_of(std::string_view run_uid) {
  std::vector<NamedArray> out;
  if (stores_say_all(run_uid)) {
    auto row = connection_.prepare("SELECT zarr_group, field_name, num_frames FROM frame_stores WHERE run_uid = ? AND num_frames > 0");
    row.bind(1, run_uid);
    while (row.step()) out.push_back({row.string(0), row.string(1), true, {{0, static_cast<std::uint64_t>(row.int64(2)) - 1}}});
    return out;
  }
  auto row = connection_.prepare(fmt::format(
      "SELECT DISTINCT i.zarr_group, i.field_name, {}, i.index_in_stack FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN "
      "image_refs i ON i.event_uid = e.uid WHERE s.run_uid = ? AND i.index_in_stack >= 0 ORDER BY 1, 2, 4",
      has_stores_ ? "EXISTS (SELECT 1 FROM frame_stores f WHERE f.zarr_group = i.zarr_group)" : "0"));
  row.bind(1, run_uid);
  while (row.step()) {
    if (out.empty() || out.back().group != row.text(0) || out.back().field != row.text(1))
      out.push_back({row.string(0), row.string(1), row.int64(2) != 0, {}});
    const auto number = static_cast<std::uint64_t>(row.int64(3));
    add_range(out.back().frames, number, number);
  }
  return out;
}

std::vector<std::pair<std::string, NamedArray>> SnapshotQueries::lost_frames() {
  std::vector<std::pair<std::string, NamedArray>> out;
  if (!has_lost_) return out;
  auto row = connection_.prepare(
      "SELECT DISTINCT s.run_uid, l.zarr_group, l.field_name, l.index_in_stack FROM lost_frames l JOIN events e ON e.uid = l.event_uid "
      "JOIN "
      "streams s ON s.uid = e.stream_uid WHERE l.index_in_stack >= 0 ORDER BY 2, 3, 4");
  while (row.step()) {
    if (out.empty() || out.back().second.group != row.text(1) || out.back().second.field != row.text(2))
      out.push_back({row.string(0), {row.string(1), row.string(2), true, {}}});
    const auto number = static_cast<std::uint64_t>(row.int64(3));
    add_range(out.back().second.frames, number, number);
  }
  return out;
}

std::map<std::uint64_t, std::uint32_t> SnapshotQueries::checksums_of(std::string_view run_uid, std::string_view group) {
  std::map<std::uint64_t, std::uint32_t> out;
  if (!schema::has_table(connection_, "frame_checksums")) return out;
  auto row = connection_.prepare(
      "SELECT i.index_in_stack, c.crc32c FROM streams s JOIN events e ON e.stream_uid = s.uid JOIN image_refs i ON i.event_uid = e.uid "
      "JOIN frame_checksums c ON c.ref_id = i.id WHERE s.run_uid = ? AND i.zarr_group = ? AND i.index_in_stack >= 0");
  row.bind_all(run_uid, group);
  while (row.step()) out[static_cast<std::uint64_t>(row.int64(0))] = static_cast<std::uint32_t>(row.int64(1));
  return out;
}

std::map<std::string, SnapshotQueries::Counts> SnapshotQueries::counts() {
  std::map<std::string, Counts> out;
  for (auto& uid : run_uids()) out[uid];
  auto events = connection_.prepare("SELECT s.run_uid, count(*) FROM streams s JOIN events e ON e.stream_uid = s.uid GROUP BY s.uid");
  while (events.step()) out[events.string(0)].events += events.int64(1);
  auto frames = connection_.prepare(
      "SELECT s.run_uid, count(*) FROM image_refs i JOIN events e ON e.uid = i.event_uid JOIN streams s ON s.uid = e.stream_uid GROUP BY "
      "s.run_uid");
  while (frames.step()) out[frames.string(0)].frames += frames.int64(1);
  return out;
}

std::vector<LesserRun> SnapshotQueries::lesser_runs(SnapshotQueries& earlier) {
  std::vector<LesserRun> out;
  const auto now = counts();
  for (const auto& [uid, before] : earlier.counts()) {
    const auto found = now.find(uid);
    if (found == now.end())
      out.push_back({uid, true, before.events, 0, before.frames, 0});
    else if (found->second.events < before.events || found->second.frames < before.frames)
      out.push_back({uid, false, before.events, found->second.events, before.frames, found->second.frames});
  }
  return out;
}

std::string SnapshotQueries::damage() {
  auto row = connection_.prepare("PRAGMA quick_check(1)");
  return row.step() && row.text(0) != "ok" ? row.string(0) : std::string();
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
