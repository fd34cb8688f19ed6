/// By what names a file is reached: links, hard links, mounts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace resonance::io {

/// What stays the same whatever a file is called.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// A regular file, as its name says it.
struct NamedFile {
  FileIdentity identity;
  std::uint64_t names = 1;  ///< hard links
  bool mounted = false;     ///< the name is a mount of this one file: it is another file below, or in another file system
};

/// Nothing when there is no regular file; links are followed. Opens nothing.
[[nodiscard]] std::optional<NamedFile> named_file(const std::filesystem::path& path) noexcept;

/// Other names of the file `path` in its folder, the folders beside and those below, as far as a short look finds them.
[[nodiscard]] std::vector<std::filesystem::path> other_names(const std::filesystem::path& path, const FileIdentity& file);

/// The name that a mount of one file was made from, as seen from here; when it cannot be seen from here, as the other file system
/// calls it, which nobody here can open. Empty when nothing is known.
[[nodiscard]] std::filesystem::path mounted_from(const std::filesystem::path& path);

/// Where a symbolic link leads at last, whether or not something is there. \throws Error(invalid_argument) in a circle
[[nodiscard]] std::filesystem::path end_of_link(std::filesystem::path path);

}  // namespace resonance::io
