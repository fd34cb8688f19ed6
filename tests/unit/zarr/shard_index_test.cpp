#include "zarr/shard_index.hpp"

#include "unit/zarr/zarr_testing.hpp"
#include "zarr/checksum.hpp"

namespace resonance::zarr {
namespace {

const std::vector<ChunkLocation> kEntries = {{0, 100}, {}, {100, 28}};

TEST(Crc32c, GivesTheCheckValueOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(ShardIndex, ReadsBackWhatWasWritten) {
  for (const bool with_crc32c : {false, true}) {
    const auto bytes = encode_shard_index(kEntries, with_crc32c);
    EXPECT_EQ(bytes.size(), with_crc32c ? 52u : 48u);
    EXPECT_EQ(decode_shard_index(bytes, 3, with_crc32c, 128), kEntries);
  }
}

TEST(ShardIndex, StoresLittleEndianPairsAsTheSpecificationSays) {
  const auto bytes = encode_shard_index(std::vector<ChunkLocation>{{0x0102, 3}}, false);
  EXPECT_EQ(bytes, bytes_of(std::string_view("\x02\x01\0\0\0\0\0\0\x03\0\0\0\0\0\0\0", 16)));
  const auto entry = encode_index_entry({0x0102, 3});
  EXPECT_EQ(Bytes(entry.begin(), entry.end()), bytes);
}

TEST(ShardIndex, RejectsAnEntryPastTheEndOfTheFile) {
  EXPECT_ERROR(decode_shard_index(encode_shard_index(kEntries, true), 3, true, 127), "corrupt",
               "entry 2 (28 bytes at 100) reaches past the end of the chunks (byte 127)");
}

TEST(ShardIndex, RejectsAnEntryWhoseEndOverflows) {
  const std::vector<ChunkLocation> entries = {{kMissing - 8, 16}};
  EXPECT_ERROR(decode_shard_index(encode_shard_index(entries, false), 1, false, 1000), "corrupt", "reaches past the end");
  const std::vector<ChunkLocation> longest = {{16, kMissing - 8}};
  EXPECT_ERROR(decode_shard_index(encode_shard_index(longest, false), 1, false, 1000), "corrupt", "reaches past the end");
}

TEST(ShardIndex, RejectsAnEntryThatLiesInTheIndex) {
  // At the end: the chunks end where the index begins. At the start: they begin where it ends.
  const auto bytes = encode_shard_index(kEntries, false);
  EXPECT_EQ(decode_shard_index(bytes, 3, false, 128), kEntries);
  EXPECT_ERROR(decode_shard_index(bytes, 3, false, 120), "corrupt",
               "entry 2 (28 bytes at 100) reaches past the end of the chunks (byte 120)");
  EXPECT_ERROR(decode_shard_index(bytes, 3, false, 1000, 48), "corrupt", "entry 0 (100 bytes at 0) lies in the shard index");
  const std::vector<ChunkLocation> behind = {{48, 100}, {}, {148, 0}};
  EXPECT_EQ(decode_shard_index(encode_shard_index(behind, false), 3, false, 148, 48), behind);
}

TEST(ShardIndex, TakesEntriesInAnyOrderAndThatShareBytes) {
  const std::vector<ChunkLocation> entries = {{50, 50}, {0, 100}, {50, 50}, {100, 0}};
  EXPECT_EQ(decode_shard_index(encode_shard_index(entries, true), 4, true, 100), entries);
}

TEST(ShardIndex, RejectsAnEntryOfWhichOneHalfIsMissing) {
  for (const ChunkLocation half : {ChunkLocation{kMissing, 5}, ChunkLocation{5, kMissing}})
    EXPECT_ERROR(decode_shard_index(encode_shard_index(std::vector{half}, false), 1, false, 1000), "corrupt",
                 "entry 0 has only one half marked missing");
}

TEST(ShardIndex, RejectsAFlippedBitWhenItHasAChecksum) {
  auto bytes = encode_shard_index(kEntries, true);
  bytes[3] ^= std::byte{1};
  EXPECT_ERROR(decode_shard_index(bytes, 3, true, 1000), "corrupt", "shard index: crc32c is");
}

TEST(ShardIndex, RejectsAnotherLength) {
  const auto bytes = encode_shard_index(kEntries, true);
  EXPECT_ERROR(decode_shard_index(bytes, 3, false, 1000), "corrupt", "52 bytes cannot hold 3 chunks");
  EXPECT_ERROR(decode_shard_index(bytes, 4, true, 1000), "corrupt", "52 bytes cannot hold 4 chunks and a crc32c");
  EXPECT_ERROR(decode_shard_index({}, 1, true, 1000), "corrupt", "0 bytes cannot hold 1 chunks");
  EXPECT_ERROR(decode_shard_index(bytes, std::size_t{1} << 60, true, 1000), "corrupt", "cannot hold");
}

}  // namespace
}  // namespace resonance::zarr
