#include "frames/frame_memory.hpp"

#include <algorithm>

namespace resonance::frames {

bool FrameMemory::has_room(std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  return out_ + bytes <= limit_for(bytes);
}

FrameMemory::Block FrameMemory::take(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  const auto limit = limit_for(bytes);
  largest_ = std::max<std::uint64_t>(largest_, bytes);
  if (out_ + bytes > limit) {  // who has to wait, waits for a good deal: being woken for each frame costs more than a small frame
    const auto at = limit - std::max<std::uint64_t>(bytes, limit / 4);
    wake_at_ = waiting_ == 0 ? at : std::max(wake_at_, at);
    ++waiting_;
    came_back_.wait(lock, [&] { return out_ <= at; });
    --waiting_;
  }
  // The one that came back last is the one that is still in the processor's cache; not one so large that it would be wasted.
  const auto found =
      std::find_if(free_.rbegin(), free_.rend(), [&](const Free& block) { return block.size >= bytes && block.size / 2 <= bytes; });
  if (found != free_.rend()) {
    Block out(this, std::move(found->bytes), found->size);
    kept_ -= found->size;
    out_ += found->size;
    free_.erase(std::next(found).base());
    return out;
  }
  while (!free_.empty() && out_ + kept_ + bytes > limit) {
    kept_ -= free_.front().size;
    free_.erase(free_.begin());
  }
  free_.reserve(free_.size() + 64);  // so that giving back allocates nothing
  Block out(this, std::make_unique_for_overwrite<std::byte[]>(bytes), bytes);
  out_ += bytes;
  return out;
}

void FrameMemory::give_back(std::unique_ptr<std::byte[]> bytes, std::size_t size) noexcept {
  const std::lock_guard lock(mutex_);
  out_ -= size;
  if (out_ + kept_ + size <= limit_for(largest_) && free_.size() < free_.capacity()) {
    kept_ += size;
    free_.push_back({std::move(bytes), size});
  }
  if (waiting_ > 0 && out_ <= wake_at_) came_back_.notify_all();
}

}  // namespace resonance::frames
