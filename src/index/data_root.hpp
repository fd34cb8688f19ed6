/// The folder that holds the beamtimes of a facility, and what databases are in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "index/beamtime_rows.hpp"

namespace resonance::index {

/// The path of a database as the index names it. \throws Error(invalid_argument) when it is not below the root
[[nodiscard]] std::string db_path_in(const std::filesystem::path& root, const std::filesystem::path& database);

/// Whether a path, as the index names it, is one of a beamtime: its name ends in ".db", it is not the index itself, and in no frame
/// store and no hidden folder.
[[nodiscard]] bool is_indexed_name(std::string_view db_path);

/// \return the same. \throws Error(invalid_argument) when it is none
const std::string& require_indexed_name(const std::string& db_path);

struct FoundFile {
  std::string db_path;  ///< relative to the root
  Fingerprint fingerprint;
};

/// What is below a data root.
struct RootScan {
  std::vector<FoundFile> files;    ///< sorted
  std::vector<IndexFault> closed;  ///< folders that cannot be listed, files that cannot be looked at; what is there nobody knows

  [[nodiscard]] bool hides(std::string_view db_path) const;  ///< it is one of these, or in one
};

/// All files below the root that may be beamtimes by their names (is_indexed_name()), nothing behind symbolic links. Opens none of
/// them.
/// \throws Error(io) the root itself cannot be listed
[[nodiscard]] RootScan scan_root(const std::filesystem::path& root);

/// As scan_root() gives it; nothing when the file is gone.
[[nodiscard]] std::optional<Fingerprint> fingerprint_of(const std::filesystem::path& database);

/// The zone of the data root that a beamtime lies in; nothing without one, and when its index cannot be read.
[[nodiscard]] std::optional<std::string> zone_above(const std::filesystem::path& database);

enum class FileKind { beamtime, other };
/// Whether a file is a beamtime, or a database or something else of another kind. \throws Error(corrupt) it is damaged; and as
/// beamtime::place_to_read()
[[nodiscard]] FileKind kind_of(const std::filesystem::path& database);

/// \throws Error(corrupt) it is something else, or damaged
void require_beamtime(const std::filesystem::path& database);

/// The folder below the root for a researcher who names none: one of the same name when it is there; else the name, with blanks and
/// all signs of ASCII but '.', '_' and '-' made '_'. \throws Error(invalid_argument) a name that makes no folder
[[nodiscard]] std::string folder_name(const std::filesystem::path& root, std::string_view researcher);

}  // namespace resonance::index
