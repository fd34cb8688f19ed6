#include "io/link.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/posix_error.hpp"

namespace resonance::io {

bool link_or_copy(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST || errno == ENOENT) throw_errno(errno, "linking " + from.string() + " as", to);
  const auto source = files.open(from, OpenMode::read);  // another file system, one without links, or no right to link
  const auto copy = files.open(to, OpenMode::create_new);
  copy->copy_from(*source, source->size());
  copy->sync();
  return false;
}

void link_folder(const std::filesystem::path& folder, const std::filesystem::path& name) {
  if (::symlink(std::filesystem::absolute(folder).c_str(), name.c_str()) != 0) throw_errno(errno, "linking", name);
}

void remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw_errno(error.value(), "removing", path);
}

}  // namespace resonance::io
