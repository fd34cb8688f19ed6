/// Bytes that end where the process's memory ends: a read or write behind them stops at once, also in a library that no
/// sanitizer was compiled into.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>

namespace resonance::fuzz {

class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto room = (size + page - 1) / page * page;
    mapped_ = room + page;
    start_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start_ == MAP_FAILED) std::abort();
    if (::mprotect(static_cast<std::byte*>(start_) + room, page, PROT_NONE) != 0) std::abort();
    bytes_ = static_cast<std::byte*>(start_) + (room - size);
  }
  explicit GuardedBytes(std::span<const std::byte> copied) : GuardedBytes(copied.size()) {
    if (!copied.empty()) std::memcpy(bytes_, copied.data(), copied.size());
  }
  ~GuardedBytes() { ::munmap(start_, mapped_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  [[nodiscard]] std::span<std::byte> span() const noexcept { return {bytes_, size_}; }

 private:
  void* start_ = nullptr;
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0, mapped_ = 0;
};

}  // namespace resonance::fuzz
