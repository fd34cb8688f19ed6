#include "io/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "io/file_names.hpp"
#include "io/posix_error.hpp"
#include "io/proc_file.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

namespace {

struct flock one_byte(std::uint64_t byte, short type) {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(byte);
  range.l_len = 1;
  return range;
}

bool is_locked(int descriptor, std::uint64_t byte, const std::filesystem::path& path) {
  auto range = one_byte(byte, F_WRLCK);
  if (::fcntl(descriptor, F_OFD_GETLK, &range) != 0) throw_errno(errno, "asking for locks on", path);
  return range.l_type != F_UNLCK;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path)
    : path_(path), descriptor_(retried([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); })) {
  if (descriptor_ < 0) throw_errno(errno, "opening the lock file", path);
}

LockFile::~LockFile() { ::close(descriptor_); }

bool LockFile::try_lock(std::uint64_t byte) {
  auto range = one_byte(byte, F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_errno(errno, "locking", path_);
}

void LockFile::lock(std::uint64_t byte, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (auto pause = std::chrono::microseconds(50); !try_lock(byte); pause = std::min(pause * 2, std::chrono::microseconds(5000))) {
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(
          ErrorCode::busy,
          fmt::format("another process has been writing to {} for {} ms; is it stopped or hanging?", path_.string(), timeout.count()),
          {.os_errno = 0, .file = path_, .offset = {}, .database = false});
    std::this_thread::sleep_for(pause);
  }
}

void LockFile::unlock(std::uint64_t byte) noexcept {
  auto range = one_byte(byte, F_UNLCK);
  ::fcntl(descriptor_, F_OFD_SETLK, &range);
}

bool LockFile::held_by_other(std::uint64_t byte) { return is_locked(descriptor_, byte, path_); }

bool byte_is_locked(const std::filesystem::path& path, std::uint64_t byte) {
  const int descriptor = retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0 && errno == ENOENT) return false;
  if (descriptor < 0) throw_errno(errno, "opening the lock file", path);
  const std::unique_ptr<const int, void (*)(const int*)> closer(&descriptor, [](const int* open) { ::close(*open); });
  return is_locked(descriptor, byte, path);
}

bool is_locked_elsewhere(std::uint64_t byte, const std::filesystem::path& used) {
  const auto file = named_file(used);
  if (!file) return false;
  // "1: OFDLCK ADVISORY  WRITE -1 08:01:4711 17 17" is a lock of the byte 17; one that spans more is none of ours.
  // "2: POSIX  ADVISORY  READ 1234 08:01:4712 1073741826 1073742335" is one of process 1234, which has the file 4712 open.
  const auto range = fmt::format(" {0} {0}", byte), inode = fmt::format(":{} ", file->identity.inode),
             self = fmt::format(" {} ", ::getpid());
  bool locked = false, open = false;
  std::istringstream locks(read_proc("/proc/locks"));
  for (std::string line; std::getline(locks, line);) {
    const auto has = [&](std::string_view part) { return line.find(part) != std::string::npos; };
    locked = locked || (has(" OFDLCK ") && line.ends_with(range));
    open = open || (has(" POSIX ") && has(inode) && !has(self));
  }
  return locked && open;
}

bool LockFile::held_by_other_from(std::uint64_t byte) {
  auto range = one_byte(byte, F_WRLCK);
  range.l_len = 0;  // to the end of the file and beyond
  if (::fcntl(descriptor_, F_OFD_GETLK, &range) != 0) throw_errno(errno, "asking for locks on", path_);
  return range.l_type != F_UNLCK;
}

}  // namespace resonance::io
