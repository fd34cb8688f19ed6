/// What recovery makes of the frames of a writer that died, with and without the power.
#include "frames/pixel_check.hpp"
#include "frames/recover.hpp"
#include "frames/shard_file.hpp"
#include "support/fails.hpp"
#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {
namespace {

using test::fails;

const Geometry kFrame{16, 16, DType::uint16};  // 512 bytes

class Recovery : public FrameArray {
 protected:
  static FrameOptions shared() { return with(Codec::blosc); }
  static FrameOptions alone(Codec codec) {
    auto out = with(codec);
    out.frames_per_chunk = 1;
    return out;
  }

  /// Frames that a writer committed, and left as they are.
  void leave(const FrameOptions& options, std::uint64_t frames) {
    layout_ = make_layout(kFrame, options);
    const auto out = writer(kFrame, options);
    for (std::uint64_t i = 0; i < frames; ++i) out->append(frame_of(kFrame, i));
    out->commit();
    out->sync();
    frames_ = frames;
  }

  [[nodiscard]] std::vector<NamedFrame> named() const {
    std::vector<NamedFrame> out;
    for (std::uint64_t i = 0; i < frames_; ++i) out.push_back({i, pixel_checksum(frame_of(kFrame, i), 2)});
    return out;
  }

  [[nodiscard]] ArrayRecovery recovery() const {
    return {files_, store(), {std::string(kGroup), kFrame, layout_.codec, layout_.frames_per_chunk, layout_.chunks_per_shard}};
  }

  void finish(std::uint64_t frames, std::span<const std::uint64_t> lost) {
    recovery().finish(frames, lost, [this](const auto& file) {
      set_aside_.push_back(file);
      std::filesystem::rename(file, folder_ / std::to_string(set_aside_.size()));
    });
  }

  void overwrite(std::uint64_t shard_number, std::uint64_t offset, std::uint64_t bytes) {
    auto all = content(shard(shard_number));
    std::fill_n(all.begin() + static_cast<std::ptrdiff_t>(offset), bytes, std::byte{0});
    write_content(shard(shard_number), all);
  }

  Layout layout_;
  std::uint64_t frames_ = 0;
  std::vector<std::filesystem::path> set_aside_;
};

TEST_F(Recovery, FindsNothingLostWhereNothingIs) {
  for (const auto codec : {Codec::none, Codec::blosc, Codec::zstd}) {
    std::filesystem::remove_all(store());
    leave(alone(codec), 20);
    EXPECT_TRUE(recovery().lost(named()).empty());
    finish(20, {});
    EXPECT_EQ(published(), 20u);
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(read_frame(reader(), i), frame_of(kFrame, i));
  }
  EXPECT_TRUE(set_aside_.empty());
}

TEST_F(Recovery, TellsFramesWhosePagesDidNotReachTheDisk) {
  for (const auto codec : {Codec::none, Codec::blosc, Codec::gzip}) {
    std::filesystem::remove_all(store());
    leave(alone(codec), 30);
    ShardFile open(files_, shard(0), layout_, ShardFile::Unsealed{});
    const auto begin = codec == Codec::none ? 17 * kFrame.frame_bytes() : open.entry(17).offset;
    const auto end = codec == Codec::none ? 19 * kFrame.frame_bytes() : open.entry(18).offset + open.entry(18).nbytes;
    overwrite(0, begin, end - begin);
    EXPECT_EQ(recovery().lost(named()), (std::vector<std::uint64_t>{17, 18})) << to_string(codec);
    const std::uint64_t lost[] = {17, 18};
    finish(30, lost);
    EXPECT_EQ(published(), 30u) << "those behind them are there";
    for (const std::uint64_t i : {0, 16, 19, 29}) EXPECT_EQ(read_frame(reader(), i), frame_of(kFrame, i));
    if (codec == Codec::none) continue;  // zeros, which no row names
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"frame 17"}, [&] { (void)read_frame(reader(), 17); }));
  }
}

TEST_F(Recovery, GoesBackToTheVersionOfASharedChunkThatSurvived) {
  layout_ = make_layout(kFrame, shared());
  ASSERT_EQ(layout_.frames_per_chunk, 16u);
  zarr::ChunkLocation before, newest;
  {
    const auto out = writer(kFrame, shared());
    const auto look = [&](zarr::ChunkLocation& where) { where = ShardFile(files_, shard(0), layout_, ShardFile::Unsealed{}).entry(1); };
    for (std::uint64_t i = 0; i < 23; ++i) out->append(frame_of(kFrame, i));
    out->commit();
    look(before);
    for (std::uint64_t i = 23; i < 26; ++i) out->append(frame_of(kFrame, i));
    out->commit();
    look(newest);
    frames_ = 26;
  }
  ASSERT_GT(newest.offset, before.offset);
  const auto end = before.offset + before.nbytes;  // the index knew the newest, the bytes of those behind this were on their way
  overwrite(0, end, newest.offset + newest.nbytes - end);
  EXPECT_EQ(recovery().lost(named()), (std::vector<std::uint64_t>{23, 24, 25})) << "16 to 22 were durable in an earlier version";
  finish(23, {});
  EXPECT_EQ(published(), 23u);
  for (std::uint64_t i = 0; i < 23; ++i) EXPECT_EQ(read_frame(reader(), i), frame_of(kFrame, i)) << i;
}

TEST_F(Recovery, MakesZarrJsonAnewFromWhatTheDatabaseKnows) {
  leave(alone(Codec::blosc), 5);
  for (const bool gone : {true, false}) {
    if (gone)
      std::filesystem::remove(array() / "zarr.json");
    else
      write_content(array() / "zarr.json", {});
    EXPECT_TRUE(recovery().lost(named()).empty());
    finish(5, {});
    EXPECT_EQ(published(), 5u);
    EXPECT_EQ(read_frame(reader(), 4), frame_of(kFrame, 4));
  }
}

TEST_F(Recovery, SetsAsideWhatHoldsNoFrameThatCountsAndRemovesWhatHoldsNothing) {
  auto options = alone(Codec::none);
  leave(options, 10);
  const auto per_shard = layout_.frames_per_shard();
  ASSERT_GT(per_shard, 10u);
  std::filesystem::create_directories(shard(1).parent_path());
  std::filesystem::copy_file(shard(0), shard(1));                         // frames that no transaction named
  write_content(array() / "c/2/0/0.12-34.partial", Bytes(4096));          // made ahead
  write_content(array() / "c/0/0/0.12-35.partial", frame_of(kFrame, 3));  // being sealed
  write_content(array() / "zarr.json.12-36.partial", frame_of(kFrame, 3));
  finish(10, {});
  EXPECT_THAT(set_aside_, testing::UnorderedElementsAre(shard(1), array() / "c/0/0/0.12-35.partial", array() / "zarr.json.12-36.partial"));
  EXPECT_EQ(partial_files(), 0u);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(read_frame(reader(), i), frame_of(kFrame, i));
}

TEST_F(Recovery, TakesAShardOutOfTheArrayThatHoldsLostFramesAlone) {
  leave(alone(Codec::blosc), 4);
  write_content(shard(0), Bytes(100));  // its length did not reach the disk either
  EXPECT_EQ(recovery().lost(named()).size(), 4u);
  const std::uint64_t lost[] = {0, 1, 2, 3};
  finish(4, lost);
  EXPECT_EQ(set_aside_.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(shard(0)));
}

TEST_F(Recovery, CanBeDoneAgain) {
  leave(shared(), 40);
  finish(37, {});
  const auto sealed = content(shard(0));
  finish(37, {});
  EXPECT_EQ(content(shard(0)), sealed);
  EXPECT_EQ(published(), 37u);
}

}  // namespace
}  // namespace resonance::frames
