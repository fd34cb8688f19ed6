/// A copy of a damaged database, opened as far as it can be.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/file_system.hpp"
#include "sqlite/connection.hpp"

namespace resonance::repair {

/// Copy a database with its log and its journal, which belong to it. \throws Error(busy) when somebody changes it meanwhile
void copy_database(io::FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

/// What is wrong with the file as a database: pages, SQL indexes, tables. Empty: nothing, whatever its rows say.
/// \throws Error(unsupported) of a newer version; Error(corrupt) no beamtime, by the name of the damaged one
[[nodiscard]] std::string structural_damage(const std::filesystem::path& scratch, const std::filesystem::path& database);

struct OpenedDatabase {
  sqlite::Connection connection;
  std::string mended = {};  ///< what had to be made anew for it, in words; empty: nothing
};

/// Open the copy for salvage; its first page is changed where it cannot be read as it is. \return nothing when no table of a
/// beamtime can be read by any means
[[nodiscard]] std::optional<OpenedDatabase> open_damaged(io::FileSystem& files, const std::filesystem::path& scratch);

}  // namespace resonance::repair
