/// In which order things reach the disk, and what is there when a step fails.
#include <atomic>
#include <cerrno>

#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

using test::fails;
using test::FileCall;

namespace {

constexpr Geometry kGeometry{300, 300, DType::uint16};
constexpr std::uint64_t kOneShard = 64 * kMiB;  // so large that no second shard is made ahead meanwhile

bool is_shard(const std::filesystem::path& path) {
  return path.string().find("/c/") != std::string::npos && path.extension() != ".partial";
}

Error disk_error(ErrorCode code, int number, const FileCall& call) {
  return {code, "injected into " + call.what, {.os_errno = number, .file = call.path, .offset = {}, .database = false}};
}

}  // namespace

TEST_F(FrameArray, WritesTheDataThenTheIndexEntryThenTheLength) {
  for (const auto codec : kCompressing) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec, kOneShard));
    out->append(frame_of(kGeometry, 0));
    files_->calls.clear();
    out->append(frame_of(kGeometry, 1));
    ASSERT_EQ(files_->calls.size(), 2U);
    EXPECT_EQ(files_->calls[0].what, "write");
    EXPECT_LT(files_->calls[0].offset, out->layout().data_bytes) << "data first";
    EXPECT_EQ(files_->calls[1].offset, out->layout().data_bytes + 16) << "then its entry";
    EXPECT_EQ(files_->calls[1].bytes, 16U);
    out->publish();
    EXPECT_EQ(published(), 0U) << "not before the transaction that names them";
    out->commit();
    EXPECT_EQ(published(), 0U) << "and only when asked to";
    out->publish();
    EXPECT_EQ(published(), 2U);
  }
}

TEST_F(FrameArray, IsWholeForAStockReaderAfterEverySingleCallToTheFileSystem) {
  for (const auto codec : kAllCodecs) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto layout = make_layout(kGeometry, with(codec));
    std::atomic<std::uint64_t> committed = 0;  // shards are made ahead on another thread
    std::atomic<bool> sealing = false;
    std::atomic<int> looks = 0;
    files_->after = [&](const FileCall& call) {
      for (std::uint64_t number = 0; std::filesystem::exists(shard(number)); ++number)
        ASSERT_TRUE(sealing || io::file_bytes(shard(number)) == layout.data_bytes + layout.index_bytes)
            << "short shard after " << call.what;
      if (!std::filesystem::exists(array() / "zarr.json")) return;
      ASSERT_LE(published(), committed) << "after " << call.what;
      const auto in = reader();
      for (std::uint64_t i = published() > 3 ? published() - 3 : 0; i < published(); ++i, ++looks)
        ASSERT_EQ(read_frame(in, i), frame_of(kGeometry, i)) << "frame " << i << " after " << call.what << " of " << call.path;
    };
    const auto out = writer(kGeometry, with(codec));
    for (std::uint64_t i = 0; i < 17; ++i) {
      out->append(frame_of(kGeometry, i));
      committed = i + 1;
      out->commit();
      if (i % 3 == 2) out->publish();
    }
    sealing = true;
    out->seal_full();
    out->finish();
    files_->after = nullptr;
    EXPECT_GT(looks, 50);
    EXPECT_EQ(published(), 17U);
    EXPECT_EQ(partial_files(), 0U);
  }
}

TEST_F(FrameArray, SyncsAFrameThatWasBeingWrittenDuringTheLastSync) {
  for (const auto codec : {Codec::none, Codec::zstd}) {
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec, kOneShard));
    out->append(frame_of(kGeometry, 0));
    bool inside = false;
    files_->before = [&](const FileCall& call) {  // the thread that syncs comes just before the bytes
      if (call.what != "write" || inside) return;
      inside = true;
      out->sync();
      inside = false;
    };
    out->append(frame_of(kGeometry, 1));
    files_->before = nullptr;
    files_->calls.clear();
    out->sync();
    EXPECT_TRUE(
        std::any_of(files_->calls.begin(), files_->calls.end(), [&](const auto& c) { return c.what == "sync" && c.path == shard(0); }))
        << to_string(codec) << ": frame 1 would be called durable and be lost with the power";
    files_->calls.clear();
    out->sync();
    EXPECT_TRUE(files_->calls.empty()) << "nothing new, nothing to wait for";
  }
}

TEST_F(FrameArray, SyncsTheNamesOfNewShardFolders) {
  const auto out = writer(kGeometry, with(Codec::none));
  out->append(frame_of(kGeometry, 0));
  files_->calls.clear();
  out->sync();
  std::vector<std::filesystem::path> synced;
  for (const auto& call : files_->calls)
    if (call.what == "sync_directory") synced.push_back(call.path);
  EXPECT_THAT(synced, testing::UnorderedElementsAre(shard(0).parent_path(), array() / "c" / "0", array() / "c", array()));
}

TEST_F(FrameArray, NeverCallsAFrameDurableAfterAFailedSync) {
  const auto out = writer(kGeometry, with(Codec::none));
  out->append(frame_of(kGeometry, 0));
  out->commit();
  files_->before = [](const FileCall& call) {
    if (call.what == "sync") throw disk_error(ErrorCode::io, EIO, call);
  };
  EXPECT_TRUE(fails(ErrorCode::io, {"injected"}, [&] { out->sync(); }));
  files_->before = nullptr;
  EXPECT_TRUE(fails(ErrorCode::io, {"c/0/0/0", "stable storage"}, [&] { out->sync(); }))
      << "the kernel has forgotten that the pages are dirty";
  EXPECT_TRUE(fails(ErrorCode::io, {"c/0/0/0"}, [&] { out->finish(); }));
  EXPECT_EQ(read_frame(reader(), 0), frame_of(kGeometry, 0)) << "what was acknowledged stays readable";
}

TEST_F(FrameArray, SyncsAFolderAgainWhoseSyncFailed) {
  const auto out = writer(kGeometry, with(Codec::none));
  out->append(frame_of(kGeometry, 0));
  files_->before = [](const FileCall& call) {
    if (call.what == "sync_directory") throw disk_error(ErrorCode::io, EIO, call);
  };
  EXPECT_TRUE(fails(ErrorCode::io, {"injected"}, [&] { out->sync(); }));
  EXPECT_TRUE(fails(ErrorCode::io, {"injected"}, [&] { out->sync(); })) << "the name of the shard is not durable";
  files_->before = nullptr;
  out->sync();
}

TEST_F(FrameArray, GivesTheSpaceBackWhenSealingFindsTheDiskFull) {
  for (const char* what : {"write", "sync", "rename"}) {
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(Codec::blosc, kOneShard));
    for (std::uint64_t i = 0; i < 3; ++i) out->append(frame_of(kGeometry, i));
    out->commit();
    out->sync();
    files_->before = [&](const FileCall& call) {
      const auto& name = call.what == "rename" ? call.from : call.path;
      if (call.what == what && name.extension() == ".partial") throw disk_error(ErrorCode::no_space, ENOSPC, call);
    };
    EXPECT_TRUE(fails(ErrorCode::no_space, {"injected", what}, [&] { out->finish(); }));
    files_->before = nullptr;
    EXPECT_EQ(partial_files(), 0U) << what;
    for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(read_frame(reader(), i), frame_of(kGeometry, i)) << what;
    out->finish();  // after room was made
    EXPECT_EQ(published(), 3U);
    EXPECT_EQ(read_frame(reader(), 2), frame_of(kGeometry, 2));
  }
}

TEST_F(FrameArray, TakesTheNextFrameAfterOneThatDidNotFitOnTheDisk) {
  for (const auto codec : kAllCodecs) {
    for (const int failing : {1, 2}) {  // the data, or the index entry
      SCOPED_TRACE(to_string(codec));
      std::filesystem::remove_all(store());
      const auto out = writer(kGeometry, with(codec, kOneShard));
      out->append(frame_of(kGeometry, 0));
      out->commit();
      int writes = 0;
      files_->before = [&](const FileCall& call) {
        if (call.what == "write" && ++writes == failing) throw disk_error(ErrorCode::no_space, ENOSPC, call);
      };
      const bool raw = codec == Codec::none;
      if (!raw || failing == 1) {
        EXPECT_TRUE(fails(ErrorCode::no_space, {"injected"}, [&] { out->append(frame_of(kGeometry, 50)); }));
      }
      files_->before = nullptr;
      out->take_back(1);
      EXPECT_EQ(out->append(frame_of(kGeometry, 1)), 1U);
      out->commit();
      out->finish();
      EXPECT_EQ(read_frame(reader(), 0), frame_of(kGeometry, 0));
      EXPECT_EQ(read_frame(reader(), 1), frame_of(kGeometry, 1));
    }
  }
}

TEST_F(FrameArray, MakesNoShardWhenTheDiskIsFullAndTriesAgainLater) {
  const auto out = writer(kGeometry, with(Codec::blosc));
  for (const char* what : {"create", "resize", "write", "rename"}) {
    files_->before = [&](const FileCall& call) {
      if (call.what == what) throw disk_error(ErrorCode::no_space, ENOSPC, call);
    };
    EXPECT_TRUE(fails(ErrorCode::no_space, {"injected"}, [&] { out->append(frame_of(kGeometry, 0)); })) << what;
    files_->before = nullptr;
    out->take_back(0);
    EXPECT_EQ(partial_files(), 0U) << what;
    EXPECT_FALSE(std::filesystem::exists(shard(0))) << what;
  }
  EXPECT_EQ(out->append(frame_of(kGeometry, 0)), 0U);
  EXPECT_TRUE(is_shard(shard(0)));
  EXPECT_EQ(read_frame(reader(), 0), frame_of(kGeometry, 0));
}

}  // namespace resonance::frames
