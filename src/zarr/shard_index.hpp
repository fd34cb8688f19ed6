/// The index of a shard file: where each chunk lies (Zarr v3, sharding-indexed codec; docs/format.md, section 2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace resonance::zarr {

inline constexpr std::uint64_t kMissing = ~std::uint64_t{0};  ///< offset and length of a chunk that is not there
inline constexpr std::size_t kIndexEntryBytes = 16;

struct ChunkLocation {
  std::uint64_t offset = kMissing;
  std::uint64_t nbytes = kMissing;
  [[nodiscard]] bool missing() const noexcept { return offset == kMissing && nbytes == kMissing; }
  bool operator==(const ChunkLocation&) const = default;
};

/// Length of an encoded index of `chunks` entries.
[[nodiscard]] constexpr std::size_t shard_index_bytes(std::size_t chunks, bool crc32c) noexcept {
  return chunks * kIndexEntryBytes + (crc32c ? 4 : 0);
}

/// Where the last of the chunks ends: the index of a sealed shard of ours begins there. 0 when there is none.
[[nodiscard]] std::uint64_t end_of_chunks(std::span<const ChunkLocation> entries) noexcept;

/// Little-endian (offset, nbytes) pairs, with crc32c behind them when asked for.
[[nodiscard]] std::vector<std::byte> encode_shard_index(std::span<const ChunkLocation> entries, bool crc32c);
[[nodiscard]] std::array<std::byte, kIndexEntryBytes> encode_index_entry(const ChunkLocation& entry) noexcept;

/// Chunks lie in the bytes from `data_begin` to `data_end` of the file: from its beginning to the index, or from behind the
/// index to its end. Who does not know where the index is gives the length of the file.
/// \throws Error(corrupt) wrong length, wrong checksum, or an entry that reaches outside these bytes or has only one half missing
[[nodiscard]] std::vector<ChunkLocation> decode_shard_index(std::span<const std::byte> bytes, std::size_t chunks, bool crc32c,
                                                            std::uint64_t data_end, std::uint64_t data_begin = 0);

}  // namespace resonance::zarr
