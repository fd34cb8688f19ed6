/// The lock that every writer of a beamtime holds during a transaction and during a checkpoint (invariant D4).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "io/file_lock.hpp"

namespace resonance::schema {

inline constexpr std::uint64_t kWriteLockByte = 0;  ///< of the lock file; the others belong to runs

/// `x.db` → `x.db-lock`
[[nodiscard]] inline std::filesystem::path lock_file_of(const std::filesystem::path& database) { return database.string() + "-lock"; }

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
