#include "index/single_run.hpp"

#include <fmt/format.h>

#include "index/beamtime_reader.hpp"
#include "index/data_root.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

namespace {

constexpr std::uint64_t kBatchRuns = 256;

/// A run that another beamtime has, too, stays that one's as long as its file is there.
void put(const std::filesystem::path& root, IndexFile& index, const Owner& owner, const RunRecord& record) {
  if (index.records().put(record, owner) != RecordStore::Put::of_another) return;
  const auto other = index.records().beamtime_of(record.summary.uid);
  const auto path = other ? index.beamtimes().db_path_of(*other) : std::nullopt;
  std::error_code ignored;
  if (path && std::filesystem::exists(root / *path, ignored)) return;
  index.records().put(record, owner, true);
}

/// The beamtime of this path; one that is new and has the run of another that is not there any more is that one, moved.
Owner owner_of(const std::filesystem::path& root, IndexFile& index, const std::string& db_path, std::string_view uid) {
  auto& beamtimes = index.beamtimes();
  std::error_code ignored;
  if (const auto other = index.records().beamtime_of(uid); other && !beamtimes.find_beamtime(db_path))
    if (const auto from = beamtimes.db_path_of(*other); from && !std::filesystem::exists(root / *from, ignored)) {
      beamtimes.move_beamtime(*other, *from, db_path);
      const auto owner = beamtimes.put_beamtime(db_path);
      index.records().set_researcher(owner);
      return owner;
    }
  return beamtimes.put_beamtime(db_path);
}

}  // namespace

// The beamtime is read with the index locked: who reads later has the later state, and writes it later.

void index_run(const std::filesystem::path& root, IndexFile& index, const std::filesystem::path& database, std::string_view uid) {
  BeamtimeReader reader(database);
  const auto db_path = require_indexed_name(db_path_in(root, reader.database()));
  index.transact([&] {
    const auto record = reader.run(uid);
    if (!record) throw Error(ErrorCode::not_found, fmt::format("{} has no run {}", database.string(), uid));
    const auto owner = owner_of(root, index, db_path, uid);
    put(root, index, owner, *record);
    index.beamtimes().update_times(owner.beamtime_id);
  });
}

void index_beamtime(const std::filesystem::path& root, IndexFile& index, const std::string& db_path) {
  const auto database = root / require_indexed_name(db_path);
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored)) return;
  require_beamtime(database);
  BeamtimeReader reader(database);
  for (bool more = true; more;)
    index.transact([&] {
      const auto batch = reader.next(kBatchRuns);
      more = !batch.empty();
      const auto owner = index.beamtimes().put_beamtime(db_path);
      for (const auto& record : batch) put(root, index, owner, record);
      index.beamtimes().update_times(owner.beamtime_id);
    });
}

}  // namespace resonance::index
