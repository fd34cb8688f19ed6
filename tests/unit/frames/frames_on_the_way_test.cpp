// Frames between the caller and the disk: memory, order, shards made ahead.
#include <atomic>
#include <future>
#include <thread>

#include "unit/frames/frames_testing.hpp"
#include "zarr/checksum.hpp"

namespace resonance::frames {
namespace {

using test::fails;

TEST(FrameMemory, IsGivenUpToItsLimitAndUsedAgain) {
  FrameMemory memory(1000);
  auto first = memory.take(600);
  EXPECT_FALSE(memory.has_room(500));
  EXPECT_TRUE(memory.has_room(400));
  const auto* place = first.bytes().data();
  first = {};
  EXPECT_EQ(memory.take(600).bytes().data(), place);
  EXPECT_GE(memory.take(400).bytes().size(), 400u);
}

TEST(FrameMemory, MakesWhoeverWantsMoreWaitUntilSomeComesBack) {
  FrameMemory memory(1000);
  auto held = memory.take(800);
  std::atomic<bool> got = false;
  std::thread other([&] {
    (void)memory.take(300);
    got = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(got);
  held = {};
  other.join();
  EXPECT_TRUE(got);
}

TEST(FrameMemory, HandsOutAFewBlocksHoweverLargeTheyAre) {
  FrameMemory memory(1000, 2);
  const auto first = memory.take(5000);
  EXPECT_TRUE(memory.has_room(5000));
  const auto second = memory.take(5000);
  EXPECT_FALSE(memory.has_room(1));
  EXPECT_EQ(first.bytes().size() + second.bytes().size(), 10000u);
}

class Queue : public testing::Test {
 protected:
  const zarr::CodecChain codecs_ = zarr::CodecChain::for_frames(Codec::zstd, -1, DType::uint16, {1, 64, 64});
  const Geometry geometry_{64, 64, DType::uint16};
  WorkerPool pool_{4};
  FrameMemory memory_{1 << 20};
};

TEST_F(Queue, WritesInTheOrderOfTheFramesWhoeverIsEncodedFirst) {
  std::vector<std::uint64_t> written;
  std::vector<std::uint32_t> checksums;
  ChunkQueue queue(pool_, memory_, codecs_, [&](std::span<const ChunkQueue::Ready> chunks) {
    for (const auto& ready : chunks) {
      written.push_back(ready.chunk);
      checksums.push_back(ready.checksum);
      Bytes back(codecs_.decoded_bytes());
      codecs_.decode(ready.encoded, back);
      EXPECT_EQ(back, frame_of(geometry_, ready.chunk));
    }
  });
  constexpr std::uint64_t kFrames = 500;
  for (std::uint64_t i = 0; i < kFrames; ++i) queue.put(i, i + 1, {frame_of(geometry_, i), Lifetime::copy, nullptr});
  queue.settle(kFrames);
  ASSERT_EQ(written.size(), kFrames);
  EXPECT_TRUE(std::is_sorted(written.begin(), written.end()));
  EXPECT_EQ(checksums[17], zarr::crc32c(frame_of(geometry_, 17)));
}

TEST_F(Queue, CopiesNothingThatSomebodyKeepsAndLetsGoWhenItIsWritten) {
  std::atomic<int> written = 0;
  ChunkQueue queue(pool_, memory_, codecs_, [&](std::span<const ChunkQueue::Ready> chunks) { written += static_cast<int>(chunks.size()); });
  auto frame = std::make_shared<Bytes>(frame_of(geometry_, 3));
  const std::weak_ptr<Bytes> watch = frame;
  const FrameSource source{*frame, Lifetime::copy, frame};
  queue.put(0, 1, source);
  queue.settle(1);
  EXPECT_EQ(written, 1);
  EXPECT_EQ(watch.use_count(), 2);  // ours, and that of `source`
}

TEST_F(Queue, WritesNothingBehindAFailureAndGoesOnAfterARestart) {
  std::vector<std::uint64_t> written;
  bool full = true;
  ChunkQueue queue(pool_, memory_, codecs_, [&](std::span<const ChunkQueue::Ready> chunks) {
    for (const auto& ready : chunks)
      if (full && ready.chunk >= 5) throw Error(ErrorCode::no_space, "the disk is full");
    for (const auto& ready : chunks) written.push_back(ready.chunk);
  });
  for (std::uint64_t i = 0; i < 5; ++i) queue.put(i, i + 1, {frame_of(geometry_, i), Lifetime::copy, nullptr});
  queue.settle(5);
  for (std::uint64_t i = 5; i < 20; ++i) queue.put(i, i + 1, {frame_of(geometry_, i), Lifetime::copy, nullptr});
  EXPECT_TRUE(fails(ErrorCode::no_space, {"the disk is full"}, [&] { queue.settle(20); }));
  EXPECT_TRUE(fails(ErrorCode::no_space, {"the disk is full"}, [&] { queue.settle(6); }));
  EXPECT_EQ(written, (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  full = false;
  queue.wait_until_empty();
  queue.restart(5);
  queue.put(5, 6, {frame_of(geometry_, 5), Lifetime::now, nullptr});
  queue.settle(6);
  EXPECT_EQ(written.back(), 5u);
}

TEST_F(Queue, KeepsAFailureThatFramesMetWhichAreNotTakenBack) {
  ChunkQueue queue(pool_, memory_, codecs_, [&](std::span<const ChunkQueue::Ready> chunks) {
    if (chunks.back().chunk >= 2) throw Error(ErrorCode::no_space, "the disk is full");
  });
  for (std::uint64_t i = 0; i < 2; ++i) {
    queue.put(i, i + 1, {frame_of(geometry_, i), Lifetime::copy, nullptr});
    queue.settle(i + 1);
  }
  for (std::uint64_t i = 2; i < 6; ++i) queue.put(i, i + 1, {frame_of(geometry_, i), Lifetime::copy, nullptr});
  queue.wait_until_empty();
  queue.restart(4);  // frames 4 and 5 are taken back; who waits for 2 and 3 must hear of it
  EXPECT_TRUE(fails(ErrorCode::no_space, {"the disk is full"}, [&] { queue.settle(4); }));
}

TEST_F(FrameArray, ThatIsTakenBackFromNeverKeepsWaitingWhoSettlesEarlierFrames) {
  const Geometry small{8, 8, DType::uint16};
  const auto out = writer(small, with(Codec::blosc));
  std::atomic<std::uint64_t> kept = 0;
  std::atomic<bool> done = false;
  std::thread other([&] {
    while (!done) out->settle(kept);
  });
  for (std::uint64_t i = 0; i < 3000; ++i) {
    ASSERT_EQ(out->FrameArrayWriter::append({frame_of(small, i), Lifetime::copy, nullptr}), i);
    kept = i + 1;
    out->FrameArrayWriter::append({frame_of(small, 5000 + i), Lifetime::copy, nullptr});  // of a call that fails
    if (i % 3 == 0) out->FrameArrayWriter::append({frame_of(small, 9000 + i), Lifetime::copy, nullptr});
    out->take_back(i + 1);
  }
  done = true;
  other.join();
  out->settle(3000);
  out->commit();
  out->finish();
  for (std::uint64_t i = 0; i < 3000; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(small, i)) << i;
}

TEST_F(FrameArray, AppendedInPassingAreAllThereOnceTheyAreSettled) {
  const Geometry geometry{64, 64, DType::uint16};
  for (const auto codec : kAllCodecs) {
    std::filesystem::remove_all(store());
    const auto out = writer(geometry, with(codec));
    constexpr std::uint64_t kFrames = 700;  // several shards, the next one made ahead
    for (std::uint64_t i = 0; i < kFrames; ++i) out->FrameArrayWriter::append({frame_of(geometry, i), Lifetime::copy, nullptr});
    out->settle(kFrames);
    for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{254}, std::uint64_t{255}, kFrames - 1}) {
      EXPECT_EQ(out->checksum(i), zarr::crc32c(frame_of(geometry, i)));
      EXPECT_EQ(read_frame(reader(), i), frame_of(geometry, i)) << to_string(codec) << " " << i;
    }
    out->commit();
    out->finish();
    EXPECT_EQ(published(), kFrames);
    EXPECT_EQ(partial_files(), 0u) << "a shard that was made ahead and not needed";
    for (std::uint64_t i = 0; i < kFrames; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(geometry, i)) << to_string(codec) << " " << i;
  }
}

TEST_F(FrameArray, FindsOutAboutAFullDiskWhenItSettles) {
  const Geometry geometry{256, 256, DType::uint16};
  const auto out = writer(geometry, with(Codec::blosc));
  out->append(frame_of(geometry, 0));
  out->commit();
  files_->before = [](const test::FileCall& call) {
    if (call.what == "write" && call.bytes > 100) throw Error(ErrorCode::no_space, "injected");
  };
  for (std::uint64_t i = 1; i < 5; ++i) out->FrameArrayWriter::append({frame_of(geometry, i), Lifetime::copy, nullptr});
  EXPECT_TRUE(fails(ErrorCode::no_space, {"injected"}, [&] { out->settle(5); }));
  files_->before = nullptr;
  out->take_back(1);
  EXPECT_EQ(out->append(frame_of(geometry, 7)), 1u);
  out->commit();
  out->finish();
  EXPECT_EQ(read_frame(reader(), 1), frame_of(geometry, 7));
  EXPECT_EQ(published(), 2u);
}

}  // namespace
}  // namespace resonance::frames
