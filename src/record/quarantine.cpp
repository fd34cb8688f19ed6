#include "record/quarantine.hpp"

#include <fmt/format.h>

#include <utility>

namespace resonance::record {

namespace fs = std::filesystem;

void move_to_free_name(io::FileSystem& files, const fs::path& from, const fs::path& to) {
  auto free = to;
  for (int n = 1; files.exists(free); ++n) free = fmt::format("{}.{}", to.string(), n);
  io::move_aside(files, from, free);
}

Quarantine::Quarantine(std::shared_ptr<io::FileSystem> files, const beamtime::Place& place, const std::string& run_uid)
    : files_(std::move(files)), run_folder_(place.store / "runs" / run_uid), place_(place.quarantine / run_uid) {}

void Quarantine::take(const fs::path& from) const {
  const auto inside = from.lexically_relative(run_folder_);
  for (int n = 1;; ++n) {
    auto to = fs::path(fmt::format("{}.{}", place_.string(), n));
    if (inside != ".") to /= inside;
    if (files_->exists(to)) continue;
    return io::move_aside(*files_, from, to);
  }
}

}  // namespace resonance::record
