/// The frames of one field of a run, read one by one, in ranges, in part, or as memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
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

/// Frames of a sequence in the page cache: of one geometry, in C order, native byte order.
struct MappedStack {
  /// Frames [first, first + count) of the stack back to back.
  struct Part {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::span<const std::byte> bytes;
  };
  std::vector<Part> parts;  ///< in order; one when the shards could be laid side by side
  std::uint64_t count = 0, height = 0, width = 0;
  DType dtype = DType::uint16;
  std::shared_ptr<const void> keep;  ///< the memory; shared by copies of the stack

  /// The whole stack is one array [count, height, width].
  [[nodiscard]] bool contiguous() const noexcept { return parts.size() == 1; }
};

/// Which frames of a sequence, and which of their pixels: every `step`-th frame, every `row_step`-th row, every `column_step`-th column.
/// Counts are numbers of chosen frames, rows and columns; kAll means as many as there are.
struct FrameSelection {
  static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t first = 0;
  std::uint64_t count = kAll;
  std::int64_t step = 1;  ///< negative: backwards from `first`; not 0
  std::uint64_t row = 0;
  std::uint64_t rows = kAll;
  std::uint64_t row_step = 1;  ///< at least 1
  std::uint64_t column = 0;
  std::uint64_t columns = kAll;
  std::uint64_t column_step = 1;  ///< at least 1
};

/// Frames in the order of their events.
///
/// A sequence is what was committed when it was made; Run::images_since() gives what came since.
/// Frames are found through `image_refs`, and decoded by what zarr.json says. A frame of a Resonance store that is not
/// there or damaged is an error that names run, field, frame, file and offset; in a foreign store a missing chunk reads as
/// the fill value, as the Zarr specification says.
///
/// Where a checksum of the pixels was recorded, reading whole frames compares it: always when they are stored compressed, and of raw
/// frames when a page of the file (4096 bytes) is found to be all zero in them, as a page is that was lost in a power cut. Raw
/// frames that are read in part are looked at in the same way. Parts of compressed frames, and mapped frames, are not compared;
/// verify() compares in any case.
///
/// Ranges and selections of several frames are read by the threads of the catalog (CatalogOptions::threads) when that is faster.
/// After an error the memory that was given holds anything. Threads: const calls may run in parallel. In a child after fork() ranges
/// are read by the calling thread alone.
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
  /// Name of the stream that this event is in. Frames are in the order of the streams, then of seq_num.
  [[nodiscard]] const std::string& stream(std::uint64_t i) const;
  [[nodiscard]] std::string zarr_group(std::uint64_t i) const;
  /// How many frames the sequences have that this one follows (Run::images_since()); errors count frames from there.
  [[nodiscard]] std::uint64_t offset() const noexcept;

  /// One frame. \throws Error(not_found) past the end, Error(corrupt) when lost or damaged, Error(unsupported) codec
  [[nodiscard]] Frame operator[](std::uint64_t i) const;

  /// Frames [first, first + count) back to back into `out`, which has exactly their size. They must be of one geometry.
  /// Large raw frames come at the speed of memcpy into memory that begins at a multiple of 64 bytes, and at about half of it elsewhere.
  void read(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const;

  /// The chosen pixels of the chosen frames into `out`: an array of shape_of(selection), C order, native byte order, of exactly that
  /// size. The frames must be of one geometry. Only what is chosen is read and decoded, as far as the store allows: of raw frames
  /// the rows, of blosc the blocks, of other codecs the chunks that the selection touches.
  /// \throws Error(not_found) frames past the end; Error(invalid_argument) a step of 0, or rows or columns outside the frame
  void read(const FrameSelection& selection, std::span<std::byte> out) const;

  /// {frames, rows, columns} that a selection has; frames 0 in a sequence without frames. \throws as read()
  [[nodiscard]] std::array<std::uint64_t, 3> shape_of(const FrameSelection& selection) const;

  /// A raw frame without a copy; one that a foreign store lacks is memory with the fill value. No page is read before it is touched. The
  /// checksum is not compared. A file that somebody else cuts while it is mapped raises SIGBUS; Resonance never cuts one.
  /// \throws Error(unsupported) when it is compressed or not contiguous in its file
  [[nodiscard]] MappedFrame map(std::uint64_t i) const;

  /// Frames [first, first + count) as map() does it. Shards of pages without rest, as those of large detectors are, come as one
  /// array; others in parts. The memory stays valid and unchanged, whatever is appended, sealed, renamed or removed.
  [[nodiscard]] MappedStack map(std::uint64_t first, std::uint64_t count) const;

  /// Read a frame and compare it with the checksum that was recorded.
  /// \return whether there was one; without it the frame can only be told to be there and to decode
  /// \throws Error(corrupt) lost, damaged, or other pixels than were recorded, with run, field, frame, file and offset
  bool verify(std::uint64_t i) const;

  class Impl;
  explicit ImageSequence(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  friend class Run;
  std::shared_ptr<const Impl> impl_;  // shared by copies of the sequence; immutable
};

}  // namespace resonance
