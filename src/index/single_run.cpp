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

}  // namespace

void index_run(const std::filesystem::path& root, IndexFile& index, const std::filesystem::path& database, std::string_view uid) {
  const auto db_path = db_path_in(root, database);
  BeamtimeReader reader(database);
  const auto record = reader.run(uid);
  if (!record) throw Error(ErrorCode::not_found, fmt::format("{} has no run {}", database.string(), uid));
  index.transact([&] {
    const auto owner = index.beamtimes().put_beamtime(db_path);
    put(root, index, owner, *record);
    index.beamtimes().update_times(owner.beamtime_id);
  });
}

void index_beamtime(const std::filesystem::path& root, IndexFile& index, const std::string& db_path) {
  const auto database = root / db_path;
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored) || kind_of(database) == FileKind::other) return;
  BeamtimeReader reader(database);
  for (auto batch = reader.next(kBatchRuns); !batch.empty(); batch = reader.next(kBatchRuns))
    index.transact([&] {
      const auto owner = index.beamtimes().put_beamtime(db_path);
      for (const auto& record : batch) put(root, index, owner, record);
      index.beamtimes().update_times(owner.beamtime_id);
    });
}

}  // namespace resonance::index
