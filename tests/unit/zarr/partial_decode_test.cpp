/// A part of a chunk without the rest of it.
#include "zarr/partial_decode.hpp"

#include <random>

#include "support/fails.hpp"
#include "unit/zarr/zarr_testing.hpp"

namespace resonance::zarr {
namespace {

Bytes noisy(std::size_t size) {
  std::mt19937 random(5);
  Bytes out(size);
  for (std::size_t i = 0; i < size; i += 2) out[i] = static_cast<std::byte>(random() % 60);
  return out;
}

Bytes encoded_by(const CodecChain& chain, const Bytes& chunk) {
  Bytes out(chain.max_encoded_bytes());
  out.resize(chain.encode(chunk, out));
  return out;
}

constexpr std::uint64_t kRows = 300, kColumns = 500;
const std::vector<std::uint64_t> kShape{1, kRows, kColumns};

}  // namespace

TEST(ARangeOfAChunk, IsWhatTheWholeChunkHasThere) {
  for (const auto shuffle : {Shuffle::none, Shuffle::bytes, Shuffle::bits})
    for (const int level : {0, 1, 9})
      for (const char* compressor : {"lz4", "zstd", "blosclz"}) {
        const auto chain = CodecChain::for_frames(Codec::blosc, level, DType::uint16, kShape, {shuffle, compressor});
        const auto chunk = noisy(chain.decoded_bytes());
        const auto encoded = encoded_by(chain, chunk);
        const RangeDecoder decoder(chain);
        ASSERT_TRUE(decoder.possible());
        ASSERT_GT(decoder.block_bytes(encoded), 0);
        for (const auto& [offset, size] : {std::pair<std::size_t, std::size_t>{0, 2},
                                           {0, chunk.size()},
                                           {chunk.size() - 2, 2},
                                           {131070, 4},
                                           {77'778, 100'002},
                                           {1000, 0}}) {
          Bytes out(size, std::byte{0xAA});
          ASSERT_TRUE(decoder.decode(encoded, offset, out));
          EXPECT_TRUE(std::equal(out.begin(), out.end(), chunk.begin() + static_cast<std::ptrdiff_t>(offset))) << offset << " " << size;
        }
        Bytes odd(3);
        EXPECT_FALSE(decoder.decode(encoded, 0, odd)) << "half an element";
      }
}

TEST(ARangeOfAChunk, IsNotToBeHadFromOtherChains) {
  for (const auto codec : {Codec::none, Codec::zstd, Codec::gzip})
    EXPECT_FALSE(RangeDecoder(CodecChain::for_frames(codec, -1, DType::uint16, kShape)).possible()) << to_string(codec);
  const CodecChain swapped({BytesCodec{.big_endian = true}, BloscCodec{.typesize = 2}}, DType::uint16, kShape);
  EXPECT_FALSE(RangeDecoder(swapped).possible());
  const CodecChain turned({TransposeCodec{{0, 2, 1}}, BytesCodec{}, BloscCodec{.typesize = 2}}, DType::uint16, kShape);
  EXPECT_FALSE(RangeDecoder(turned).possible());
  EXPECT_FALSE(RangeDecoder().possible());
}

TEST(ARangeOfAChunk, OfDamagedBytesIsAnErrorOrRefusedNeverACrash) {
  for (const int level : {0, 1}) {
    const auto chain = CodecChain::for_frames(Codec::blosc, level, DType::uint16, kShape);
    const auto chunk = noisy(chain.decoded_bytes());
    const auto good = encoded_by(chain, chunk);
    const RangeDecoder decoder(chain);
    std::mt19937 random(11);
    Bytes out(20'000);
    std::size_t refused = 0;
    for (int i = 0; i < 3000; ++i) {
      Bytes bad = good;
      if (i % 10 == 9) bad.resize(random() % bad.size());
      const auto where = i % 2 == 0 ? std::min<std::size_t>(bad.size(), 200) : bad.size();
      for (int flips = 0; flips < 1 + i % 4 && where > 0; ++flips) bad[random() % where] = static_cast<std::byte>(random());
      if (decoder.block_bytes(bad) == 0) {
        ++refused;
        continue;
      }
      try {
        (void)decoder.decode(bad, random() % 10 * 28'000, out);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::corrupt);
        ++refused;
      }
    }
    EXPECT_GT(refused, 100);
    EXPECT_EQ(decoder.block_bytes({}), 0);
    EXPECT_EQ(decoder.block_bytes(std::span(good).first(15)), 0);
    EXPECT_EQ(decoder.block_bytes(std::span(good).first(good.size() - 1)), 0);
  }
}

}  // namespace resonance::zarr
