// Small compressed frames share chunks, which are written again as they fill.
#include "frames/recover.hpp"
#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {
namespace {

const Geometry kSmall{32, 32, DType::uint16};

std::uint64_t per_chunk() { return make_layout(kSmall, with(Codec::blosc)).frames_per_chunk; }

TEST_F(FrameArray, OfSmallFramesHasManyInAChunkButNeverMoreThanSixteen) {
  EXPECT_EQ(per_chunk(), 16u);
  EXPECT_EQ(make_layout({128, 128, DType::uint16}, with(Codec::zstd)).frames_per_chunk, 2u);
  EXPECT_EQ(make_layout({256, 256, DType::uint16}, with(Codec::zstd)).frames_per_chunk, 1u);
  auto alone = with(Codec::blosc);
  alone.frames_per_chunk = 1;
  EXPECT_EQ(make_layout(kSmall, alone).frames_per_chunk, 1u);
  alone.frames_per_chunk = 17;
  EXPECT_TRUE(
      test::fails(ErrorCode::invalid_argument, {"frames_per_chunk is 17", "at most 16"}, [&] { (void)make_layout(kSmall, alone); }));
}

TEST_F(FrameArray, OfSmallFramesShowsEachAsSoonAsItIsSettled) {
  for (const auto codec : kCompressing) {
    std::filesystem::remove_all(store());
    const auto out = writer(kSmall, with(codec));
    const auto in = [&] { return reader(); };
    for (std::uint64_t i = 0; i < 2 * per_chunk() + 3; ++i) {
      out->append(frame_of(kSmall, i));
      out->commit();
      out->publish();
      ASSERT_EQ(read_frame(in(), i), frame_of(kSmall, i)) << to_string(codec) << " " << i;
      ASSERT_EQ(read_frame(in(), i / 2), frame_of(kSmall, i / 2));
    }
    out->finish();
    for (std::uint64_t i = 0; i < 2 * per_chunk() + 3; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(kSmall, i));
    EXPECT_LT(content(shard(0)).size(), make_layout(kSmall, with(codec)).data_bytes);
  }
}

TEST_F(FrameArray, KeepsEachChunkAtItsOffsetWhenItIsSealed) {
  for (const auto& geometry : {kSmall, Geometry{200, 200, DType::uint16}}) {
    std::filesystem::remove_all(store());
    const auto layout = make_layout(geometry, with(Codec::blosc));
    const auto entries = [&] {
      const auto file = content(shard(0));
      return zarr::decode_shard_index(std::span(file).last(layout.index_bytes), layout.chunks_per_shard, false, file.size());
    };
    const auto out = writer(geometry, with(Codec::blosc));
    for (std::uint64_t i = 0; i < 21; ++i) out->append(frame_of(geometry, i));
    out->commit();
    const auto open = entries();
    const auto before = content(shard(0));
    out->finish();
    EXPECT_EQ(entries(), open);
    const auto after = content(shard(0));
    const auto length = after.size() - layout.index_bytes;
    EXPECT_TRUE(std::equal(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(length), before.begin()))
        << "earlier versions of a chunk, too: a reader may be about to fetch one";
  }
}

TEST_F(FrameArray, OfSmallFramesTakesBackWhereverTheChunksEnd) {
  for (const std::uint64_t kept : {std::uint64_t{1}, std::uint64_t{5}, std::uint64_t{16}, std::uint64_t{21}}) {
    for (const std::uint64_t more : {std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{40}}) {
      std::filesystem::remove_all(store());
      const auto out = writer(kSmall, with(Codec::blosc));
      for (std::uint64_t i = 0; i < kept; ++i) out->FrameArrayWriter::append({frame_of(kSmall, i), Lifetime::copy, nullptr});
      out->settle(kept);
      out->commit();
      for (std::uint64_t i = 0; i < more; ++i) out->append(frame_of(kSmall, 500 + i));
      out->take_back(kept);
      EXPECT_EQ(out->append(frame_of(kSmall, kept, 9)), kept);
      out->commit();
      out->append(frame_of(kSmall, 600));  // not committed
      out->finish();
      ASSERT_EQ(published(), kept + 1);
      for (std::uint64_t i = 0; i < kept; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(kSmall, i)) << kept << " " << more << " " << i;
      EXPECT_EQ(read_frame(reader(), kept), frame_of(kSmall, kept, 9));
      if ((kept + 1) % per_chunk() != 0) {
        EXPECT_EQ(read_frame(reader(), kept + 1), Bytes(kSmall.frame_bytes())) << "what was taken back is gone";
      }
    }
  }
}

TEST_F(FrameArray, OfSmallFramesIsFinishedForAWriterThatDied) {
  const std::uint64_t frames = 2 * per_chunk() + 7;
  {
    const auto out = writer(kSmall, with(Codec::blosc));
    for (std::uint64_t i = 0; i < frames; ++i) out->append(frame_of(kSmall, i));
    out->commit();
  }
  write_content(array() / "c/1/0/0.4711-0a1b2c3d.partial", Bytes(100));  // a shard that it was making ahead
  ArrayRecovery(files_, store(), {std::string(kGroup), kSmall, Codec::blosc, per_chunk(), 255}).finish(frames, {}, [](const auto& file) {
    ADD_FAILURE() << file << " holds nothing, and need not be kept";
  });
  EXPECT_EQ(partial_files(), 0u);
  EXPECT_EQ(published(), frames);
  for (std::uint64_t i = 0; i < frames; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(kSmall, i));
  EXPECT_LT(content(shard(0)).size(), make_layout(kSmall, with(Codec::blosc)).data_bytes);
}

}  // namespace
}  // namespace resonance::frames
