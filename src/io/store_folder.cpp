#include "io/store_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/posix_error.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

namespace fs = std::filesystem;

namespace {

StoreFile::Identity identity_of(const struct stat& info) noexcept {
  return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

int open_beneath(int folder, const std::string& relative, int flags) noexcept {
  struct open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int descriptor = -1;
  int tries = 0;
  do descriptor = static_cast<int>(::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how));
  while (descriptor < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 100)));  // EAGAIN: something was renamed meanwhile
  return descriptor;
}

/// A name that has no file: it, or a folder on the way to it, is not there.
bool is_absence(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

[[noreturn]] void throw_no_file(const fs::path& path, const char* what) {
  throw Error(ErrorCode::corrupt, fmt::format("{} is {}, not a file", path.string(), what),
              {.os_errno = 0, .file = path, .offset = {}, .database = false});
}

void require_regular(const struct stat& info, const fs::path& path) {
  if (S_ISREG(info.st_mode)) return;
  throw_no_file(path, S_ISDIR(info.st_mode) ? "a folder" : S_ISFIFO(info.st_mode) ? "a pipe" : "a device or socket");
}

}  // namespace

StoreFile::~StoreFile() { ::close(descriptor_); }

void StoreFile::read_exact(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (n == 0)
      throw Error(ErrorCode::corrupt,
                  fmt::format("{} ends early: {} bytes at byte {} are wanted, {} are there", path_.string(), out.size(), offset, done),
                  {.os_errno = 0, .file = path_, .offset = offset + done, .database = false});
    else if (errno != EINTR)
      throw_errno(errno, "reading", path_, offset + done);
  }
}

StoreFolder::StoreFolder(fs::path root, Resolve resolve)
    : root_(std::move(root)),
      resolve_(resolve),
      descriptor_(retried([&] { return ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); })) {
  if (descriptor_ < 0 && !is_absence(errno)) throw_errno(errno, "opening the folder", root_);
}

StoreFolder::~StoreFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void StoreFolder::throw_outside(const std::string& relative) const {
  throw Error(ErrorCode::corrupt, fmt::format("{} leads out of the store {}", (root_ / relative).string(), root_.string()),
              {.os_errno = 0, .file = root_ / relative, .offset = {}, .database = false});
}

int StoreFolder::resolve_by_paths(const std::string& relative, int flags) const {
  std::error_code failed;
  const auto root = fs::canonical(root_, failed);
  if (failed) throw_errno(failed.value(), "opening the folder", root_);
  const auto path = fs::weakly_canonical(root / relative, failed);
  if (failed.value() == ELOOP) throw_outside(relative);
  if (failed) throw_errno(failed.value(), "opening", root_ / relative);
  if (std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first != root.end()) throw_outside(relative);
  return retried([&] { return ::open(path.c_str(), flags | O_NOFOLLOW); });  // no link is left in it
}

int StoreFolder::resolve(const std::string& relative, int flags) const {
  if (descriptor_ < 0) return -1;
  int descriptor = -1;
  if (resolve_ == Resolve::by_kernel) {
    descriptor = open_beneath(descriptor_, relative, flags);
    // EXDEV is also said of an absolute link that ends inside the store; ENOSYS and EPERM by an old kernel or a sandbox.
    if (descriptor < 0 && (errno == EXDEV || errno == ENOSYS || errno == EPERM)) descriptor = resolve_by_paths(relative, flags);
  } else {
    descriptor = resolve_by_paths(relative, flags);
  }
  if (descriptor >= 0 || is_absence(errno)) return descriptor;
  if (errno == ELOOP) throw_outside(relative);
  if (errno == ENXIO) throw_no_file(root_ / relative, "a device or socket");
  throw_errno(errno, "opening", root_ / relative);
}

std::unique_ptr<StoreFile> StoreFolder::open(const std::string& relative) const {
  const int descriptor = resolve(relative, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);  // not waiting for a pipe's other end
  if (descriptor < 0) return nullptr;
  struct stat info{};
  const int failed = ::fstat(descriptor, &info) != 0 ? errno : 0;
  auto out = std::make_unique<StoreFile>(root_ / relative, descriptor, identity_of(info));
  if (failed != 0) throw_errno(failed, "asking about", out->path());
  require_regular(info, out->path());
  return out;
}

bool StoreFolder::is_current(const std::string& relative, const StoreFile& file) const noexcept {
  struct stat info{};
  return descriptor_ >= 0 && ::fstatat(descriptor_, relative.c_str(), &info, 0) == 0 && identity_of(info) == file.identity();
}

void StoreFolder::require_inside(const std::string& relative) const {
  const int descriptor = resolve(relative, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat info{};
  const int failed = ::fstat(descriptor, &info) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) throw_errno(failed, "asking about", root_ / relative);
  require_regular(info, root_ / relative);
}

}  // namespace resonance::io
