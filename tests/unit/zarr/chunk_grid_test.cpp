#include "zarr/chunk_grid.hpp"

#include "unit/zarr/zarr_testing.hpp"

namespace resonance::zarr {
namespace {

ArrayMetadata array_of(std::vector<std::uint64_t> shape, std::vector<std::uint64_t> file, std::vector<std::uint64_t> chunk = {}) {
  ArrayMetadata metadata;
  metadata.shape = std::move(shape);
  metadata.grid_shape = std::move(file);
  if (!chunk.empty()) metadata.sharding = Sharding{.chunk_shape = std::move(chunk)};
  return metadata;
}

using Position = std::vector<std::uint64_t>;

TEST(ChunkKey, FollowsTheKeyEncoding) {
  ArrayMetadata metadata;
  EXPECT_EQ(chunk_key(metadata, Position{3, 0, 12}), "c/3/0/12");
  EXPECT_EQ(chunk_key(metadata, Position{}), "c");
  metadata.key_separator = '.';
  EXPECT_EQ(chunk_key(metadata, Position{3, 0, 12}), "c.3.0.12");
  metadata.key_encoding = "v2";
  EXPECT_EQ(chunk_key(metadata, Position{3, 0, 12}), "3.0.12");
  EXPECT_EQ(chunk_key(metadata, Position{}), "0");
}

TEST(FrameParts, AreOneForAFrameAChunk) {
  const auto parts = frame_parts(array_of({1000, 64, 48}, {200, 64, 48}, {1, 64, 48}), 457);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].grid_position, (Position{2, 0, 0}));
  EXPECT_EQ(parts[0].chunk_in_shard, 57u);
  EXPECT_EQ(parts[0].frame_in_chunk, 0u);
  EXPECT_EQ(parts[0].rows, 64u);
  EXPECT_EQ(parts[0].columns, 48u);
}

TEST(FrameParts, FindAFrameAmongSeveralInAChunk) {
  const auto parts = frame_parts(array_of({1000, 8, 8}, {64, 8, 8}, {16, 8, 8}), 64 + 37);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].grid_position, (Position{1, 0, 0}));
  EXPECT_EQ(parts[0].chunk_in_shard, 2u);
  EXPECT_EQ(parts[0].frame_in_chunk, 5u);
}

TEST(FrameParts, CoverAFrameThatLiesInSeveralFilesAndChunks) {
  const auto metadata = array_of({10, 100, 70}, {4, 64, 64}, {2, 32, 64});
  const auto parts = frame_parts(metadata, 7);
  ASSERT_EQ(parts.size(), 8u);
  std::vector<int> covered(100 * 70);
  for (const auto& part : parts) {
    EXPECT_EQ(part.grid_position, (Position{1, part.row / 64, part.column / 64}));
    EXPECT_EQ(part.chunk_in_shard, 2 + part.row % 64 / 32);
    EXPECT_EQ(part.frame_in_chunk, 1u);
    for (auto row = part.row; row < part.row + part.rows; ++row)
      for (auto column = part.column; column < part.column + part.columns; ++column) ++covered.at(row * 70 + column);
  }
  EXPECT_EQ(std::count(covered.begin(), covered.end(), 1), 7000) << "every pixel exactly once";
  EXPECT_EQ(parts[1].row, 0u);
  EXPECT_EQ(parts[1].column, 64u);
  EXPECT_EQ(parts[1].columns, 6u);
  EXPECT_EQ(parts[7].row, 96u);
  EXPECT_EQ(parts[7].rows, 4u);
}

TEST(FrameParts, AreNoneForAnEmptyFrame) { EXPECT_TRUE(frame_parts(array_of({3, 0, 5}, {1, 1, 5}), 0).empty()); }

TEST(FrameParts, RefuseWhatIsNoStackOfFrames) {
  EXPECT_ERROR(frame_parts(array_of({10, 20}, {1, 20}), 0), "unsupported", "this one has 2");
  EXPECT_ERROR(frame_parts(array_of({10, 1u << 20, 1u << 20}, {1, 1, 1}), 0), "unsupported",
               "one frame is cut into 1048576 by 1048576 chunks");
}

}  // namespace
}  // namespace resonance::zarr
