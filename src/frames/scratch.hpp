/// Memory for the time of one call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace resonance::frames {

/// Bytes that are written before they are read: not cleared. Each thread keeps what it used last, up to a bound, so that
/// reading frame after frame does not ask the system for memory. `Slot` tells buffers apart that live at the same time.
template <int Slot>
class Scratch {
 public:
  explicit Scratch(std::size_t size) : size_(size) {
    auto& kept = kept_memory();
    memory_ = std::exchange(kept, Memory{});
    if (memory_.size < size) memory_ = {std::make_unique_for_overwrite<std::byte[]>(size), size};
  }
  ~Scratch() {
    if (memory_.size <= kKeptBytes) kept_memory() = std::move(memory_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::span<std::byte> span() const noexcept { return {memory_.bytes.get(), size_}; }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{64} << 20;
  struct Memory {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  static Memory& kept_memory() {
    thread_local Memory memory;
    return memory;
  }

  Memory memory_;
  std::size_t size_;
};

}  // namespace resonance::frames
