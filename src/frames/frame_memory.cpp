#include "frames/frame_memory.hpp"

#include <algorithm>

namespace resonance::frames {

bool FrameMemory::fits(std::size_t bytes) const noexcept { return out_ == 0 || out_ + bytes <= limit_; }

bool FrameMemory::has_room(std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  return fits(bytes);
}

FrameMemory::Block FrameMemory::take(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  came_back_.wait(lock, [&] { return fits(bytes); });
  // One that is large enough, and not so large that it would be wasted.
  const auto found =
      std::find_if(free_.begin(), free_.end(), [&](const Free& block) { return block.size >= bytes && block.size / 2 <= bytes; });
  if (found != free_.end()) {
    Block out(this, std::move(found->bytes), found->size);
    kept_ -= found->size;
    out_ += found->size;
    *found = std::move(free_.back());
    free_.pop_back();
    return out;
  }
  while (!free_.empty() && out_ + kept_ + bytes > limit_) {
    kept_ -= free_.back().size;
    free_.pop_back();
  }
  free_.reserve(free_.size() + 64);  // so that giving back allocates nothing
  Block out(this, std::make_unique_for_overwrite<std::byte[]>(bytes), bytes);
  out_ += bytes;
  return out;
}

void FrameMemory::give_back(std::unique_ptr<std::byte[]> bytes, std::size_t size) noexcept {
  const std::lock_guard lock(mutex_);
  out_ -= size;
  if (out_ + kept_ + size <= limit_ && free_.size() < free_.capacity()) {
    kept_ += size;
    free_.push_back({std::move(bytes), size});
  }
  came_back_.notify_all();
}

}  // namespace resonance::frames
