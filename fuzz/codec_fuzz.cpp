// Any bytes as an encoded chunk, and any bytes as a chunk to encode. Byte 0 chooses the chain, byte 1 the dtype.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>
#include <vector>

#include "resonance/error.hpp"
#include "zarr/codec.hpp"

namespace {

using namespace resonance;
using namespace resonance::zarr;

std::vector<CodecSpec> specs_of(unsigned choice) {
  const BytesCodec little, big{.big_endian = true};
  switch (choice % 9) {
    case 0:
      return {little, BloscCodec{}};
    case 1:
      return {little, ZstdCodec{}};
    case 2:
      return {little, GzipCodec{}};
    case 3:
      return {little, Crc32cCodec{}};
    case 4:
      return {TransposeCodec{{1, 2, 0}}, big, ZstdCodec{.checksum = true}};
    case 5:
      return {little, BloscCodec{.cname = "zstd", .shuffle = "shuffle", .typesize = 4}, GzipCodec{}};
    case 6:
      return {little, GzipCodec{}, ZstdCodec{}, Crc32cCodec{}};
    case 7:
      return {little, BloscCodec{.cname = "zlib", .shuffle = "noshuffle"}};
    default:
      return {big};
  }
}

void decode_any(const CodecChain& chain, std::span<const std::byte> input) {
  std::vector<std::byte> out(chain.decoded_bytes());
  try {
    chain.decode(input, out);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) std::abort();
  }
}

void encode_and_decode(const CodecChain& chain, std::span<const std::byte> input) {
  std::vector<std::byte> chunk(chain.decoded_bytes()), stored(chain.max_encoded_bytes()), back(chain.decoded_bytes());
  std::copy_n(input.begin(), std::min(input.size(), chunk.size()), chunk.begin());
  stored.resize(chain.encode(chunk, stored));
  chain.decode(stored, back);
  if (back != chunk) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto dtype = static_cast<DType>(data[1] % (static_cast<unsigned>(DType::float64) + 1));
  const CodecChain chain(specs_of(data[0]), dtype, {2, 5, 7});
  const auto input = std::as_bytes(std::span(data, size)).subspan(2);
  decode_any(chain, input);
  encode_and_decode(chain, input);
  return 0;
}
