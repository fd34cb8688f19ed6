/// The files of an array, open for reading, and where chunks lie in them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/mapping.hpp"
#include "io/store_folder.hpp"
#include "zarr/metadata.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

/// Position of a chunk: of its file in the grid of files, and its number in that file.
struct ChunkPosition {
  std::array<std::uint64_t, 3> file{};
  std::uint64_t chunk = 0;  ///< entry of the shard index; 0 when not sharded
  bool operator==(const ChunkPosition&) const = default;
};

/// A file of the array. Shared by those who read or map it; stays readable whatever takes its name.
struct ChunkFile {
  std::array<std::uint64_t, 3> position{};
  std::unique_ptr<io::StoreFile> file;
  std::uint64_t index_offset = 0;
  std::uint64_t data_begin = 0, data_end = 0;  // where chunks may lie
  std::vector<zarr::ChunkLocation> entries;    ///< as they were when the file was opened
  bool growing = false;                        ///< entries are written while we read: each is read again when it is wanted
  std::shared_ptr<const io::Mapping> mapping;  ///< guarded by the mutex of ChunkFiles
};

/// Where a chunk is; without a file: nowhere.
struct FoundChunk {
  std::shared_ptr<ChunkFile> file;
  zarr::ChunkLocation where;
};

/// Keeps the files that were used last open, with their shard indexes. A sealed shard costs no system call to look into, an
/// open one a read of 16 bytes. Files of others may be replaced at any time and are asked about each time.
/// Threads: any number.
class ChunkFiles {
 public:
  /// `ours`: Resonance wrote the array. `store` and `metadata` outlive this object.
  ChunkFiles(const io::StoreFolder& store, std::string group, const zarr::ArrayMetadata& metadata, bool ours);

  /// Opens the file again when the one that is open has no such chunk: it may have been sealed or replaced since.
  /// \throws Error(corrupt) damaged shard index, or no regular file
  [[nodiscard]] FoundChunk find(const ChunkPosition& position) const;
  /// The same, but a file that does not hold the chunk is returned, too: with a `where` that is missing.
  [[nodiscard]] FoundChunk look_up(const ChunkPosition& position) const;
  /// As it is on disk now, whatever was open.
  [[nodiscard]] FoundChunk find_anew(const ChunkPosition& position) const;
  /// Where the file says now that the chunk is.
  [[nodiscard]] zarr::ChunkLocation entry(const ChunkFile& open, std::uint64_t chunk) const;

  [[nodiscard]] std::shared_ptr<const io::Mapping> mapping(ChunkFile& open) const;
  [[nodiscard]] std::filesystem::path path_of(const ChunkPosition& position) const;

 private:
  [[nodiscard]] std::string name_of(const std::array<std::uint64_t, 3>& position) const;
  [[nodiscard]] std::shared_ptr<ChunkFile> cached(const std::array<std::uint64_t, 3>& position) const;
  [[nodiscard]] std::shared_ptr<ChunkFile> open(const std::array<std::uint64_t, 3>& position) const;
  void read_index(ChunkFile& open) const;
  [[nodiscard]] bool may_grow(const ChunkFile& open) const;

  const io::StoreFolder& store_;
  const std::string group_;
  const zarr::ArrayMetadata& metadata_;
  const bool ours_;
  std::uint64_t open_bytes_ = 0;  // length of a shard of ours that is not sealed; 0 when not known

  mutable std::mutex mutex_;                            // guards open_ and the mappings in it
  mutable std::list<std::shared_ptr<ChunkFile>> open_;  // most recently used first; shared with reads in progress
};

}  // namespace resonance::frames
