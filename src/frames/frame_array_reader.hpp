/// Frames out of one Zarr array, ours or anybody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "frames/layout.hpp"
#include "io/file_system.hpp"
#include "io/mapping.hpp"
#include "zarr/chunk_grid.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

/// Raw bytes of a frame in the page cache.
struct MappedBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const io::Mapping> mapping;  // shared by all frames of the same shard
};

/// Reads a [frames, height, width] array by what its zarr.json says. The length in there is not looked at: which frames
/// exist is known from image_refs, and a live array's length lags behind. Threads: any number.
class FrameArrayReader {
 public:
  /// \throws Error(not_found, corrupt, unsupported) naming the array
  FrameArrayReader(const std::filesystem::path& store, const std::string& group);

  [[nodiscard]] const Geometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] std::string codec_name() const { return metadata_.codecs.name(); }
  /// A frame is one contiguous run of uncompressed bytes in native order, so that map() works.
  [[nodiscard]] bool mappable() const noexcept { return mappable_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// One frame into exactly geometry().frame_bytes(). \throws Error(corrupt) lost or damaged, naming file and offset
  void read(std::uint64_t number, std::span<std::byte> out) const;

  [[nodiscard]] MappedBytes map(std::uint64_t number) const;

 private:
  struct OpenFile {
    std::string key;
    std::unique_ptr<io::File> file;
    std::uint64_t index_offset = 0;
    std::vector<zarr::ChunkLocation> entries;    // as they were when the file was opened
    std::shared_ptr<const io::Mapping> mapping;  // shared with the frames that were handed out
  };
  std::shared_ptr<OpenFile> open_file(const std::string& key, bool again) const;
  void read_index(OpenFile& open) const;
  /// Where a chunk lies by the index as it is now.
  zarr::ChunkLocation entry_of(OpenFile& open, std::uint64_t chunk) const;
  /// Where the part's chunk lies; a missing location when it is not there.
  std::pair<std::shared_ptr<OpenFile>, zarr::ChunkLocation> locate(const zarr::FramePart& part) const;
  void read_part(const zarr::FramePart& part, std::uint64_t number, std::span<std::byte> out) const;
  void decode(OpenFile& file, const zarr::ChunkLocation& where, std::span<std::byte> chunk) const;
  void copy_part(const zarr::FramePart& part, std::span<const std::byte> chunk, std::span<std::byte> out) const;
  [[noreturn]] void report_lost(std::uint64_t number, const std::string& key) const;

  std::filesystem::path folder_;
  zarr::ArrayMetadata metadata_;
  Geometry geometry_;
  bool ours_ = false;  // written by Resonance: a missing chunk is a lost frame, not a black one
  bool chunk_is_frame_ = false;
  bool mappable_ = false;

  mutable std::mutex mutex_;                           // guards open_ and the mappings in it
  mutable std::list<std::shared_ptr<OpenFile>> open_;  // most recently used first; shared with reads in progress
};

}  // namespace resonance::frames
