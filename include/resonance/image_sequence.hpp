/// The frames of one field of a run, read one by one, in ranges, or as memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "resonance/types.hpp"

namespace resonance {

/// A frame in memory of its own: `height * width` elements, C order, native byte order.
struct Frame {
  std::vector<std::byte> bytes;
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  DType dtype = DType::uint16;
  [[nodiscard]] FrameView view() const noexcept { return {bytes, height, width, dtype}; }
};

/// A frame in the page cache. The bytes stay valid and unchanged as long as this object lives, whatever is appended.
struct MappedFrame {
  FrameView view;
  std::shared_ptr<const void> keep;  ///< shared with the other frames of the same mapping
};

/// Frames in the order of their events.
///
/// A sequence is what was committed when it was made; take a new one from the run to see what came since.
/// Frames are found through `image_refs`, and decoded by what zarr.json says. A frame of a Resonance store that is not
/// there or damaged is an error that names run, field, frame, file and offset; in a foreign store a missing chunk reads as
/// the fill value, as the Zarr specification says.
/// Threads: const calls may run in parallel.
class ImageSequence {
 public:
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const std::string& field() const noexcept;
  /// {size, height, width} of the first frame's geometry; {0, 0, 0} when empty.
  [[nodiscard]] std::array<std::uint64_t, 3> shape() const noexcept;
  [[nodiscard]] DType dtype() const noexcept;                  ///< of the first frame; uint16 when empty
  [[nodiscard]] bool uniform() const noexcept;                 ///< all frames have that geometry and dtype
  [[nodiscard]] bool mappable() const noexcept;                ///< every frame is stored raw, so that map() works
  [[nodiscard]] std::uint64_t seq_num(std::uint64_t i) const;  ///< of the event that the frame belongs to
  [[nodiscard]] std::string zarr_group(std::uint64_t i) const;

  /// One frame. \throws Error(not_found) past the end, Error(corrupt) when lost or damaged, Error(unsupported) codec
  [[nodiscard]] Frame operator[](std::uint64_t i) const;

  /// Frames [first, first + count) back to back into `out`, which has exactly their size. They must be of one geometry.
  void read(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const;

  /// A raw frame without a copy. \throws Error(unsupported) when it is compressed or not contiguous in its file
  [[nodiscard]] MappedFrame map(std::uint64_t i) const;

  class Impl;
  explicit ImageSequence(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;  // shared by copies of the sequence; immutable
};

}  // namespace resonance
