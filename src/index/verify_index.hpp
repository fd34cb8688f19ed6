/// Comparing an index with the beamtimes that it is about.
#pragma once

#include <filesystem>

#include "resonance/index.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// Reads only.
[[nodiscard]] IndexVerifyReport verify_index(const std::filesystem::path& root, sqlite::Connection& index, const SyncOptions& options);

}  // namespace resonance::index
