/// One shard file while it is written: made at its final size, filled, sealed (docs/format.md, section 2).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "frames/layout.hpp"
#include "io/file_system.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

/// Not synchronised, except that sync() may run on another thread at any time, and seal() once no more frames are put in.
class ShardFile {
 public:
  /// Make the file, complete with its index, under a temporary name; then rename. A reader never sees a short one.
  ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout);

  /// Open a shard that a writer left unsealed. \throws Error(corrupt) when its index is damaged
  struct Unsealed {};
  ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, Unsealed);

  /// Write a raw frame into its slot.
  void put_raw(std::uint64_t slot, std::span<const std::byte> frame);
  /// Append an encoded chunk, then its index entry (invariant F1: data before index entry).
  void put_chunk(std::uint64_t chunk, std::span<const std::byte> encoded);
  /// Forget chunks from `chunk` on, whose transaction did not commit; their place is written again.
  void take_back(std::uint64_t chunk);

  /// Written since the last sync.
  [[nodiscard]] bool dirty() const noexcept { return dirty_; }
  void sync();  ///< data and index on stable storage. A failure is final: all later calls throw Error(io), too

  /// Give the file its true length: `frames` frames are in it. Full raw shards have it already. The file is replaced by
  /// rename, so readers that hold the old one are not disturbed; afterwards it is on stable storage and never changes.
  void seal(std::uint64_t frames);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void write_back(std::uint64_t offset, std::uint64_t bytes);  ///< early, so that a sync finds little to do
  void require_synced() const;
  void write_sealed(io::File& out, std::uint64_t chunks);

  std::shared_ptr<io::FileSystem> files_;  // shared with everybody who writes through it
  std::filesystem::path path_;
  const Layout& layout_;  // of the array writer that owns this shard
  std::unique_ptr<io::File> file_;
  std::vector<zarr::ChunkLocation> entries_;
  std::uint64_t data_end_ = 0;  // compressed: first free byte
  std::atomic<bool> dirty_ = false;
  bool sync_failed_ = false;  // for the thread that syncs or seals
};

}  // namespace resonance::frames
