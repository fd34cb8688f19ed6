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
  /// Make the file, complete with its index, under a temporary name. `expected_bytes` of it get their disk blocks at once.
  ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, std::uint64_t expected_bytes);
  /// Give it its name (invariant F4: not before it is complete). Once, before the first frame.
  void appear();

  /// Open a shard that a writer left unsealed. \throws Error(corrupt) when its index is damaged
  struct Unsealed {};
  ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, Unsealed);
  ~ShardFile();  ///< a file that never appeared is removed

  /// Write a raw frame into its slot. \return the crc32c of its bytes
  std::uint32_t put_raw(std::uint64_t slot, std::span<const std::byte> frame);
  /// Append encoded chunks, `first` and those behind it, then their index entries (invariant F1: data before index entry). A
  /// chunk that is there already is a later version of it: its old bytes stay, for readers that are about to fetch them.
  void put_chunks(std::uint64_t first, std::span<const std::span<const std::byte>> encoded);
  /// The encoded bytes of a chunk. \throws Error(corrupt) when it is not there
  [[nodiscard]] std::vector<std::byte> chunk(std::uint64_t chunk);
  /// Forget chunks from `chunk` on, whose transaction did not commit; their place is written again.
  void take_back(std::uint64_t chunk);

  /// Where a chunk lies, and saying so anew (missing: nowhere): for recovery, which knows better than the file.
  [[nodiscard]] const zarr::ChunkLocation& entry(std::uint64_t chunk) const { return entries_.at(chunk); }
  void set_entry(std::uint64_t chunk, const zarr::ChunkLocation& where);
  /// \return as much as the data area has from `offset` on, at most `bytes`
  [[nodiscard]] std::vector<std::byte> read(std::uint64_t offset, std::uint64_t bytes);

  /// Bytes of the data area that are in use.
  [[nodiscard]] std::uint64_t data_end() const noexcept { return data_end_; }

  void sync();  ///< data and index on stable storage. A failure is final: all later calls throw Error(io), too

  /// Give the file its true length: `frames` frames are in it. Full raw shards have it already. The file is replaced by
  /// rename, so readers that hold the old one are not disturbed, and every chunk stays at its offset (invariant F6): they may
  /// know it from the old one. Afterwards the file is on stable storage and never changes.
  void seal(std::uint64_t frames);

 private:
  void allocate(std::uint64_t end);                            ///< disk blocks ahead of what is written
  void write_back(std::uint64_t offset, std::uint64_t bytes);  ///< early, so that a sync finds little to do
  void require_synced() const;
  void write_sealed(io::File& out, std::uint64_t chunks);

  std::shared_ptr<io::FileSystem> files_;  // shared with everybody who writes through it
  std::filesystem::path path_;
  std::filesystem::path partial_;  // its name until it appears; then empty
  const Layout& layout_;           // of the array writer that owns this shard
  std::unique_ptr<io::File> file_;
  std::vector<zarr::ChunkLocation> entries_;
  std::uint64_t data_end_ = 0;
  std::uint64_t allocated_ = 0;
  std::atomic<bool> dirty_ = false;
  bool sync_failed_ = false;  // for the thread that syncs or seals
};

}  // namespace resonance::frames
