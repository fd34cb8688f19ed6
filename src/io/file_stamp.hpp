/// What tells whether a file has changed, at the cost of one system call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace resonance::io {

struct FileStamp {
  std::int64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t changed_ns = 0;  ///< last change of the content, nanoseconds since the Unix epoch
};

/// Nothing when there is no such file, or a link, a pipe, a folder or a device of that name. \throws Error(io)
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

}  // namespace resonance::io
