#include "index/data_root.hpp"
#include "resonance/recover.hpp"

namespace resonance {

namespace {

/// One beamtime, whatever becomes of it.
void recover_into(RootRecovery& out, const std::filesystem::path& database, const RecoverOptions& options) {
  try {
    if (index::kind_of(database) != index::FileKind::beamtime) return;
    ++out.beamtimes;
    auto report = recover_beamtime(database, options);
    if (report.any() || !report.live_runs.empty()) out.recovered.push_back(std::move(report));
  } catch (const Error& error) {
    out.failures.push_back({database, error.code(), error.what()});
  }
}

}  // namespace

RootRecovery recover_data_root(const std::filesystem::path& root, const RecoverOptions& options,
                               const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  RootRecovery out;
  const auto found = index::scan_root(root);
  for (const auto& place : found.closed) out.failures.push_back({root / place.db_path, ErrorCode::io, place.message});
  for (std::size_t i = 0; i < found.files.size(); ++i) {
    if (progress) progress(i, found.files.size());
    recover_into(out, root / found.files[i].db_path, options);
  }
  return out;
}

}  // namespace resonance
