/// Frames out of one Zarr array, ours or anybody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frames/chunk_files.hpp"
#include "frames/layout.hpp"
#include "frames/window.hpp"
#include "io/mapping.hpp"
#include "io/store_folder.hpp"
#include "zarr/chunk_grid.hpp"
#include "zarr/partial_decode.hpp"

namespace resonance::frames {

/// A frame to be read.
struct WantedFrame {
  std::uint64_t number = 0;
  std::optional<std::uint32_t> crc32c;  ///< of its pixels, when it is known
  std::byte* to = nullptr;              ///< room for the pixels of the window, row by row
};

/// When the pixels are compared with their checksum.
enum class Check : std::uint8_t {
  usual,   ///< whole frames that were compressed; raw ones in which a page of zeros is found, which may be a page that was lost
  always,  ///< whole frames
};

/// Raw bytes of a frame, in the page cache or of the fill value.
struct MappedBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep;  // the mapping, shared by all frames of the same shard; or the fill value's frame
};

/// Raw frames that follow each other in one file.
struct FrameExtent {
  std::shared_ptr<const ChunkFile> file;  // shared with the reader; null: no file holds them, each is fill_frame()
  io::FileRange range;
  std::uint64_t frames = 0;
};

/// Reads a [frames, height, width] array by what its zarr.json says. The length in there is not looked at: which frames
/// exist is known from image_refs, and a live array's length lags behind. Nothing outside the store is opened.
/// Threads: any number.
class FrameArrayReader {
 public:
  /// \throws Error(not_found, corrupt, unsupported) naming the array
  FrameArrayReader(const std::filesystem::path& store, const std::string& group);

  [[nodiscard]] const Geometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] std::string codec_name() const { return metadata_.codecs.name(); }
  /// A frame is one contiguous run of uncompressed bytes in native order, so that map() works.
  [[nodiscard]] bool mappable() const noexcept { return mappable_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Resonance wrote it, by its zarr.json.
  [[nodiscard]] bool ours() const noexcept { return ours_; }
  /// Frames with the same number here lie in the same chunks.
  [[nodiscard]] std::uint64_t chunk_row_of(std::uint64_t frame) const noexcept { return frame / metadata_.chunk_shape()[0]; }

  /// One frame into exactly geometry().frame_bytes(). \throws Error(corrupt) lost or damaged, naming file and offset
  void read(std::uint64_t number, std::span<std::byte> out) const;

  /// The window of frames that lie in the same chunks, each of which is decoded once. `at` is the one of them that is worked on,
  /// for the words of an error. \throws Error(corrupt) lost, damaged, or not the pixels of the checksum
  void read(std::span<const WantedFrame> frames, const Window& window, Check check, std::size_t& at) const;

  /// \throws Error(unsupported) not mappable, or not aligned to its elements
  [[nodiscard]] MappedBytes map(std::uint64_t number) const;
  /// The file that holds a mappable frame, and how many of the next `at_most` frames follow it there.
  [[nodiscard]] FrameExtent extent(std::uint64_t number, std::uint64_t at_most) const;
  /// A frame of nothing but the fill value, made once.
  [[nodiscard]] MappedBytes fill_frame() const;

 private:
  struct Job;
  /// A chunk, and the part of each frame that it covers.
  struct Tile {
    ChunkPosition position;
    std::uint64_t row = 0, column = 0, rows = 0, columns = 0;
  };
  void require_frames() const;
  [[nodiscard]] Tile whole_tile(std::uint64_t number) const noexcept;
  void read_tile(const Tile& tile, Job& job) const;
  void read_chunk(const FoundChunk& chunk, const Tile& tile, Job& job) const;
  void read_raw(const FoundChunk& chunk, Job& job) const;
  void read_raw_frames(const FoundChunk& chunk, Job& job, std::size_t begin, std::size_t end) const;
  void read_raw_window(const FoundChunk& chunk, Job& job, std::size_t frame) const;
  void decode_whole(const FoundChunk& chunk, const Tile& tile, Job& job) const;
  void decode_into(const FoundChunk& chunk, const Tile& tile, Job& job, std::span<const std::byte> encoded, std::span<std::byte> out) const;
  [[nodiscard]] bool decode_ranges(const Tile& tile, const Job& job, std::span<const std::byte> encoded, std::span<std::byte> chunk) const;
  void fill(const Tile& tile, const Job& job) const;
  [[nodiscard]] PixelGrid grid_in_chunk(const Tile& tile, const Job& job, std::uint64_t number) const noexcept;
  [[nodiscard]] std::byte* place_of(const Tile& tile, const Job& job, std::byte* frame) const noexcept;
  [[nodiscard]] FoundChunk find_raw(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t offset_in_chunk(std::uint64_t number) const noexcept;
  void require_raw_chunk(const FoundChunk& chunk) const;
  void require_may_lack(std::uint64_t number, const ChunkPosition& position) const;

  io::StoreFolder store_;
  std::filesystem::path folder_;
  zarr::ArrayMetadata metadata_;
  Geometry geometry_;
  bool ours_ = false;          // written by Resonance: a missing chunk is a lost frame, not a black one
  bool whole_frames_ = false;  // a chunk covers the frame
  bool mappable_ = false;
  std::unique_ptr<ChunkFiles> files_;
  zarr::RangeDecoder ranges_;
  mutable std::once_flag fill_once_;
  mutable std::shared_ptr<const std::vector<std::byte>> fill_frame_;  // shared with who maps it
};

}  // namespace resonance::frames
