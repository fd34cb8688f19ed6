// Any bytes as an encoded chunk, and any bytes as a chunk to encode. Byte 0 chooses the chain, byte 1 the dtype and, in its
// highest bit, the size of the chunk.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "guarded_bytes.hpp"
#include "resonance/error.hpp"
#include "zarr/codec.hpp"

namespace {

using namespace resonance;
using namespace resonance::zarr;
using fuzz::GuardedBytes;

BloscCodec blosc(const char* cname, const char* shuffle, std::size_t typesize) {
  return {.cname = cname, .clevel = 5, .shuffle = shuffle, .typesize = typesize};
}

const std::vector<std::vector<CodecSpec>>& chains() {
  static const BytesCodec little, big{.big_endian = true};
  static const std::vector<std::vector<CodecSpec>> all = {
      {little, BloscCodec{}},
      {little, ZstdCodec{}},
      {little, GzipCodec{}},
      {little, Crc32cCodec{}},
      {TransposeCodec{{1, 2, 0}}, big, ZstdCodec{.checksum = true}},
      {little, blosc("zstd", "shuffle", 4), GzipCodec{}},
      {little, GzipCodec{}, ZstdCodec{}, Crc32cCodec{}},
      {little, blosc("zlib", "noshuffle", 1)},
      {big},
      {little, blosc("blosclz", "shuffle", 2)},
      {little, blosc("snappy", "bitshuffle", 8)},
      {little, blosc("lz4hc", "noshuffle", 1)},
      {little, blosc("zstd", "bitshuffle", 2)},
      {little, ZlibCodec{}},
      {little, Lz4Codec{}},
      {TransposeCodec{{2, 1, 0}}, big, Lz4Codec{}},
      {TransposeCodec{{2, 0, 1}}, TransposeCodec{{0, 2, 1}}, little, ZlibCodec{}, Crc32cCodec{}},
      {TransposeCodec{{2, 1, 0}}, little, blosc("blosclz", "noshuffle", 4)},
  };
  return all;
}

void decode_any(const CodecChain& chain, std::span<const std::byte> input) {
  const GuardedBytes encoded(input), out(chain.decoded_bytes());
  try {
    chain.decode(encoded.span(), out.span());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) std::abort();
  }
}

void encode_and_decode(const CodecChain& chain, std::span<const std::byte> input) {
  const GuardedBytes chunk(chain.decoded_bytes()), stored(chain.max_encoded_bytes()), back(chain.decoded_bytes());
  std::copy_n(input.begin(), std::min(input.size(), chunk.span().size()), chunk.span().begin());
  const auto length = chain.encode(chunk.span(), stored.span());
  const GuardedBytes exact(stored.span().first(length));
  chain.decode(exact.span(), back.span());
  if (!std::ranges::equal(back.span(), chunk.span())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto dtype = static_cast<DType>((data[1] & 127u) % (static_cast<unsigned>(DType::float64) + 1));
  const std::vector<std::uint64_t> shape =
      (data[1] & 128u) != 0 ? std::vector<std::uint64_t>{3, 31, 37} : std::vector<std::uint64_t>{2, 5, 7};
  const CodecChain chain(chains()[data[0] % chains().size()], dtype, shape);
  const auto input = std::as_bytes(std::span(data, size)).subspan(2);
  decode_any(chain, input);
  try {
    encode_and_decode(chain, input);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) std::abort();  // a c-blosc without that compressor
  }
  return 0;
}
