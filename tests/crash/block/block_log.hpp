/// The writes and flushes of a disk, in memory that processes share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "crash/seam/timeline.hpp"

namespace resonance::crash {

/// One process appends, others read what is there. What does not fit any more is an error of the disk.
class BlockLog final : public Timeline {
 public:
  struct Entry {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;    ///< 0: a flush; everything before it is on stable storage
    std::uint64_t data_at = 0;  ///< in the memory for data
  };

  explicit BlockLog(std::uint64_t disk_bytes);
  ~BlockLog() override;
  BlockLog(const BlockLog&) = delete;
  BlockLog& operator=(const BlockLog&) = delete;

  [[nodiscard]] std::uint64_t position() const noexcept override;
  [[nodiscard]] const Entry& entry(std::uint64_t number) const noexcept { return entries_[number]; }
  [[nodiscard]] std::span<const std::byte> data(const Entry& entry) const noexcept { return {data_ + entry.data_at, entry.bytes}; }

  // The disk as it is now, for the one process.
  [[nodiscard]] std::span<const std::byte> disk() const noexcept { return {disk_, disk_bytes_}; }
  [[nodiscard]] bool write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] bool flush() noexcept;

 private:
  static constexpr std::uint64_t kMaxEntries = 1 << 20, kMaxData = 4ull << 30;
  struct Head {
    std::atomic<std::uint64_t> entries = 0;
    std::uint64_t data = 0;
  };
  bool append(const Entry& entry) noexcept;

  const std::uint64_t disk_bytes_;
  std::byte* memory_ = nullptr;
  Head* head_ = nullptr;
  Entry* entries_ = nullptr;
  std::byte* disk_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace resonance::crash
