#include "crash/block/block_log.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace resonance::crash {

namespace {

constexpr std::uint64_t kHeadBytes = 4096;

}  // namespace

BlockLog::BlockLog(std::uint64_t disk_bytes) : disk_bytes_(disk_bytes) {
  const auto entries = kMaxEntries * sizeof(Entry);
  void* memory = ::mmap(nullptr, kHeadBytes + entries + disk_bytes_ + kMaxData, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory for the disk");
  memory_ = static_cast<std::byte*>(memory);
  head_ = new (memory_) Head;
  entries_ = reinterpret_cast<Entry*>(memory_ + kHeadBytes);
  disk_ = memory_ + kHeadBytes + entries;
  data_ = disk_ + disk_bytes_;
}

BlockLog::~BlockLog() { ::munmap(memory_, kHeadBytes + kMaxEntries * sizeof(Entry) + disk_bytes_ + kMaxData); }

std::uint64_t BlockLog::position() const noexcept { return head_->entries.load(std::memory_order_acquire); }

bool BlockLog::append(const Entry& entry) noexcept {
  const auto number = head_->entries.load(std::memory_order_relaxed);
  if (number == kMaxEntries) return false;
  entries_[number] = entry;
  head_->entries.store(number + 1, std::memory_order_release);
  return true;
}

bool BlockLog::write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept {
  if (offset > disk_bytes_ || bytes.size() > disk_bytes_ - offset || head_->data + bytes.size() > kMaxData) return false;
  if (bytes.empty()) return true;
  std::copy(bytes.begin(), bytes.end(), disk_ + offset);
  std::copy(bytes.begin(), bytes.end(), data_ + head_->data);
  const Entry entry{offset, bytes.size(), head_->data};
  head_->data += bytes.size();
  return append(entry);
}

bool BlockLog::flush() noexcept { return append({}); }

}  // namespace resonance::crash
