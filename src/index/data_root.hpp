/// The folder that holds the beamtimes of a facility, and what databases are in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "index/beamtime_rows.hpp"

namespace resonance::index {

/// The path of a database as the index names it. \throws Error(invalid_argument) when it is not below the root
[[nodiscard]] std::string db_path_in(const std::filesystem::path& root, const std::filesystem::path& database);

struct FoundFile {
  std::string db_path;  ///< relative to the root
  Fingerprint fingerprint;
};

/// All files below the root that may be beamtimes, sorted: those whose name ends in ".db", but not the index itself, nothing in
/// frame stores or hidden folders, and nothing behind symbolic links. Opens none of them.
[[nodiscard]] std::vector<FoundFile> scan_root(const std::filesystem::path& root);

/// As scan_root() gives it; nothing when the file is gone.
[[nodiscard]] std::optional<Fingerprint> fingerprint_of(const std::filesystem::path& database);

enum class FileKind { beamtime, other };
/// Whether a file is a beamtime, or a database or something else of another kind. \throws Error(corrupt) when it is damaged
[[nodiscard]] FileKind kind_of(const std::filesystem::path& database);

/// The folder of a researcher below the root: the name, with everything but letters, digits, '.', '_' and '-' made '_'.
[[nodiscard]] std::string folder_name(std::string_view researcher);

}  // namespace resonance::index
