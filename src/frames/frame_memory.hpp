/// Memory of frames on their way to disk.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace resonance::frames {

/// Blocks of memory, used again and again, and never more than a limit of them at a time: whoever wants more waits until
/// some come back. That is how a detector that is faster than the encoders is slowed down. Threads: any.
class FrameMemory {
 public:
  /// `least_blocks`: so many blocks of the size asked for are handed out even if they are more than the limit.
  explicit FrameMemory(std::uint64_t limit_bytes, unsigned least_blocks = 1) : limit_(limit_bytes), least_blocks_(least_blocks) {}

  /// Goes back where it came from when it is destroyed.
  class Block {
   public:
    Block() = default;
    Block(Block&& other) noexcept { swap(other); }
    Block& operator=(Block&& other) noexcept {
      Block(std::move(other)).swap(*this);
      return *this;
    }
    ~Block() {
      if (owner_ != nullptr) owner_->give_back(std::move(bytes_), size_);
    }
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

   private:
    friend class FrameMemory;
    Block(FrameMemory* owner, std::unique_ptr<std::byte[]> bytes, std::size_t size)
        : owner_(owner), bytes_(std::move(bytes)), size_(size) {}
    void swap(Block& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bytes_, other.bytes_);
      std::swap(size_, other.size_);
    }
    FrameMemory* owner_ = nullptr;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
  };

  /// At least `bytes`.
  [[nodiscard]] Block take(std::size_t bytes);
  /// Whether take() would return at once.
  [[nodiscard]] bool has_room(std::size_t bytes) const;

 private:
  struct Free {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
  };
  void give_back(std::unique_ptr<std::byte[]> bytes, std::size_t size) noexcept;
  std::uint64_t limit_for(std::uint64_t bytes) const noexcept { return std::max(limit_, least_blocks_ * bytes); }

  const std::uint64_t limit_;
  const unsigned least_blocks_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable came_back_;
  unsigned waiting_ = 0;
  std::uint64_t wake_at_ = 0;  // so little must be out for one of them to go on
  std::uint64_t largest_ = 0;  // block that was asked for
  std::vector<Free> free_;
  std::uint64_t out_ = 0;   // bytes of the blocks that are out
  std::uint64_t kept_ = 0;  // bytes in free_
};

}  // namespace resonance::frames
