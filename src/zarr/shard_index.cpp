#include "zarr/shard_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "resonance/error.hpp"
#include "zarr/byte_order.hpp"
#include "zarr/checksum.hpp"

namespace resonance::zarr {
namespace {

void store_entry(std::byte* to, const ChunkLocation& entry) noexcept {
  store_little(to, entry.offset);
  store_little(to + 8, entry.nbytes);
}

void require_checksum(std::span<const std::byte> index) {
  const auto body = index.first(index.size() - 4);
  const auto stored = load_little<std::uint32_t>(index.data() + body.size());
  const auto computed = crc32c(body);
  if (stored != computed)
    throw Error(ErrorCode::corrupt, fmt::format("shard index: crc32c is {:08x}, the entries give {:08x}", stored, computed));
}

void require_inside(const ChunkLocation& entry, std::size_t chunk, std::uint64_t data_begin, std::uint64_t data_end) {
  if (entry.missing()) return;
  if (entry.offset == kMissing || entry.nbytes == kMissing)
    throw Error(ErrorCode::corrupt, fmt::format("shard index: entry {} has only one half marked missing", chunk));
  if (entry.offset < data_begin)
    throw Error(ErrorCode::corrupt,
                fmt::format("shard index: entry {} ({} bytes at {}) lies in the shard index", chunk, entry.nbytes, entry.offset));
  if (entry.offset > data_end || entry.nbytes > data_end - entry.offset)
    throw Error(ErrorCode::corrupt, fmt::format("shard index: entry {} ({} bytes at {}) reaches past the end of the chunks (byte {})",
                                                chunk, entry.nbytes, entry.offset, data_end));
}

}  // namespace

std::uint64_t end_of_chunks(std::span<const ChunkLocation> entries) noexcept {
  std::uint64_t end = 0;
  for (const auto& entry : entries)
    if (!entry.missing()) end = std::max(end, entry.offset + entry.nbytes);
  return end;
}

std::array<std::byte, kIndexEntryBytes> encode_index_entry(const ChunkLocation& entry) noexcept {
  std::array<std::byte, kIndexEntryBytes> out{};
  store_entry(out.data(), entry);
  return out;
}

std::vector<std::byte> encode_shard_index(std::span<const ChunkLocation> entries, bool with_crc32c) {
  std::vector<std::byte> out(shard_index_bytes(entries.size(), with_crc32c));
  for (std::size_t i = 0; i < entries.size(); ++i) store_entry(out.data() + i * kIndexEntryBytes, entries[i]);
  if (with_crc32c) {
    const auto body = std::span(out).first(entries.size() * kIndexEntryBytes);
    store_little(out.data() + body.size(), crc32c(body));
  }
  return out;
}

std::vector<ChunkLocation> decode_shard_index(std::span<const std::byte> bytes, std::size_t chunks, bool with_crc32c,
                                              std::uint64_t data_end, std::uint64_t data_begin) {
  // Divide rather than multiply: `chunks` may be any number, `bytes` exists.
  const std::size_t trailer = with_crc32c ? 4 : 0;
  if (bytes.size() < trailer || (bytes.size() - trailer) % kIndexEntryBytes != 0 || (bytes.size() - trailer) / kIndexEntryBytes != chunks)
    throw Error(ErrorCode::corrupt,
                fmt::format("shard index: {} bytes cannot hold {} chunks{}", bytes.size(), chunks, with_crc32c ? " and a crc32c" : ""));
  if (with_crc32c) require_checksum(bytes);
  std::vector<ChunkLocation> entries(chunks);
  for (std::size_t i = 0; i < chunks; ++i) {
    const auto* at = bytes.data() + i * kIndexEntryBytes;
    entries[i] = {load_little<std::uint64_t>(at), load_little<std::uint64_t>(at + 8)};
    require_inside(entries[i], i, data_begin, data_end);
  }
  return entries;
}

}  // namespace resonance::zarr
