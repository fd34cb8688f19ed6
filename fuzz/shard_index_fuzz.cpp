// Any bytes as a shard index. Byte 0: number of chunks and, in its highest bit, whether there is a crc32c. Bytes 1 and 2: length of the
// file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "resonance/error.hpp"
#include "zarr/shard_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace resonance;
  using namespace resonance::zarr;
  if (size < 3) return 0;
  const std::size_t chunks = data[0] & 127u;
  const bool crc32c = (data[0] & 128u) != 0;
  const std::uint64_t file_bytes = data[1] + 256u * data[2];
  const auto index = std::as_bytes(std::span(data, size)).subspan(3);
  try {
    const auto entries = decode_shard_index(index, chunks, crc32c, file_bytes, file_bytes / 4);
    if (entries.size() != chunks) std::abort();
    for (const auto& entry : entries)
      if (!entry.missing() && (entry.offset < file_bytes / 4 || entry.offset > file_bytes || entry.nbytes > file_bytes - entry.offset))
        std::abort();
    const auto again = encode_shard_index(entries, crc32c);
    if (!std::equal(again.begin(), again.end(), index.begin(), index.end())) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) std::abort();
  }
  return 0;
}
