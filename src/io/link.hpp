/// Second names for files that never change, and folders that are thrown away.
#pragma once

#include <filesystem>

#include "io/file_system.hpp"

namespace resonance::io {

/// Give the file `from` the name `to` as well; where the file system cannot, make a copy, which is synced. A symbolic link is followed.
/// \return whether both names are one file
bool link_or_copy(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

/// A symbolic link `name` to a folder, so that a database that was copied finds its frames.
void link_folder(const std::filesystem::path& folder, const std::filesystem::path& name);

/// Remove a folder with all that is in it. Symbolic links in it are removed, not followed. Fine when it is not there.
void remove_tree(const std::filesystem::path& path);

}  // namespace resonance::io
