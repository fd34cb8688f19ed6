#include "io/walk.hpp"

#include <cerrno>

#include "io/posix_error.hpp"

namespace resonance::io {

namespace {

namespace fs = std::filesystem;

void walk_folder(const fs::path& folder, int depth, const std::function<bool(const WalkEntry&)>& visit) {
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const bool is_folder = fs::is_directory(it->symlink_status(ignored));
    if (visit({it->path(), is_folder, depth}) && is_folder && depth < kDeepestWalk) walk_folder(it->path(), depth + 1, visit);
  }
  if (error && error.value() != ENOENT && error.value() != ENOTDIR) throw_errno(error.value(), "listing", folder);
}

}  // namespace

void walk(const fs::path& root, const std::function<bool(const WalkEntry&)>& visit) { walk_folder(root, 0, visit); }

}  // namespace resonance::io
