/// The lock that every writer of a beamtime holds during a transaction and during a checkpoint (invariant D4).
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "io/file_lock.hpp"

namespace resonance::schema {

inline constexpr std::uint64_t kWriteLockByte = 0;  ///< of the lock file; the others belong to runs

/// The byte that the writer of this run holds as long as it lives: follows from the last 12 digits of the uid.
[[nodiscard]] inline std::uint64_t lock_byte_of(std::string_view run_uid) noexcept {
  std::uint64_t number = 0;
  const auto tail = run_uid.substr(run_uid.size() < 12 ? 0 : run_uid.size() - 12);
  std::from_chars(tail.data(), tail.data() + tail.size(), number, 16);
  return kWriteLockByte + 1 + number;
}

/// Holds it for a scope. \throws Error(busy) after `timeout`
class WriteLock {
 public:
  WriteLock(io::LockFile& locks, std::chrono::milliseconds timeout) : locks_(locks) { locks_.lock(kWriteLockByte, timeout); }
  ~WriteLock() { locks_.unlock(kWriteLockByte); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  io::LockFile& locks_;
};

}  // namespace resonance::schema
