/// Stores that somebody made to lead a reader elsewhere, or to make it wait or crash.
#include <sys/stat.h>

#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

using test::fails;
namespace fs = std::filesystem;

namespace {

constexpr Geometry kGeometry{200, 200, DType::uint16};

void replace_by_link(const fs::path& path, const fs::path& target) {
  fs::rename(path, target);
  fs::create_symlink(target, path);
}

}  // namespace

TEST_F(FrameArray, IsNotReadThroughLinksThatLeaveTheStore) {
  for (const auto codec : kAllCodecs) {
    fs::remove_all(store());
    record(kGeometry, with(codec), 3);
    const auto moved = folder_ / ("shard-" + std::string(to_string(codec)));
    replace_by_link(shard(0), moved);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string(), "leads out of the store"}, [&] { (void)read_frame(reader(), 0); }));
    if (codec == Codec::none) {
      EXPECT_TRUE(fails(ErrorCode::corrupt, {"leads out of the store"}, [&] { (void)reader().map(0); }));
      EXPECT_TRUE(fails(ErrorCode::corrupt, {"leads out of the store"}, [&] { (void)reader().extent(0, 3); }));
    }
  }
}

TEST_F(FrameArray, IsNotDescribedByMetadataOutsideTheStore) {
  record(kGeometry, with(Codec::none), 1);
  replace_by_link(array() / "zarr.json", folder_ / "elsewhere.json");
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"ccd/zarr.json", "leads out of the store"}, [&] { (void)reader(); }));
  fs::remove(array() / "zarr.json");
  fs::rename(folder_ / "elsewhere.json", array() / "zarr.json");
  replace_by_link(array(), folder_ / "elsewhere");
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"ccd/zarr.json", "leads out of the store"}, [&] { (void)reader(); }));
}

TEST_F(FrameArray, MayBeInAStoreThatIsALinkItself) {
  record(kGeometry, with(Codec::blosc), 2);
  replace_by_link(store(), folder_ / "on-the-big-disk.zarr");
  EXPECT_EQ(read_frame(reader(), 1), frame_of(kGeometry, 1));
}

TEST_F(FrameArray, NeverWaitsForAPipeOrReadsAFolderInPlaceOfItsFiles) {
  for (const auto codec : {Codec::none, Codec::blosc}) {
    fs::remove_all(store());
    record(kGeometry, with(codec), 1);
    fs::remove(shard(0));
    ASSERT_EQ(::mkfifo(shard(0).c_str(), 0600), 0);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string(), "is a pipe"}, [&] { (void)read_frame(reader(), 0); }));
    fs::remove(shard(0));
    fs::create_directory(shard(0));
    EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string(), "is a folder"}, [&] { (void)read_frame(reader(), 0); }));
  }
  fs::remove(array() / "zarr.json");
  ASSERT_EQ(::mkfifo((array() / "zarr.json").c_str(), 0600), 0);
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"zarr.json is a pipe"}, [&] { (void)reader(); }));
}

TEST_F(FrameArray, ThatIsCutWhileItIsOpenIsAnErrorNotACrash) {
  for (const auto codec : kAllCodecs) {
    SCOPED_TRACE(to_string(codec));
    fs::remove_all(store());
    record(kGeometry, with(codec), 5);
    const auto in = reader();
    (void)read_frame(in, 0);
    if (codec == Codec::none) (void)in.map(0);
    fs::resize_file(shard(0), 100);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string()}, [&] { (void)read_frame(in, 4); }));
    Bytes row(400);
    const WantedFrame wanted{4, {}, row.data()};
    std::size_t at = 0;
    EXPECT_TRUE(
        fails(ErrorCode::corrupt, {shard(0).string()}, [&] { in.read({&wanted, 1}, {{10, 1, 1}, {0, 200, 1}}, Check::usual, at); }));
  }
}

TEST_F(FrameArray, MarkedAsOursWithALayoutThatIsNotOursIsReadOrRefused) {
  record(kGeometry, with(Codec::blosc), 3);
  auto text = io::read_text(array() / "zarr.json", kMiB);
  const auto at = text.find("\"index_location\": \"end\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 23, "\"index_location\": \"start\"");
  write_content(array() / "zarr.json", std::as_bytes(std::span(text)));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"c/0/0/0"}, [&] { (void)read_frame(reader(), 0); }));
}

}  // namespace resonance::frames
