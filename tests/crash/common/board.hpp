/// Where a recorder writes down what it was told, so that it is known after its death: memory shared by parent and child.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

namespace resonance::crash {

/// What is known of one run. Numbers are of steps of its script; each is written after the call returned, but `begun`.
struct RunNotes {
  enum State : std::uint32_t { none, opening, open, closing, closed };
  std::atomic<std::uint32_t> state{none};
  std::atomic<std::uint32_t> begun{0};
  std::atomic<std::uint32_t> acknowledged{0};
  std::atomic<std::uint32_t> committed{0};  ///< of them those that no death of the process may take
  std::atomic<std::int64_t> when_ns[64]{};  ///< the newest acknowledgements: step i at [i % 64]
};

/// What is known of one recorder.
struct Board {
  enum State : std::uint32_t { starting, opened, closing, closed };
  static constexpr unsigned kRuns = 64;
  std::atomic<std::uint32_t> state{starting};
  std::atomic<std::uint32_t> runs{0};
  std::atomic<std::uint32_t> stop{0};  ///< set by the parent: close and leave
  std::atomic<std::uint32_t> failed{0};
  RunNotes run[kRuns];
  char failure[600] = {};

  void fail(std::string_view words) noexcept {
    std::memcpy(failure, words.data(), words.size() < sizeof failure ? words.size() : sizeof failure - 1);
    failed = 1;
  }
};

/// One T in memory that children of fork() share.
template <class T>
class Shared {
 public:
  Shared() {
    void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    value_ = new (memory) T;
  }
  ~Shared() { ::munmap(value_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const noexcept { return value_; }
  T& operator*() const noexcept { return *value_; }

 private:
  T* value_;
};

}  // namespace resonance::crash
