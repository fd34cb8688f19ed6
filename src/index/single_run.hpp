/// One run, or one beamtime, brought up to date in an index.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "index/index_file.hpp"

namespace resonance::index {

/// \throws Error(not_found) the beamtime has no such run
void index_run(const std::filesystem::path& root, IndexFile& index, const std::filesystem::path& database, std::string_view uid);

/// All runs of a beamtime; nothing when its database is not there yet.
void index_beamtime(const std::filesystem::path& root, IndexFile& index, const std::string& db_path);

}  // namespace resonance::index
