/// The system calls of the program, in place of the C library's. Compiled without _FORTIFY_SOURCE, whose inline versions of some
/// of them would be in the way.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <vector>

#include "crash/seam/seam_state.hpp"

namespace resonance::crash {

namespace {

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// The C library's function of that name, found once.
#define RESONANCE_NEXT(name)                                     \
  ([] {                                                          \
    static const auto function = next<decltype(&::name)>(#name); \
    return function;                                             \
  }())

bool told() { return SeamState::instance().watching.load(std::memory_order_acquire) && !inside_observer; }

class Inside {
 public:
  Inside() { inside_observer = true; }
  ~Inside() { inside_observer = false; }
};

Verdict ask(const Operation& operation) {
  const Inside inside;
  return SeamState::instance().observer->before(operation);
}

void tell(const Operation& operation, int error) {
  const auto kept = errno;
  const Inside inside;
  SeamState::instance().observer->after(operation, error);
  errno = kept;
}

/// With the seam's mutex held. `real` returns -1 and sets errno when it fails. \return what the caller gets
template <class Real>
auto through(const Operation& operation, Real&& real) -> decltype(real()) {
  const auto verdict = ask(operation);
  if (verdict.pretend) return 0;
  if (verdict.error != 0) {
    tell(operation, verdict.error);
    errno = verdict.error;
    return -1;
  }
  const auto result = real();
  tell(operation, result < 0 ? errno : 0);
  return result;
}

template <class Real>
ssize_t write_through(int file, std::span<const std::byte> bytes, std::int64_t offset, Real&& real) {
  auto& state = SeamState::instance();
  const auto number = told() ? state.number_of_descriptor(file) : 0;
  if (number == 0) return real(bytes.size());
  const std::lock_guard lock(state.mutex);
  if (state.observer == nullptr) return real(bytes.size());
  if (offset < 0) offset = ::lseek(file, 0, SEEK_CUR);
  Operation operation{Kind::write, number, state.name_of(number), {}, static_cast<std::uint64_t>(offset), bytes};
  const auto verdict = ask(operation);
  if (verdict.pretend) return static_cast<ssize_t>(bytes.size());
  if (verdict.error != 0) {
    tell(operation, verdict.error);
    errno = verdict.error;
    return -1;
  }
  const auto written = real(std::min<std::uint64_t>(bytes.size(), verdict.at_most));
  if (written >= 0) operation.bytes = bytes.first(static_cast<std::size_t>(written));
  tell(operation, written < 0 ? errno : 0);
  return written;
}

std::span<const std::byte> span_of(const void* bytes, std::size_t count) { return {static_cast<const std::byte*>(bytes), count}; }

/// One write of all the parts, as the kernel does it.
template <class Real>
ssize_t gather_through(int file, const iovec* parts, int count, off_t offset, Real&& real) {
  if (!told() || SeamState::instance().number_of_descriptor(file) == 0) return real();
  std::vector<std::byte> all;
  for (int i = 0; i < count; ++i) {
    const auto part = span_of(parts[i].iov_base, parts[i].iov_len);
    all.insert(all.end(), part.begin(), part.end());
  }
  return write_through(file, all, offset, [&](std::size_t bytes) { return RESONANCE_NEXT(pwrite)(file, all.data(), bytes, offset); });
}

template <class Real>
int sync_through(int file, Real&& real) {
  auto& state = SeamState::instance();
  const auto number = told() ? state.number_of_descriptor(file) : 0;
  if (number == 0) return real();
  const std::lock_guard lock(state.mutex);
  if (state.observer == nullptr) return real();
  struct stat info{};
  const bool folder = ::fstat(file, &info) == 0 && S_ISDIR(info.st_mode);
  return through({folder ? Kind::sync_folder : Kind::sync, number, state.name_of(number)}, real);
}

template <class Real>
int truncate_through(int file, std::uint64_t length, Real&& real) {
  auto& state = SeamState::instance();
  const auto number = told() ? state.number_of_descriptor(file) : 0;
  if (number == 0) return real();
  const std::lock_guard lock(state.mutex);
  if (state.observer == nullptr) return real();
  return through({Kind::truncate, number, state.name_of(number), {}, length}, real);
}

bool is_there(const char* path) {
  struct stat info{};
  return ::lstat(path, &info) == 0;
}

template <class Real>
int open_through(const char* path, int flags, Real&& real) {
  auto& state = SeamState::instance();
  if (!told()) return real();
  const std::lock_guard lock(state.mutex);
  if (state.observer == nullptr) return real();
  const auto name = state.relative(path);
  const bool makes = name && (flags & O_CREAT) != 0 && !is_there(path);
  if (!makes) {
    const int file = real();
    state.opened(file, name);
    // What was there is gone, all at once.
    struct stat info{};
    if (file >= 0 && name && (flags & O_TRUNC) != 0 && ::fstat(file, &info) == 0)
      tell({Kind::truncate, state.number_of_descriptor(file), *name}, 0);
    return file;
  }
  const auto verdict = ask({Kind::create, 0, *name});
  if (verdict.error != 0) {
    tell({Kind::create, 0, *name}, verdict.error);
    errno = verdict.error;
    return -1;
  }
  const int file = real();
  const int error = file < 0 ? errno : 0;
  const auto number = file < 0 ? 0 : state.adopt(*name);
  state.opened(file, name);
  tell({Kind::create, number, *name}, error);
  return file;
}

template <class Real>
int rename_through(const char* from, const char* to, Real&& real) {
  if (!told()) return real();
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  const auto old_name = state.observer != nullptr ? state.relative(from) : std::nullopt;
  const auto new_name = state.observer != nullptr ? state.relative(to) : std::nullopt;
  if (!old_name || !new_name) return real();
  const auto number = state.number_of_path(*old_name);
  return through({Kind::rename, number, *new_name, *old_name}, [&] {
    const int result = real();
    if (result == 0) state.renamed(*old_name, *new_name);
    return result;
  });
}

template <class Real>
int unlink_through(const char* path, Real&& real) {
  if (!told()) return real();
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  const auto name = state.observer != nullptr ? state.relative(path) : std::nullopt;
  if (!name || !is_there(path)) return real();
  return through({Kind::unlink, state.number_of_path(*name), *name}, [&] {
    const int result = real();
    if (result == 0) state.removed(*name);
    return result;
  });
}

template <class Real>
int make_folder_through(const char* path, Real&& real) {
  if (!told()) return real();
  auto& state = SeamState::instance();
  const std::lock_guard lock(state.mutex);
  const auto name = state.observer != nullptr ? state.relative(path) : std::nullopt;
  if (!name || is_there(path)) return real();
  const auto verdict = ask({Kind::make_folder, 0, *name});
  int result = verdict.error != 0 ? -1 : real();
  const int error = verdict.error != 0 ? verdict.error : result != 0 ? errno : 0;
  tell({Kind::make_folder, error == 0 ? state.adopt(*name) : 0, *name}, error);
  errno = error;
  return result;
}

}  // namespace

}  // namespace resonance::crash

using namespace resonance::crash;

extern "C" {

// NOLINTBEGIN: the names and types are the C library's.
#define RESONANCE_OPEN(name)                                                                   \
  int name(const char* path, int flags, ...) {                                                 \
    va_list rest;                                                                              \
    va_start(rest, flags);                                                                     \
    const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0}; \
    va_end(rest);                                                                              \
    return open_through(path, flags, [&] { return RESONANCE_NEXT(name)(path, flags, mode); }); \
  }
RESONANCE_OPEN(open)
RESONANCE_OPEN(open64)

int __open_2(const char* path, int flags) {  // what open() becomes with _FORTIFY_SOURCE
  return open_through(path, flags, [&] { return RESONANCE_NEXT(open)(path, flags, 0); });
}
int __open64_2(const char* path, int flags) { return __open_2(path, flags); }

int close(int file) {
  if (told()) {
    auto& state = SeamState::instance();
    const std::lock_guard lock(state.mutex);
    state.closed(file);
  }
  return RESONANCE_NEXT(close)(file);
}

ssize_t write(int file, const void* bytes, size_t count) {
  return write_through(file, span_of(bytes, count), -1, [&](size_t n) { return RESONANCE_NEXT(write)(file, bytes, n); });
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  return write_through(file, span_of(bytes, count), offset, [&](size_t n) { return RESONANCE_NEXT(pwrite)(file, bytes, n, offset); });
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) { return pwrite(file, bytes, count, offset); }
ssize_t pwritev(int file, const iovec* parts, int count, off_t offset) {
  return gather_through(file, parts, count, offset, [&] { return RESONANCE_NEXT(pwritev)(file, parts, count, offset); });
}
ssize_t pwritev64(int file, const iovec* parts, int count, off64_t offset) { return pwritev(file, parts, count, offset); }

int fsync(int file) {
  return sync_through(file, [&] { return RESONANCE_NEXT(fsync)(file); });
}
int fdatasync(int file) {
  return sync_through(file, [&] { return RESONANCE_NEXT(fdatasync)(file); });
}

int ftruncate(int file, off_t length) noexcept {
  return truncate_through(file, static_cast<std::uint64_t>(length), [&] { return RESONANCE_NEXT(ftruncate)(file, length); });
}
int ftruncate64(int file, off64_t length) noexcept { return ftruncate(file, length); }

int fallocate(int file, int mode, off_t offset, off_t length) {
  const auto real = [&] { return RESONANCE_NEXT(fallocate)(file, mode, offset, length); };
  struct stat info{};
  const auto end = offset + length;
  if (mode != 0 || ::fstat(file, &info) != 0 || info.st_size >= end) return real();  // the length stays as it is
  return truncate_through(file, static_cast<std::uint64_t>(end), real);
}
int fallocate64(int file, int mode, off64_t offset, off64_t length) { return fallocate(file, mode, offset, length); }

int rename(const char* from, const char* to) noexcept {
  return rename_through(from, to, [&] { return RESONANCE_NEXT(rename)(from, to); });
}
int unlink(const char* path) noexcept {
  return unlink_through(path, [&] { return RESONANCE_NEXT(unlink)(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return make_folder_through(path, [&] { return RESONANCE_NEXT(mkdir)(path, mode); });
}

/// Sharing blocks between two files would go past the seam.
int ioctl(int file, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (request == FICLONERANGE && told() && SeamState::instance().number_of_descriptor(file) != 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return RESONANCE_NEXT(ioctl)(file, request, argument);
}
// NOLINTEND

}  // extern "C"
