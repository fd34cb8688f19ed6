// Encoded chunks whose headers lie: the right error, nothing written outside the chunk, no memory that only the header asks for.
#include <blosc.h>
#include <fmt/format.h>

#include "unit/zarr/zarr_testing.hpp"
#include "zarr/byte_order.hpp"
#include "zarr/codec.hpp"

namespace resonance::zarr {
namespace {

using Specs = std::vector<CodecSpec>;

CodecChain chain_of(CodecSpec compressor, std::uint64_t bytes) {
  return {Specs{BytesCodec{}, std::move(compressor)}, DType::uint8, {bytes}};
}

Bytes encoded(const CodecChain& chain, std::span<const std::byte> chunk) {
  Bytes out(chain.max_encoded_bytes());
  out.resize(chain.encode(chunk, out));
  return out;
}

std::string refusal(const CodecChain& chain, std::span<const std::byte> stored) {
  return error_of([&] {
    Bytes out(chain.decoded_bytes());
    chain.decode(stored, out);
  });
}

template <class Number>
Bytes with_number(Bytes bytes, std::size_t at, Number number) {
  store_little(bytes.data() + at, number);
  return bytes;
}

/// 256 KiB in several blocks, each of two streams where the compressor is one that is split.
class BloscLies : public testing::TestWithParam<const char*> {
 protected:
  static Bytes compressible() {
    auto bytes = noisy_bytes(1 << 18);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (i % 61 != 0) bytes[i] = static_cast<std::byte>(i / 999);
    return bytes;
  }
  const CodecChain chain_ =
      chain_of(BloscCodec{.cname = GetParam(), .clevel = 5, .shuffle = "shuffle", .typesize = 2, .blocksize = 16384}, 1 << 18);
  const Bytes stored_ = encoded(chain_, compressible());
  const std::uint32_t blocksize_ = load_little<std::uint32_t>(stored_.data() + 8);
};

TEST_P(BloscLies, InTheHeaderAreRefused) {
  EXPECT_EQ(refusal(chain_, stored_), "");
  EXPECT_LE(blocksize_, 1u << 17) << "more than one block";
  for (const std::uint32_t number : {0u, 1u, 15u, 1000u, (1u << 18) + 1, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    const auto content = refusal(chain_, with_number(stored_, 4, number));
    EXPECT_TRUE(content.starts_with("corrupt: blosc: ")) << "content " << number << ": " << content;
    const auto blocksize = refusal(chain_, with_number(stored_, 8, number));
    EXPECT_TRUE(blocksize.starts_with("corrupt: blosc: ")) << "blocksize " << number << ": " << blocksize;
    const auto length = refusal(chain_, with_number(stored_, 12, number));
    EXPECT_TRUE(length.starts_with("corrupt: blosc: ")) << "length " << number << ": " << length;
  }
  for (int flags = 0; flags < 256; ++flags) {
    const auto error = refusal(chain_, with_number(stored_, 2, static_cast<std::uint8_t>(flags)));
    EXPECT_TRUE(error.empty() || error.starts_with("corrupt: blosc: ")) << flags << ": " << error;
    const auto typesize = refusal(chain_, with_number(stored_, 3, static_cast<std::uint8_t>(flags)));
    EXPECT_TRUE(typesize.empty() || typesize.starts_with("corrupt: blosc: ")) << flags << ": " << typesize;
  }
  EXPECT_EQ(refusal(chain_, with_number(stored_, 3, std::uint8_t{0})),
            fmt::format("corrupt: blosc: the header says typesize 0, blocksize {}", blocksize_));
}

TEST_P(BloscLies, AboutWhereBlocksAndStreamsLieAreRefused) {
  for (const std::uint32_t at : {0u, 16u, 23u})
    EXPECT_EQ(refusal(chain_, with_number(stored_, 20, at)), fmt::format("corrupt: blosc: block 1 begins at byte {}, in the header", at));
  for (const std::uint32_t at :
       {0xffffffffu, 0x80000000u, static_cast<std::uint32_t>(stored_.size()), static_cast<std::uint32_t>(stored_.size() - 3)})
    EXPECT_EQ(refusal(chain_, with_number(stored_, 16, at)),
              fmt::format("corrupt: blosc: a stream begins at byte {} of {}", at, stored_.size()));
  const auto first = load_little<std::uint32_t>(stored_.data() + 16);
  for (const std::uint32_t length : {0xffffffffu, 0x80000000u, static_cast<std::uint32_t>(stored_.size())})
    EXPECT_EQ(refusal(chain_, with_number(stored_, first, length)),
              fmt::format("corrupt: blosc: a stream of {} bytes at byte {} of {}", length, first + 4, stored_.size()));
}

INSTANTIATE_TEST_SUITE_P(Compressors, BloscLies, testing::Values("blosclz", "lz4", "lz4hc", "zlib", "zstd"),
                         [](const auto& test) { return std::string(test.param); });

TEST(BloscStreams, AMatchWhoseLengthOverflowsIsRefused) {
  // 16 literals, then a match of 2^31 bytes and more: 255 for each byte ff. c-blosc 1.21.3 adds them up in an int and writes in
  // front of the buffer.
  constexpr std::uint32_t kContent = 32u << 20, kRun = 8'421'505;
  Bytes stored(16 + 4 + 4);
  stored[0] = std::byte{BLOSC_VERSION_FORMAT};
  stored[1] = std::byte{1};
  stored[2] = std::byte{0x10};  // BloscLZ, not split
  stored[3] = std::byte{1};
  stored.push_back(std::byte{15});
  stored.resize(stored.size() + 16);
  stored.push_back(std::byte{7 << 5});
  stored.resize(stored.size() + kRun, std::byte{0xff});
  stored.resize(stored.size() + 40);
  for (const std::size_t at : {4, 8}) store_little(stored.data() + at, kContent);
  store_little(stored.data() + 12, static_cast<std::uint32_t>(stored.size()));
  store_little(stored.data() + 16, std::uint32_t{20});
  store_little(stored.data() + 20, static_cast<std::uint32_t>(stored.size() - 24));
  EXPECT_EQ(refusal(chain_of(BloscCodec{}, kContent), stored), "corrupt: blosc: a match longer than any block");
}

TEST(BloscStreams, LongStoredBytesAreNoMatch) {
  const auto chain =
      chain_of(BloscCodec{.cname = "blosclz", .clevel = 9, .shuffle = "noshuffle", .typesize = 1, .blocksize = 0}, 16u << 20);
  const Bytes white(16u << 20, std::byte{0xff});
  const auto stored = encoded(chain, white);
  EXPECT_EQ(refusal(chain, stored), "");
  Bytes copied(16 + white.size(), std::byte{0xff});
  std::ranges::copy(std::span(stored).first(16), copied.begin());
  copied[2] = std::byte{0x02};  // stored as it is
  EXPECT_EQ(refusal(chain, with_number(copied, 12, static_cast<std::uint32_t>(copied.size()))), "");
}

TEST(BloscStreams, OldZstdFormatsAreRefused) {
  const auto chain = chain_of(BloscCodec{.cname = "zstd", .clevel = 5, .shuffle = "noshuffle"}, 4096);
  const auto stored = encoded(chain, noisy_bytes(4096));
  const auto first = load_little<std::uint32_t>(stored.data() + 16) + 4;
  EXPECT_EQ(load_little<std::uint32_t>(stored.data() + first), 0xFD2FB528u);
  EXPECT_EQ(refusal(chain, with_number(stored, first, 0xFD2FB527u)), "corrupt: blosc: a stream that is no zstd frame");
}

TEST(ZstdLies, ContentSizeAndWindowAreNotBelieved) {
  const auto chain = chain_of(ZstdCodec{}, 100);
  // magic, descriptor (single segment, 8 bytes of content size), 2^63 bytes; then: a window of 2^41 bytes and no content size
  EXPECT_EQ(refusal(chain, bytes_of(std::string_view("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x80\1\0\0", 16))),
            "corrupt: zstd: the frame says it holds 9223372036854775808 bytes, there is room for 100");
  EXPECT_TRUE(refusal(chain, bytes_of(std::string_view("\x28\xb5\x2f\xfd\0\xff\1\0\0", 9))).starts_with("corrupt: zstd: "));
  auto two = encoded(chain, noisy_bytes(100));
  const auto one = two;
  two.insert(two.end(), one.begin(), one.end());
  EXPECT_TRUE(refusal(chain, two).starts_with("corrupt: zstd: the frame says it holds 100 bytes, there is room for 0"))
      << refusal(chain, two);
}

TEST(GzipLies, LengthAndTrailingBytesAreNotBelieved) {
  const auto chain = chain_of(GzipCodec{}, 100);
  const auto stored = encoded(chain, noisy_bytes(100));
  for (const std::uint32_t isize : {0u, 99u, 0xffffffffu})
    EXPECT_EQ(refusal(chain, with_number(stored, stored.size() - 4, isize)), "corrupt: gzip: the data are damaged");
  auto longer = stored;
  longer.push_back(std::byte{7});
  EXPECT_EQ(refusal(chain, longer), "corrupt: gzip: damaged data or garbage after the first member");
}

TEST(ZlibLies, TrailingBytesAndOtherFramingsAreRefused) {
  const auto chain = chain_of(ZlibCodec{}, 100);
  const auto chunk = noisy_bytes(100);
  auto stored = encoded(chain, chunk);
  EXPECT_EQ(refusal(chain, stored), "");
  EXPECT_EQ(stored[0], std::byte{0x78});
  stored.push_back(std::byte{0});
  EXPECT_EQ(refusal(chain, stored), "corrupt: zlib: 1 bytes of garbage behind the data");
  stored.resize(stored.size() - 2);
  EXPECT_TRUE(refusal(chain, stored).starts_with("corrupt: zlib: the data ")) << refusal(chain, stored);
  EXPECT_EQ(refusal(chain, encoded(chain_of(GzipCodec{}, 100), chunk)), "corrupt: zlib: the data are damaged");
  EXPECT_EQ(refusal(chain_of(ZlibCodec{}, 99), encoded(chain, chunk)), "corrupt: zlib: the data hold more than 99 bytes");
}

TEST(Lz4Lies, ThePrefixIsNotBelieved) {
  const auto chain = chain_of(Lz4Codec{}, 100);
  const auto stored = encoded(chain, noisy_bytes(100));
  EXPECT_EQ(load_little<std::uint32_t>(stored.data()), 100u);
  for (const std::uint32_t prefix : {101u, 0x7fffffffu, 0xffffffffu})
    EXPECT_EQ(refusal(chain, with_number(stored, 0, prefix)),
              fmt::format("corrupt: lz4: the data say they hold {} bytes, there is room for 100", prefix));
  for (const std::uint32_t prefix : {0u, 99u})
    EXPECT_EQ(refusal(chain, with_number(stored, 0, prefix)), "corrupt: lz4: the data are damaged");
  for (const std::size_t length : {0, 3, 4})
    EXPECT_EQ(refusal(chain, std::span(stored).first(length)), fmt::format("corrupt: lz4: {} bytes are no LZ4 block", length));
  EXPECT_EQ(refusal(chain_of(Lz4Codec{}, 200), stored), "corrupt: lz4: the chunk decodes to 100 bytes instead of 200");
}

TEST(DecompressionBombs, StopAtTheSizeOfTheChunk) {
  const Bytes zeros(16u << 20);
  for (const CodecSpec& codec : Specs{GzipCodec{.level = 9}, ZlibCodec{.level = 9}, ZstdCodec{}, Lz4Codec{}, BloscCodec{}}) {
    const auto bomb = encoded(chain_of(codec, zeros.size()), zeros);
    const auto chain = chain_of(codec, 1000);
    EXPECT_TRUE(refusal(chain, bomb).starts_with("corrupt: " + chain.name() + ": ")) << refusal(chain, bomb);
    const CodecChain twice(Specs{BytesCodec{}, ZstdCodec{}, codec}, DType::uint8, {1000});
    EXPECT_TRUE(refusal(twice, bomb).starts_with("corrupt: ")) << refusal(twice, bomb);
  }
}

TEST(CodecChain, GivesBackChunksThroughTheCodecsOfVersion2) {
  for (const auto dtype : kAllDTypes) {
    for (const CodecSpec& codec : Specs{ZlibCodec{.level = 0}, ZlibCodec{.level = 9}, Lz4Codec{}, Lz4Codec{.acceleration = 50}}) {
      const CodecChain chain(Specs{TransposeCodec{{2, 1, 0}}, BytesCodec{.big_endian = true}, codec}, dtype, {3, 17, 31});
      const auto chunk = noisy_bytes(chain.decoded_bytes());
      Bytes back(chunk.size());
      chain.decode(encoded(chain, chunk), back);
      EXPECT_EQ(back, chunk) << chain.name() << " " << to_string(dtype);
    }
  }
}

}  // namespace
}  // namespace resonance::zarr
