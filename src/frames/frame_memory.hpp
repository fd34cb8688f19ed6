/// Memory of frames on their way to disk.
#pragma once

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
  explicit FrameMemory(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

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

  /// At least `bytes`. A block over the limit is handed out when it is the only one.
  [[nodiscard]] Block take(std::size_t bytes);
  /// Whether take() would return at once.
  [[nodiscard]] bool has_room(std::size_t bytes) const;

 private:
  struct Free {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
  };
  void give_back(std::unique_ptr<std::byte[]> bytes, std::size_t size) noexcept;
  bool fits(std::size_t bytes) const noexcept;

  const std::uint64_t limit_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable came_back_;
  std::vector<Free> free_;
  std::uint64_t out_ = 0;   // bytes of the blocks that are out
  std::uint64_t kept_ = 0;  // bytes in free_
};

}  // namespace resonance::frames
