#include "frames/sealed_form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "resonance/error.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::frames {

namespace {

constexpr int kReadings = 100;

/// The entries of the first chunks, as two readings in a row agree on them: the writer may be changing the last one, when
/// frames join its chunk, and half of the old entry with half of the new one would name bytes that are no chunk.
std::vector<zarr::ChunkLocation> steady_entries(const io::StoreFile& shard, std::uint64_t offset, const Layout& layout,
                                                std::uint64_t chunks) {
  std::vector<std::byte> bytes(layout.index_bytes), again(layout.index_bytes);
  const auto named = chunks * zarr::kIndexEntryBytes;
  const auto same = [&] { return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(named), again.begin()); };
  shard.read_exact(offset, bytes);
  for (int i = 0; i < kReadings; ++i) {
    shard.read_exact(offset, again);
    if (same()) break;
    bytes.swap(again);
  }
  // Later entries change while we look. Those of raw shards never do, and their checksum covers all of them.
  if (!layout.raw()) std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(named), bytes.end(), std::byte{0xff});
  auto out = zarr::decode_shard_index(bytes, layout.chunks_per_shard, layout.raw(), offset);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(chunks), out.end(), zarr::ChunkLocation{});
  return out;
}

/// An index that has no checksum and does not begin at a page is that of a sealed shard, and begins where its chunks end. Else
/// the file was cut, and what looks like its index is none.
void require_uncut(const io::StoreFile& shard, std::uint64_t offset, const Layout& layout) {
  if (layout.raw() || offset % kPageBytes == 0) return;
  const auto end = zarr::end_of_chunks(steady_entries(shard, offset, layout, layout.chunks_per_shard));
  if (end != offset)
    throw Error(ErrorCode::corrupt,
                fmt::format("it was cut or damaged: the index begins at byte {}, the last frame ends at {}", offset, end));
}

}  // namespace

SealedForm sealed_form(const io::StoreFile& shard, const Layout& layout, std::uint64_t frames) {
  if (shard.bytes() < layout.index_bytes)
    throw Error(ErrorCode::corrupt, fmt::format("{} has {} bytes, too few for its shard index", shard.path().string(), shard.bytes()),
                {.os_errno = 0, .file = shard.path(), .offset = 0, .database = false});
  const auto chunks = std::min(layout.chunks_per_shard, (frames + layout.frames_per_chunk - 1) / layout.frames_per_chunk);
  SealedForm out;
  const auto offset = shard.bytes() - layout.index_bytes;
  try {
    require_uncut(shard, offset, layout);
    const auto entries = steady_entries(shard, offset, layout, chunks);
    out.data_bytes = zarr::end_of_chunks(entries);
    out.index = zarr::encode_shard_index(entries, layout.raw());
  } catch (Error& error) {
    error.add_context(fmt::format("reading the shard index of {}", shard.path().string()));
    throw;
  }
  return out;
}

}  // namespace resonance::frames
