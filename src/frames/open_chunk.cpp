#include "frames/open_chunk.hpp"

#include <algorithm>
#include <cstring>

namespace resonance::frames {

void OpenChunk::add(std::uint64_t number, std::span<const std::byte> frame) {
  const auto place = number % frames_per_chunk_;
  if (place == 0) std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
  std::memcpy(bytes_.data() + place * frame_bytes_, frame.data(), frame_bytes_);
  end_ = number + 1;
}

void OpenChunk::restore(std::uint64_t end, std::span<const std::byte> chunk) {
  const auto kept = end % frames_per_chunk_ * frame_bytes_;
  if (chunk.data() != bytes_.data()) std::memcpy(bytes_.data(), chunk.data(), kept);
  std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(kept), bytes_.end(), std::byte{0});
  end_ = end;
  handed_on_ = end - end % frames_per_chunk_;
}

void OpenChunk::clear(std::uint64_t end) noexcept { end_ = handed_on_ = end; }

}  // namespace resonance::frames
