#include "zarr/codec.hpp"

#include <zstd.h>

#include <thread>

#include "unit/zarr/zarr_testing.hpp"

namespace resonance::zarr {
namespace {

using Shape = std::vector<std::uint64_t>;

Bytes encoded(const CodecChain& chain, std::span<const std::byte> chunk) {
  Bytes out(chain.max_encoded_bytes());
  out.resize(chain.encode(chunk, out));
  return out;
}

Bytes decoded(const CodecChain& chain, std::span<const std::byte> bytes) {
  Bytes out(chain.decoded_bytes());
  chain.decode(bytes, out);
  return out;
}

CodecChain chain_of(std::string_view json, DType dtype, Shape shape) {
  return CodecChain::from_json(Json::parse(json), dtype, std::move(shape));
}

constexpr const char* kChains[] = {
    R"(["bytes"])",
    R"([{"name":"bytes","configuration":{"endian":"big"}}])",
    R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}])",
    R"(["bytes",{"name":"blosc","configuration":{"cname":"lz4","clevel":1,"shuffle":"bitshuffle","typesize":2,"blocksize":0}}])",
    R"(["bytes",{"name":"blosc","configuration":{"cname":"zstd","clevel":5,"shuffle":"shuffle","typesize":4,"blocksize":4096}}])",
    R"(["bytes",{"name":"blosc","configuration":{"cname":"zlib","clevel":9,"shuffle":"noshuffle"}}])",
    R"(["bytes",{"name":"blosc","configuration":{"cname":"lz4hc","clevel":0,"shuffle":"shuffle","typesize":8,"blocksize":0}}])",
    R"(["bytes",{"name":"blosc","configuration":{"cname":"blosclz","clevel":3,"shuffle":"shuffle","typesize":2,"blocksize":0}}])",
    R"(["bytes",{"name":"zstd","configuration":{"level":0,"checksum":false}}])",
    R"(["bytes",{"name":"zstd","configuration":{"level":-5,"checksum":true}},"crc32c"])",
    R"(["bytes",{"name":"gzip","configuration":{"level":0}}])",
    R"(["bytes",{"name":"gzip","configuration":{"level":9}}])",
    R"([{"name":"transpose","configuration":{"order":[2,0,1]}},{"name":"bytes","configuration":{"endian":"big"}},{"name":"zstd","configuration":{"level":3}}])",
    R"([{"name":"transpose","configuration":{"order":[2,0,1]}},{"name":"transpose","configuration":{"order":[1,0,2]}},"bytes"])",
    R"(["bytes","crc32c",{"name":"gzip","configuration":{"level":1}},"crc32c",{"name":"zstd","configuration":{"level":1}},"crc32c","crc32c"])",
};

TEST(CodecChain, GivesBackEveryDTypeThroughEveryCodec) {
  for (const auto dtype : kAllDTypes) {
    for (const auto* json : kChains) {
      SCOPED_TRACE(std::string(to_string(dtype)) + " " + json);
      const auto chain = chain_of(json, dtype, {3, 17, 31});
      const auto chunk = noisy_bytes(chain.decoded_bytes());
      const auto stored = encoded(chain, chunk);
      EXPECT_LE(stored.size(), chain.max_encoded_bytes());
      EXPECT_EQ(decoded(chain, stored), chunk);
      const auto again = CodecChain::from_json(chain.to_json(), dtype, {3, 17, 31});
      EXPECT_EQ(again.to_json(), chain.to_json());
      EXPECT_EQ(encoded(again, chunk), stored);
    }
  }
}

TEST(CodecChain, ForFramesGivesBackIncompressibleAndEmptyFrames) {
  for (const auto codec : {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip}) {
    const auto chain = CodecChain::for_frames(codec, -1, DType::uint16, {1, 300, 200});
    EXPECT_EQ(chain.name(), to_string(codec));
    EXPECT_EQ(chain.is_raw(), codec == Codec::none);
    Bytes noise(chain.decoded_bytes());
    std::mt19937_64 random(1);
    for (auto& byte : noise) byte = static_cast<std::byte>(random());
    EXPECT_EQ(decoded(chain, encoded(chain, noise)), noise);
    const Bytes black(chain.decoded_bytes());
    EXPECT_EQ(decoded(chain, encoded(chain, black)), black);
    EXPECT_LE(encoded(chain, black).size(), codec == Codec::none ? black.size() : black.size() / 50);
  }
}

TEST(CodecChain, ForFramesWritesAllMembersOfBlosc) {
  EXPECT_EQ(CodecChain::for_frames(Codec::blosc, -1, DType::uint16, {1, 2, 2}).to_json().dump(),
            Json::parse(R"([{"name":"bytes","configuration":{"endian":"little"}},
              {"name":"blosc","configuration":{"cname":"lz4","clevel":1,"shuffle":"bitshuffle","typesize":2,"blocksize":0}}])")
                .dump());
}

TEST(CodecChain, ForFramesRefusesALevelThatTheCodecHasNot) {
  EXPECT_ERROR(CodecChain::for_frames(Codec::gzip, 10, DType::uint16, {1, 2, 2}), "invalid_argument",
               "compression level 10 of gzip is not from 0 to 9");
  EXPECT_ERROR(CodecChain::for_frames(Codec::zstd, 23, DType::uint16, {1, 2, 2}), "invalid_argument", "level 23 of zstd");
}

TEST(CodecChain, TransposesAsNumPyDoes) {
  // np.arange(6, dtype="u1").reshape(1, 2, 3).transpose(2, 0, 1)
  const auto chain = chain_of(R"([{"name":"transpose","configuration":{"order":[2,0,1]}},"bytes"])", DType::uint8, {1, 2, 3});
  EXPECT_EQ(encoded(chain, bytes_of(std::string_view("\0\1\2\3\4\5", 6))), bytes_of(std::string_view("\0\3\1\4\2\5", 6)));
  EXPECT_FALSE(chain.is_raw());
}

TEST(CodecChain, SwapsBigEndianElements) {
  const auto chain = chain_of(R"([{"name":"bytes","configuration":{"endian":"big"}}])", DType::uint32, {2});
  const std::uint32_t values[] = {0x01020304, 5};
  EXPECT_EQ(encoded(chain, std::as_bytes(std::span(values))), bytes_of(std::string_view("\1\2\3\4\0\0\0\5", 8)));
}

TEST(CodecChain, ReadsGzipOfSeveralMembers) {
  const auto half = CodecChain::for_frames(Codec::gzip, 1, DType::uint8, {500});
  const auto chunk = noisy_bytes(1000);
  auto stored = encoded(half, std::span(chunk).first(500));
  const auto second = encoded(half, std::span(chunk).last(500));
  stored.insert(stored.end(), second.begin(), second.end());
  EXPECT_EQ(decoded(CodecChain::for_frames(Codec::gzip, 1, DType::uint8, {1000}), stored), chunk);
}

TEST(CodecChain, ReadsZstdThatDoesNotSayItsLength) {
  const auto chunk = noisy_bytes(5000);
  Bytes stored(ZSTD_compressBound(chunk.size()));
  auto* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  stored.resize(ZSTD_compress2(context, stored.data(), stored.size(), chunk.data(), chunk.size()));
  ZSTD_freeCCtx(context);
  EXPECT_EQ(decoded(CodecChain::for_frames(Codec::zstd, 1, DType::uint8, {5000}), stored), chunk);
}

TEST(CodecChain, RefusesHeadersThatLieAboutTheLength) {
  for (const auto codec : {Codec::blosc, Codec::zstd, Codec::gzip}) {
    const auto name = std::string(to_string(codec));
    const auto chain = CodecChain::for_frames(codec, 1, DType::uint16, {10, 10});
    for (const std::uint64_t rows : {9u, 11u, 4000u}) {
      const auto other = CodecChain::for_frames(codec, 1, DType::uint16, {rows, 10});
      const auto stored = encoded(other, noisy_bytes(other.decoded_bytes()));
      EXPECT_ERROR(decoded(chain, stored), "corrupt", name);
    }
  }
  const auto blosc = CodecChain::for_frames(Codec::blosc, 1, DType::uint16, {10, 10});
  auto stored = encoded(blosc, noisy_bytes(200));
  stored[5] = std::byte{0xff};  // nbytes, second byte
  EXPECT_ERROR(decoded(blosc, stored), "corrupt", "blosc: the header says it holds");
  EXPECT_ERROR(decoded(CodecChain::for_frames(Codec::zstd, 1, DType::uint8, {3}), bytes_of("abc")), "corrupt",
               "zstd: 3 bytes that are no zstd frame");
}

TEST(CodecChain, RefusesTruncatedInputAndGarbageBehindIt) {
  for (const auto codec : {Codec::none, Codec::blosc, Codec::zstd, Codec::gzip}) {
    const auto chain = CodecChain::for_frames(codec, 1, DType::uint16, {10, 10});
    auto stored = encoded(chain, noisy_bytes(200));
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{15}, stored.size() - 1})
      EXPECT_ERROR(decoded(chain, std::span(stored).first(length)), "corrupt", to_string(codec));
    stored.push_back(std::byte{0});
    EXPECT_ERROR(decoded(chain, stored), "corrupt", to_string(codec));
  }
}

TEST(CodecChain, NeverGivesAWrongChunkForAFlippedBitUnderAChecksum) {
  const auto chain = chain_of(
      R"(["bytes",{"name":"blosc","configuration":{"cname":"lz4","clevel":1,"shuffle":"bitshuffle","typesize":2,"blocksize":0}},"crc32c"])",
      DType::uint16, {8, 16});
  const auto stored = encoded(chain, noisy_bytes(256));
  for (std::size_t at = 0; at < stored.size(); ++at) {
    auto damaged = stored;
    damaged[at] ^= std::byte{0x10};
    EXPECT_ERROR(decoded(chain, damaged), "corrupt", "crc32c: the chunk says");
  }
  EXPECT_ERROR(decoded(chain, bytes_of("ab")), "corrupt", "crc32c: 2 bytes cannot hold a checksum");
}

TEST(CodecChain, SurvivesAnyDamageWithoutAChecksum) {
  for (const auto* json : kChains) {
    const auto chain = chain_of(json, DType::uint16, {3, 17, 31});
    const auto stored = encoded(chain, noisy_bytes(chain.decoded_bytes()));
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
      auto damaged = stored;
      for (int i = 0; i < 3; ++i)
        damaged[random() % (round % 2 == 0 ? std::min<std::size_t>(40, damaged.size()) : damaged.size())] =
            static_cast<std::byte>(random());
      const auto said = error_of([&] { decoded(chain, damaged); });
      EXPECT_TRUE(said.empty() || said.starts_with("corrupt: ")) << said;
    }
  }
}

TEST(CodecChain, RefusesForbiddenOrdersAndParameters) {
  const auto refusal = [](std::string_view json) { return error_of([&] { chain_of(json, DType::uint16, {4, 4}); }); };
  EXPECT_EQ(refusal("[]"), "corrupt: codecs: the chain has no 'bytes' codec");
  EXPECT_EQ(refusal(R"([{"name":"gzip","configuration":{"level":1}},"bytes"])"),
            "corrupt: codecs: a bytes -> bytes codec stands before 'bytes'");
  EXPECT_EQ(refusal(R"(["bytes","bytes"])"), "corrupt: codecs: the chain has more than one 'bytes' codec");
  EXPECT_EQ(refusal(R"(["bytes",{"name":"transpose","configuration":{"order":[1,0]}}])"),
            "corrupt: codecs: 'transpose' stands behind 'bytes'");
  EXPECT_EQ(refusal(R"([{"name":"transpose","configuration":{"order":[1,1]}},"bytes"])"),
            "corrupt: codecs: transpose order is no permutation of 2 axes");
  EXPECT_EQ(refusal(R"([{"name":"transpose","configuration":{"order":"F"}},"bytes"])"), "corrupt: codec transpose: order is no list");
  EXPECT_EQ(refusal(R"(["bytes",{"name":"lzma"}])"), "unsupported: unknown codec 'lzma'");
  EXPECT_EQ(refusal(R"(["bytes",{"name":"gzip"}])"), "corrupt: codec gzip has no member 'level'");
  EXPECT_EQ(refusal(R"(["bytes",{"name":"gzip","configuration":{"level":10}}])"), "corrupt: codec gzip: level is no integer from 0 to 9");
  EXPECT_EQ(refusal(R"(["bytes",{"name":"gzip","configuration":{"level":1,"window":9}}])"),
            "unsupported: codec gzip has the unknown member 'window'");
  EXPECT_EQ(
      refusal(R"(["bytes",{"name":"blosc","configuration":{"cname":"lz5","clevel":1,"shuffle":"shuffle","typesize":2,"blocksize":0}}])"),
      "unsupported: codecs: blosc cname 'lz5' is not one of blosclz, lz4, lz4hc, snappy, zlib, zstd");
  EXPECT_EQ(refusal(R"([{"name":"bytes","configuration":{"endian":"middle"}}])"),
            "corrupt: codec bytes: endian 'middle' is neither little nor big");
  EXPECT_EQ(refusal(R"(["bytes","crc32c","crc32c","crc32c","crc32c","crc32c","crc32c","crc32c","crc32c"])"),
            "unsupported: codecs: 9 in a chain; at most 8 are read");
}

TEST(CodecChain, RefusesChunksOverItsLimits) {
  const auto refusal = [](Codec codec, Shape shape) {
    return error_of([&] { static_cast<void>(CodecChain::for_frames(codec, 1, DType::uint16, std::move(shape))); });
  };
  EXPECT_EQ(refusal(Codec::none, {1ull << 32, 1ull << 32}), "corrupt: codecs: the size of a chunk overflows 64 bits");
  EXPECT_EQ(refusal(Codec::none, {1ull << 31, 2}), "unsupported: codecs: a chunk of 8589934592 bytes; at most 4294967296 are read");
  EXPECT_EQ(refusal(Codec::none, {0, 2}), "corrupt: codecs: a chunk of length 0");
  EXPECT_EQ(refusal(Codec::blosc, {1ull << 30}), "unsupported: codecs: blosc holds less than 2 GiB, a chunk has 2147483648 bytes");
}

TEST(CodecChain, RefusesBuffersOfAnotherSize) {
  const auto chain = CodecChain::for_frames(Codec::zstd, 1, DType::uint16, {4, 4});
  Bytes chunk(32), small(3);
  EXPECT_ERROR(chain.encode(chunk, small), "invalid_argument", "the buffer for an encoded chunk has 3 bytes");
  EXPECT_ERROR(chain.encode(small, chunk), "invalid_argument", "a chunk to encode has 3 bytes, not 32");
  EXPECT_ERROR(chain.decode(chunk, small), "invalid_argument", "the buffer for a decoded chunk has 3 bytes, not 32");
}

TEST(CodecChain, ServesSeveralThreadsAtOnce) {
  const auto work = [](unsigned seed) {
    for (const auto codec : {Codec::blosc, Codec::zstd, Codec::gzip}) {
      const auto chain = CodecChain::for_frames(codec, 1, DType::uint16, {64, 64});
      for (unsigned i = 0; i < 20; ++i) {
        const auto chunk = noisy_bytes(chain.decoded_bytes(), seed + i);
        ASSERT_EQ(decoded(chain, encoded(chain, chunk)), chunk);
      }
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, 100 * i);
}

}  // namespace
}  // namespace resonance::zarr
