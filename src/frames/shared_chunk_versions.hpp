/// The versions that a chunk of several frames had while it was recorded, found in its open shard.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "frames/layout.hpp"
#include "frames/recover.hpp"
#include "frames/shard_file.hpp"

namespace resonance::frames {

/// A shared chunk is written anew, behind its last version, when frames have joined it. The newest version is the one in the
/// index, but after a power failure it may not be there while an earlier one, which was synced, is.
class SharedChunkVersions {
 public:
  /// `chunk` is its number in the array. All three outlive this object.
  SharedChunkVersions(const Layout& layout, ShardFile& shard, std::uint64_t chunk);

  /// Let the index point at the version that has most of the `named` frames, at the newest of several; at none when none has any.
  void choose(std::span<const NamedFrame> named);

 private:
  [[nodiscard]] std::vector<zarr::ChunkLocation> candidates() const;
  [[nodiscard]] std::uint64_t frames_in(const zarr::ChunkLocation& where, std::span<const NamedFrame> named) const;

  const Layout& layout_;
  ShardFile& shard_;
  std::uint64_t chunk_;
  std::uint64_t entry_;  // of the shard index
};

}  // namespace resonance::frames
