#include "io/file_stamp.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "io/posix_error.hpp"

namespace resonance::io {

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno(errno, "looking at", path);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return FileStamp{static_cast<std::int64_t>(status.st_ino), static_cast<std::int64_t>(status.st_size),
                   static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace resonance::io
