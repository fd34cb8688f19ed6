/// Many frames at once, on all cores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "catalog/image_sequence_impl.hpp"
#include "frames/frame_array_reader.hpp"

namespace resonance::catalog {

/// Frames first, first + step, …; `count` of them, all in the sequence and of one geometry.
struct FrameSteps {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::int64_t step = 1;
  [[nodiscard]] std::uint64_t operator[](std::uint64_t k) const noexcept {
    return first + k * static_cast<std::uint64_t>(step);  // wraps round for negative steps, and back
  }
};

/// The window of each frame, one behind the other, into `out`, which has their size. Frames of one chunk are decoded together.
void read_frames(const ImageSequence::Impl& images, const FrameSteps& steps, const frames::Window& window, frames::Check check,
                 std::span<std::byte> out);

}  // namespace resonance::catalog
