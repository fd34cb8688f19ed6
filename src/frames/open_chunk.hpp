/// The chunk that small frames are gathered in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace resonance::frames {

/// Holds the frames of one chunk, those to come as zeros, and knows which of them have been handed on.
class OpenChunk {
 public:
  OpenChunk(std::uint64_t frames_per_chunk, std::uint64_t frame_bytes)
      : frames_per_chunk_(frames_per_chunk), frame_bytes_(frame_bytes), bytes_(frames_per_chunk > 1 ? frames_per_chunk * frame_bytes : 0) {}

  /// Frame `number`, which follows on the last one. A frame that begins a chunk clears it first.
  void add(std::uint64_t number, std::span<const std::byte> frame);
  /// Go back to frames [.., end) of the chunk whose decoded bytes are given; they count as not handed on.
  void restore(std::uint64_t end, std::span<const std::byte> chunk);
  void clear(std::uint64_t end) noexcept;  ///< nothing is open; the next frame is `end`
  void handed_on() noexcept { handed_on_ = end_; }

  [[nodiscard]] std::uint64_t chunk() const noexcept { return (end_ - 1) / frames_per_chunk_; }
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }  ///< first frame number behind those in here
  [[nodiscard]] bool full() const noexcept { return end_ % frames_per_chunk_ == 0; }
  [[nodiscard]] std::uint64_t handed_on_end() const noexcept { return handed_on_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t frames_per_chunk_, frame_bytes_;
  std::vector<std::byte> bytes_;
  std::uint64_t end_ = 0;
  std::uint64_t handed_on_ = 0;
};

}  // namespace resonance::frames
