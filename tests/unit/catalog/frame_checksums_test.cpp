/// Frames that are not what was recorded are errors, never pictures.
#include <fmt/format.h>

#include "unit/catalog/image_store_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

constexpr std::uint64_t kSide = 200;  // 80,000 bytes a frame, about twenty pages
constexpr std::uint64_t kPage = 4096;

std::vector<std::byte> read(const ImageSequence& images, std::uint64_t first, std::uint64_t count) {
  std::vector<std::byte> out(count * kSide * kSide * 2);
  images.read(first, count, out);
  return out;
}

TEST(FrameChecksums, TellALostPageOfARawFrameFromPixels) {
  const ImageStore store(6, kSide, kSide, Codec::none);
  store.set_checksums(6);
  store.overwrite(2 * store.frame_bytes() + 9 * kPage - 2 * store.frame_bytes() % kPage, std::string(kPage, '\0'));
  const auto images = store.images();
  const auto words = fmt::format("reading frame 2 of ccd in run {}: its pixels in {} at byte {} are not those that were recorded (crc32c ",
                                 store.uid, store.shard().string(), 2 * store.frame_bytes());
  EXPECT_THAT(said([&] { (void)images[2]; }), refusal(ErrorCode::corrupt, words));
  EXPECT_THAT(said([&] { (void)read(images, 0, 6); }), refusal(ErrorCode::corrupt, words));
  EXPECT_THAT(said([&] { images.verify(2); }), refusal(ErrorCode::corrupt, words));
  EXPECT_EQ(images[3].bytes, store.frame(3).bytes);
  std::vector<std::byte> part(kSide * kSide * 2);
  EXPECT_THAT(said([&] { images.read({.first = 2, .count = 1}, part); }), refusal(ErrorCode::corrupt, words));
  std::vector<std::byte> row(3 * 2);
  const FrameSelection corner{.first = 2, .count = 1, .row = 95, .rows = 1, .column = 0, .columns = 3};
  EXPECT_THAT(said([&] { images.read(corner, row); }), refusal(ErrorCode::corrupt, words)) << "row 95 is in the lost page";
  images.read({.first = 2, .count = 1, .row = 0, .rows = 1, .columns = 3}, row);
  EXPECT_TRUE(std::equal(row.begin(), row.end(), store.frame(2).bytes.begin())) << "what is there is given";
}

TEST(FrameChecksums, CatchOtherDamageOfRawFramesWhenTheyAreVerified) {
  const ImageStore store(3, kSide, kSide, Codec::none);
  store.set_checksums(3);
  store.overwrite(store.frame_bytes() + 5000, "x");
  const auto images = store.images();
  EXPECT_NO_THROW((void)images[1]);
  EXPECT_THAT(said([&] { images.verify(1); }), refusal(ErrorCode::corrupt, "reading frame 1 of ccd in run " + store.uid));
  EXPECT_TRUE(images.verify(0));
}

TEST(FrameChecksums, CatchCompressedFramesThatDecodeToSomethingElse) {
  for (const auto codec : {Codec::blosc, Codec::zstd, Codec::gzip}) {
    const ImageStore store(4, kSide, kSide, codec);
    store.set_checksums(4);
    test::RawDatabase(store.database).query("UPDATE frame_checksums SET crc32c = 7 WHERE ref_id = 3");
    const auto images = store.images();
    const auto words = said([&] { (void)read(images, 0, 4); });
    EXPECT_THAT(words, refusal(ErrorCode::corrupt, "reading frame 2 of ccd"));
    EXPECT_THAT(words, testing::HasSubstr("recorded was 00000007"));
    EXPECT_THAT(words, testing::HasSubstr(store.shard().string()));
    EXPECT_EQ(images[1].bytes, store.frame(1).bytes);
    std::vector<std::byte> row(kSide * 2);
    EXPECT_NO_THROW(images.read({.first = 2, .count = 1, .rows = 1}, row)) << "a part has no checksum";
  }
}

TEST(FrameChecksums, LetAFrameThatIsAllZeroBeAllZero) {
  for (const auto codec : {Codec::none, Codec::blosc}) {
    const ImageStore store(2, kSide, kSide, codec);
    const std::vector<std::byte> black(store.frame_bytes());
    store.set_checksums(2);
    if (codec == Codec::none) {
      store.overwrite(0, std::string(store.frame_bytes(), '\0'));
      EXPECT_THAT(said([&] { (void)store.images()[0]; }), refusal(ErrorCode::corrupt, "not those that were recorded"));
      test::RawDatabase(store.database)
          .query("UPDATE frame_checksums SET crc32c = " + std::to_string(zarr::crc32c(black)) + " WHERE ref_id = 1");
      EXPECT_EQ(store.images()[0].bytes, black);
      EXPECT_TRUE(store.images().verify(0));
    }
    EXPECT_EQ(store.images()[1].bytes, store.frame(1).bytes);
  }
}

TEST(FrameChecksums, MayBeMissing) {
  for (const auto codec : {Codec::none, Codec::blosc}) {
    const ImageStore store(3, kSide, kSide, codec);
    store.set_checksums(0);
    EXPECT_EQ(store.images()[2].bytes, store.frame(2).bytes);
    EXPECT_FALSE(store.images().verify(2));
    if (codec == Codec::none) {
      store.overwrite(0, std::string(store.frame_bytes(), '\0'));
      EXPECT_EQ(store.images()[0].bytes, std::vector<std::byte>(store.frame_bytes())) << "nothing says that it was not black";
    } else {
      fs::remove(store.shard());
      EXPECT_THAT(said([&] { (void)store.images()[2]; }), refusal(ErrorCode::corrupt, "is lost"));
      EXPECT_THAT(said([&] { store.images().verify(2); }), refusal(ErrorCode::corrupt, "is lost"));
    }
    test::RawDatabase(store.database).query("DROP TABLE frame_checksums");
    EXPECT_NO_THROW((void)store.images());
    EXPECT_EQ(store.images().size(), 3);
  }
}

TEST(FrameChecksums, ThatNoneCanBeAreAnErrorOfTheDatabase) {
  const ImageStore store(1, kSide, kSide, Codec::none);
  store.set_checksums(1);
  test::RawDatabase(store.database).query("UPDATE frame_checksums SET crc32c = -1");
  EXPECT_THAT(said([&] { (void)store.images(); }), refusal(ErrorCode::corrupt, "frame_checksums gives frame 0 of runs/"));
}

}  // namespace
}  // namespace resonance
