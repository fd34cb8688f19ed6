#include <atomic>
#include <thread>

#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

namespace {

constexpr Geometry kGeometry{200, 200, DType::uint16};

Bytes bytes_of(const MappedBytes& mapped) { return {mapped.bytes.begin(), mapped.bytes.end()}; }

}  // namespace

TEST_F(FrameArray, IsReadFrameByFrameWhileItGrowsByAReaderThatWasOpenBefore) {
  for (const auto codec : kAllCodecs) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec));
    const auto in = reader();
    for (std::uint64_t i = 0; i < 40; ++i) {
      out->append(frame_of(kGeometry, i));
      out->commit();
      ASSERT_EQ(read_frame(in, i), frame_of(kGeometry, i)) << i;
      ASSERT_EQ(read_frame(in, i / 2), frame_of(kGeometry, i / 2)) << i;
      if (i % 16 == 15) out->seal_full();
    }
    out->finish();
    for (std::uint64_t i = 0; i < 40; ++i) {
      ASSERT_EQ(read_frame(in, i), frame_of(kGeometry, i)) << "old reader, frame " << i;
      ASSERT_EQ(read_frame(reader(), i), frame_of(kGeometry, i)) << "new reader, frame " << i;
    }
  }
}

TEST_F(FrameArray, MapsFramesThatStayAsTheyAreWhateverHappensLater) {
  MappedBytes early;
  MappedBytes tail;
  {
    const auto out = writer(kGeometry, with(Codec::none));
    const auto in = reader();
    out->append(frame_of(kGeometry, 0));
    early = in.map(0);
    for (std::uint64_t i = 1; i < 31; ++i) {
      out->append(frame_of(kGeometry, i));
      ASSERT_EQ(bytes_of(in.map(i)), frame_of(kGeometry, i));
    }
    tail = in.map(30);
    out->commit();
    out->seal_full();
    out->finish();  // the last shard is cut to its true length
  }
  EXPECT_EQ(bytes_of(early), frame_of(kGeometry, 0));
  EXPECT_EQ(bytes_of(tail), frame_of(kGeometry, 30));
  const auto in = reader();
  EXPECT_EQ(bytes_of(in.map(30)), read_frame(in, 30));
  std::filesystem::remove_all(store());
  EXPECT_EQ(bytes_of(tail), frame_of(kGeometry, 30));
}

TEST_F(FrameArray, GivesTheNumbersOfTakenBackFramesAgain) {
  for (const auto codec : kAllCodecs) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec));
    const auto in = reader();
    const auto per_shard = out->layout().frames_per_shard();
    for (std::uint64_t i = 0; i < per_shard - 1; ++i) out->append(frame_of(kGeometry, i));
    out->commit();
    const auto kept = out->committed();
    for (std::uint64_t i = 0; i < 4; ++i) out->append(frame_of(kGeometry, 900 + i));  // over the edge of the shard
    out->publish();
    EXPECT_EQ(published(), kept) << "what is not committed is not published";
    out->take_back(kept);
    EXPECT_EQ(out->appended(), kept);
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_EQ(out->append(frame_of(kGeometry, kept + i, 3)), kept + i);
    out->commit();
    for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(read_frame(in, kept + i), frame_of(kGeometry, kept + i, 3)) << i;
    out->append(frame_of(kGeometry, 7));
    out->finish();  // what is not committed goes
    EXPECT_EQ(published(), kept + 5);
    for (std::uint64_t i = 0; i < kept; ++i) ASSERT_EQ(read_frame(reader(), i), frame_of(kGeometry, i)) << i;
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_EQ(read_frame(reader(), kept + i), frame_of(kGeometry, kept + i, 3)) << i;
  }
}

TEST_F(FrameArray, ShowsTheNewFrameToAReaderThatSawTheIndexOfATakenBackOne) {
  // The reader opened the shard while frames 1 to 3 of a failed transaction were in its index, with other places and lengths.
  for (const auto codec : kCompressing) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec));
    const auto in = reader();
    out->append(frame_of(kGeometry, 0));
    out->commit();
    for (std::uint64_t i = 1; i < 4; ++i) out->append(frame_of(kGeometry, 5 * i));
    EXPECT_EQ(read_frame(in, 0), frame_of(kGeometry, 0));
    out->take_back(1);
    Bytes small(kGeometry.frame_bytes(), std::byte{1});
    for (std::uint64_t i = 1; i < 4; ++i) {
      small.front() = static_cast<std::byte>(i);
      out->append(small);
    }
    out->commit();
    for (std::uint64_t i = 1; i < 4; ++i) {
      small.front() = static_cast<std::byte>(i);
      EXPECT_EQ(read_frame(in, i), small) << i;
    }
  }
}

TEST_F(FrameArray, IsReadByOneThreadWhileOthersAppendPublishSyncAndSeal) {
  files_.reset();
  for (const auto codec : {Codec::none, Codec::blosc}) {
    std::filesystem::remove_all(store());
    constexpr std::uint64_t kFrames = 120;
    ArrayWriter out(io::posix_file_system(), store(), kGroup, make_layout(kGeometry, with(codec)));
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    std::thread housekeeper([&] {
      while (!done) {
        out.publish();
        out.sync();
        out.seal_full();
        if (published() > out.committed()) ++wrong;
      }
    });
    std::thread follower([&] {
      const auto in = reader();
      for (std::uint64_t next = 0; next < kFrames;) {
        for (const auto committed = out.committed(); next < committed; ++next)
          wrong += read_frame(in, next) == frame_of(kGeometry, next) ? 0 : 1;
        std::this_thread::yield();
      }
    });
    for (std::uint64_t i = 0; i < kFrames; ++i) {
      out.append(frame_of(kGeometry, i));
      if (i % 10 == 5) {
        out.take_back(out.committed());
        i = out.committed();
        out.append(frame_of(kGeometry, i));
      }
      out.commit();
    }
    follower.join();
    done = true;
    housekeeper.join();
    out.finish();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(published(), kFrames);
  }
}

}  // namespace resonance::frames
