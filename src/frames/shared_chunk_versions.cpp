#include "frames/shared_chunk_versions.hpp"

#include <algorithm>

#include "frames/pixel_check.hpp"
#include "resonance/error.hpp"

namespace resonance::frames {

SharedChunkVersions::SharedChunkVersions(const Layout& layout, ShardFile& shard, std::uint64_t chunk)
    : layout_(layout), shard_(shard), chunk_(chunk), entry_(chunk % layout.chunks_per_shard) {}

/// From the end of the chunk before it on, as far as one chunk follows the other.
std::vector<zarr::ChunkLocation> SharedChunkVersions::candidates() const {
  std::vector<zarr::ChunkLocation> out;
  std::uint64_t at = 0;
  if (entry_ > 0) {
    const auto& before = shard_.entry(entry_ - 1);
    if (before.missing()) return out;
    at = before.offset + before.nbytes;
  }
  const auto& codecs = layout_.metadata.codecs;
  while (out.size() < layout_.frames_per_chunk) {
    const auto bytes = shard_.read(at, codecs.max_encoded_bytes());
    const auto length = codecs.encoded_length(bytes);
    if (!length) return out;
    out.push_back({at, *length});
    at += *length;
  }
  return out;
}

std::uint64_t SharedChunkVersions::frames_in(const zarr::ChunkLocation& where, std::span<const NamedFrame> named) const {
  std::vector<std::byte> decoded(layout_.metadata.codecs.decoded_bytes());
  try {
    layout_.metadata.codecs.decode(shard_.read(where.offset, where.nbytes), decoded);
  } catch (const Error&) {
    return 0;
  }
  const auto bytes = layout_.geometry.frame_bytes();
  const auto first = chunk_ * layout_.frames_per_chunk;
  return static_cast<std::uint64_t>(std::count_if(named.begin(), named.end(), [&](const NamedFrame& frame) {
    if (frame.number < first || frame.number >= first + layout_.frames_per_chunk || !frame.crc32c) return false;
    const auto pixels = std::span(decoded).subspan((frame.number - first) * bytes, bytes);
    return pixel_checksum(pixels, item_size(layout_.geometry.dtype)) == *frame.crc32c;
  }));
}

void SharedChunkVersions::choose(std::span<const NamedFrame> named) {
  zarr::ChunkLocation best;
  std::uint64_t most = 0;
  auto all = candidates();
  if (!shard_.entry(entry_).missing()) all.push_back(shard_.entry(entry_));
  for (const auto& where : all) {
    const auto frames = frames_in(where, named);
    if (frames == 0 || frames < most) continue;
    best = where;
    most = frames;
  }
  shard_.set_entry(entry_, best);
}

}  // namespace resonance::frames
