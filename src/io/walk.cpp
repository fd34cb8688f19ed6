#include "io/walk.hpp"

#include <cerrno>

#include "io/posix_error.hpp"

namespace resonance::io {

namespace {

namespace fs = std::filesystem;

class Walk {
 public:
  Walk(const std::function<bool(const WalkEntry&)>& visit, const ClosedFolder& closed) : visit_(visit), closed_(closed) {}

  void folder(const fs::path& path, int depth) {
    std::error_code error;
    fs::directory_iterator it(path, error);
    for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      const bool is_folder = fs::is_directory(it->symlink_status(ignored));
      if (visit_({it->path(), is_folder, depth}) && is_folder && depth < kDeepestWalk) folder(it->path(), depth + 1);
    }
    if (error && error.value() != ENOENT && error.value() != ENOTDIR) cannot_list(path, error.value());
  }

 private:
  void cannot_list(const fs::path& path, int why) {
    if (!closed_) throw_errno(why, "listing", path);
    try {
      throw_errno(why, "listing", path);
    } catch (const Error& error) {
      closed_(path, error);
    }
  }

  const std::function<bool(const WalkEntry&)>& visit_;
  const ClosedFolder& closed_;
};

}  // namespace

void walk(const fs::path& root, const std::function<bool(const WalkEntry&)>& visit, const ClosedFolder& closed) {
  Walk(visit, closed).folder(root, 0);
}

}  // namespace resonance::io
