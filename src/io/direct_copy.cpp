#include "io/direct_copy.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace resonance::io {

namespace {

constexpr std::uint64_t kAlignment = 4096;
constexpr std::uint64_t kDirectBytes = 16 << 20;     // of one call; the time of a call is the disk's from 4 MiB on
constexpr std::uint64_t kWorthwhileBytes = 1 << 20;  // below this the page cache is as good

bool share_blocks(int source, int target, std::uint64_t bytes) noexcept {
  file_clone_range range{};
  range.src_fd = source;
  range.src_length = bytes;
  return ::ioctl(target, FICLONERANGE, &range) == 0;
}

/// The same file opened once more, for direct I/O; -1 where there is none.
int open_direct(int file) noexcept {
  try {
    return ::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
  } catch (...) {  // no memory for a name: there are other ways
    return -1;
  }
}

std::uint64_t write_direct(const char* from, int target, std::uint64_t bytes) noexcept {
  std::uint64_t done = 0;
  while (done < bytes) {
    const auto part = std::min(bytes - done, kDirectBytes);
    const ssize_t n = ::pwrite(target, from + done, part, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || static_cast<std::uint64_t>(n) % kAlignment != 0) break;  // an error is met again, and told, by the caller
    done += static_cast<std::uint64_t>(n);
  }
  return done;
}

}  // namespace

std::uint64_t copy_past_the_cache(int source, int target, std::uint64_t bytes) noexcept {
  const auto aligned = bytes / kAlignment * kAlignment;
  if (aligned < kWorthwhileBytes) return 0;
  if (share_blocks(source, target, aligned)) return aligned;
  const int direct = open_direct(target);
  if (direct < 0) return 0;
  std::uint64_t done = 0;
  // Written from the source's own pages: nothing is copied in memory. Pages that are gone are an error of pwrite, no signal.
  void* pages = ::mmap(nullptr, aligned, PROT_READ, MAP_SHARED, source, 0);
  if (pages != MAP_FAILED) {
    ::fallocate(target, 0, 0, static_cast<off_t>(aligned));
    done = write_direct(static_cast<const char*>(pages), direct, aligned);
    ::munmap(pages, aligned);
  }
  ::close(direct);
  return done;
}

}  // namespace resonance::io
