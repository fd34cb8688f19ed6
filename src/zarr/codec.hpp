/// Codecs of one chunk: bytes in, bytes out (docs/format.md, section 2). Sizes come from shape and dtype, never from a header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "resonance/json.hpp"
#include "resonance/types.hpp"

namespace resonance::zarr {

struct BytesCodec {
  bool big_endian = false;
};
struct TransposeCodec {
  std::vector<std::uint64_t> order;
};
struct BloscCodec {
  std::string cname = "lz4";
  int clevel = 1;
  std::string shuffle = "bitshuffle";
  std::size_t typesize = 1;
  std::size_t blocksize = 0;
};
struct ZstdCodec {
  int level = 1;
  bool checksum = false;
};
struct GzipCodec {
  int level = 1;
};
struct Crc32cCodec {};
struct ZlibCodec {  ///< version 2 only
  int level = 1;
};
struct Lz4Codec {  ///< version 2 only: the decoded length (4 bytes, little-endian), then one LZ4 block
  int acceleration = 1;
};
using CodecSpec = std::variant<BytesCodec, TransposeCodec, BloscCodec, ZstdCodec, GzipCodec, Crc32cCodec, ZlibCodec, Lz4Codec>;

/// array → array*, one array → bytes, bytes → bytes*, for chunks of one shape and dtype.
class CodecChain {
 public:
  CodecChain() = default;
  /// \throws Error(unsupported, corrupt) for an order that Zarr v3 forbids or parameters out of range
  CodecChain(std::vector<CodecSpec> specs, DType dtype, std::vector<std::uint64_t> chunk_shape);

  /// The chain that Resonance writes: bytes(little), then the codec. `level` -1: the default (1).
  /// \throws Error(invalid_argument) a level that the codec has not, or a compressor that this machine's c-blosc has not
  [[nodiscard]] static CodecChain for_frames(Codec codec, int level, DType dtype, std::vector<std::uint64_t> chunk_shape,
                                             const BloscOptions& blosc = {});
  /// Parse the `codecs` list of zarr.json (without sharding_indexed). \throws Error(unsupported) naming an unknown codec
  [[nodiscard]] static CodecChain from_json(const Json& codecs, DType dtype, std::vector<std::uint64_t> chunk_shape);
  [[nodiscard]] Json to_json() const;

  [[nodiscard]] std::size_t decoded_bytes() const noexcept { return decoded_bytes_; }
  [[nodiscard]] std::size_t max_encoded_bytes() const noexcept;  ///< no encoded chunk is longer
  /// Only `bytes` in native byte order: the encoded chunk is the chunk.
  [[nodiscard]] bool is_raw() const noexcept;
  /// "none", "blosc", "zstd", "gzip", "zlib", "lz4": the last compressing codec, for image_refs.compression_codec.
  [[nodiscard]] std::string name() const;

  /// Encode one chunk of decoded_bytes() into `out`, which holds at least max_encoded_bytes(). \return bytes written
  std::size_t encode(std::span<const std::byte> chunk, std::span<std::byte> out) const;
  /// How many bytes the encoded chunk takes that `in` begins with, as it says itself: to find chunks whose index is lost. Nothing when
  /// none begins there, or for a chain that Resonance does not write. That it decodes, and to what, is another question.
  [[nodiscard]] std::optional<std::size_t> encoded_length(std::span<const std::byte> in) const;
  /// Decode into exactly decoded_bytes() of `out`. Memory used beside it is bounded by max_encoded_bytes().
  /// \throws Error(corrupt) naming the codec, when the input is damaged or decodes to another size
  void decode(std::span<const std::byte> encoded, std::span<std::byte> out) const;

 private:
  std::vector<CodecSpec> specs_;
  DType dtype_ = DType::uint8;
  std::vector<std::uint64_t> chunk_shape_;
  std::size_t decoded_bytes_ = 0;
  // What the constructor derives from these.
  std::size_t first_stage_ = 0;       // in specs_: the first codec behind `bytes`
  bool swaps_ = false;                // `bytes` is not in native order
  std::vector<std::uint64_t> order_;  // all transpositions in one; empty when they change nothing
  std::vector<std::size_t> bounds_;   // longest result of each codec behind `bytes`
};

}  // namespace resonance::zarr
