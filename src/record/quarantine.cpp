#include "record/quarantine.hpp"

#include <fmt/format.h>

#include <utility>

namespace resonance::record {

namespace fs = std::filesystem;

fs::path quarantine_of(const fs::path& store) { return store.string() + ".quarantine"; }

Quarantine::Quarantine(std::shared_ptr<io::FileSystem> files, const fs::path& store, const std::string& run_uid)
    : files_(std::move(files)), run_folder_(store / "runs" / run_uid), place_(quarantine_of(store) / run_uid) {}

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
