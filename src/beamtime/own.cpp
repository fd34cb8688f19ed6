/// Whether the frames beside a database are its own, and its runs nobody's under another name.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "beamtime/names.hpp"
#include "beamtime/place.hpp"
#include "io/file_lock.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"

namespace resonance::beamtime {

namespace fs = std::filesystem;

namespace {

ErrorDetail about(const fs::path& file) { return {.os_errno = 0, .file = file, .offset = {}, .database = true}; }

bool has_table(sqlite::Connection& connection, std::string_view name) {
  auto row = connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  row.bind(1, name);
  return row.step();
}

/// Others in the folder that end like this and have no database of their own.
std::vector<fs::path> strays(const Place& place, std::string_view end) {
  std::vector<fs::path> out;
  const auto look = [&](const io::WalkEntry& entry) {
    std::error_code ignored;
    const auto name = entry.path.string();
    if (name.ends_with(end) && !fs::exists(name.substr(0, name.size() - end.size()) + ".db", ignored)) out.push_back(entry.path);
    return false;
  };
  io::walk(place.database.parent_path(), look, [](const fs::path&, const Error&) {});
  return out;
}

/// Runs of ours in the store, as long as the database knows none of them.
std::uint64_t unknown_runs(const Place& place, sqlite::Connection& connection) {
  std::uint64_t unknown = 0;
  bool known = false;
  auto row = has_table(connection, "runs") ? std::optional(connection.prepare("SELECT 1 FROM runs WHERE uid = ?")) : std::nullopt;
  std::error_code error;
  for (fs::directory_iterator it(place.store / "runs", error), end; !error && it != end && !known; it.increment(error)) {
    const auto uid = it->path().filename().string();
    if (!is_uid(uid)) continue;
    if (row) {
      const sqlite::Reset reset(*row);
      row->bind(1, uid);
      known = row->step();
    }
    ++unknown;
  }
  return known ? 0 : unknown;
}

/// A database that had frames, and has none any more, has had its runs taken out; their frames may still lie there.
bool has_lost_its_frames(sqlite::Connection& connection) {
  return has_table(connection, "image_refs") && has_table(connection, "sqlite_sequence") &&
         connection.query_int("SELECT count(*) FROM (SELECT 1 FROM image_refs LIMIT 1)") == 0 &&
         connection.query_int("SELECT seq FROM sqlite_sequence WHERE name = 'image_refs'") > 0;
}

void require_own_store(const Place& place, sqlite::Connection& connection) {
  const auto unknown = unknown_runs(place, connection);
  if (unknown == 0 || has_lost_its_frames(connection)) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("{} holds the frames of {} {} that {} does not know: it belongs to another database, which was moved, replaced or "
                  "deleted; move the frames away, or put their database back",
                  place.store.string(), unknown, unknown == 1 ? "run" : "runs", described(place)),
      about(place.store));
}

void require_frames_of_this_name(const Place& place, sqlite::Connection& connection) {
  std::error_code ignored;
  if (fs::exists(place.store, ignored) || !has_table(connection, "image_refs")) return;
  const auto group = connection.query_text("SELECT zarr_group FROM image_refs ORDER BY id DESC LIMIT 1");
  if (group.empty() || fs::path(group).is_absolute() || group.find("..") != std::string::npos) return;
  for (const auto& store : strays(place, ".zarr"))
    if (fs::exists(store / group, ignored))
      throw Error(ErrorCode::invalid_state,
                  fmt::format("the frames of {} are in {}: the database was renamed without its frame store; rename that to {}, too",
                              described(place), store.string(), place.store.string()),
                  about(place.database));
}

/// A run whose lock nobody holds is closed by the next writer: so nobody must hold it in a lock file of another name either.
void require_no_run_elsewhere(const Place& place, sqlite::Connection& connection) {
  if (!has_table(connection, "run_details") || !has_table(connection, "runs")) return;
  auto row = connection.prepare(
      "SELECT r.uid, d.lock_byte FROM runs r JOIN run_details d ON d.run_uid = r.uid WHERE r.time_stop IS NULL AND r.exit_status IS NULL "
      "AND d.lock_byte > 0");
  while (row.step()) {
    const auto byte = static_cast<std::uint64_t>(row.int64(1));
    if (io::byte_is_locked(place.lock, byte) || !io::is_locked_elsewhere(byte, place.database)) continue;
    const auto locks = strays(place, ".db-lock");
    throw Error(
        ErrorCode::busy,
        fmt::format("run {} of {} is being recorded by a program whose lock is not in {}{}; put that right, or wait until the run has "
                    "ended",
                    row.string(0), described(place), place.lock.string(),
                    locks.empty() ? ": the file was deleted, or the program knows the beamtime by another name"
                                  : fmt::format(", but perhaps in {}: the beamtime was renamed", locks.front().string())),
        about(place.database));
  }
}

}  // namespace

bool is_recorded(const Place& place, std::int64_t lock_byte) {
  const auto byte = static_cast<std::uint64_t>(lock_byte);
  return lock_byte > 0 && (io::byte_is_locked(place.lock, byte) || io::is_locked_elsewhere(byte, place.database));
}

void require_own(const Place& place, sqlite::Connection& connection) {
  require_no_run_elsewhere(place, connection);
  require_frames_of_this_name(place, connection);
  require_own_store(place, connection);
}

}  // namespace resonance::beamtime
