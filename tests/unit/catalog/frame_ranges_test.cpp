/// Many frames at once: on all cores, in part, and as memory.
#include "support/child.hpp"
#include "unit/catalog/image_store_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

constexpr std::uint64_t kAll = FrameSelection::kAll;

std::vector<std::byte> selected(const ImageSequence& images, const FrameSelection& selection) {
  const auto [frames, rows, columns] = images.shape_of(selection);
  std::vector<std::byte> out(frames * rows * columns * item_size(images.dtype()));
  images.read(selection, out);
  return out;
}

class FrameRanges : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, FrameRanges, testing::Values(Codec::none, Codec::blosc, Codec::zstd, Codec::gzip),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(FrameRanges, AreWholeAndInOrderHoweverManyThreadsReadThem) {
  const ImageStore store(40, 200, 300, GetParam());
  std::vector<std::byte> expected;
  for (unsigned i = 0; i < 40; ++i) {
    const auto frame = store.frame(i);
    expected.insert(expected.end(), frame.bytes.begin(), frame.bytes.end());
  }
  for (const unsigned threads : {0u, 1u, 7u}) {
    std::vector<std::byte> out(expected.size());
    store.images(threads).read(0, 40, out);
    EXPECT_TRUE(out == expected) << threads;
  }
  const auto images = store.images(3);
  std::vector<std::thread> readers;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      std::vector<std::byte> out(expected.size());
      images.read(0, 40, out);
      wrong += out == expected ? 0 : 1;
    });
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(FrameRanges, OfSmallFramesAreWholeToo) {
  const ImageStore store(300, 12, 20, GetParam());
  std::vector<std::byte> out(300 * store.frame_bytes());
  store.images(2).read(0, 300, out);
  for (unsigned i = 0; i < 300; ++i)
    ASSERT_TRUE(
        std::equal(out.begin() + i * store.frame_bytes(), out.begin() + (i + 1) * store.frame_bytes(), store.frame(i).bytes.begin()))
        << i;
}

TEST_P(FrameRanges, AreReadByTheChildOfAForkAlone) {
  const ImageStore store(20, 200, 300, GetParam());
  const auto images = store.images(4);
  std::vector<std::byte> out(20 * store.frame_bytes());
  images.read(0, 20, out);  // the threads are the parent's
  EXPECT_EQ(test::in_child([&] {
              std::vector<std::byte> again(out.size());
              images.read(0, 20, again);
              return again == out ? 0 : 1;
            }),
            0);
}

TEST_P(FrameRanges, NameTheFrameThatFailed) {
  const ImageStore store(40, 200, 300, GetParam());
  fs::remove(store.shard(1));
  std::vector<std::byte> out(40 * store.frame_bytes());
  const auto words = said([&] { store.images(4).read(0, 40, out); });
  EXPECT_THAT(words, refusal(ErrorCode::corrupt, "reading frame "));
  EXPECT_THAT(words, testing::HasSubstr(" of ccd in run " + store.uid));
  EXPECT_THAT(words, testing::HasSubstr(store.shard(1).string()));
}

TEST_P(FrameRanges, AreChosenByStepsAndWindows) {
  const ImageStore store(25, 60, 80, GetParam());
  const auto images = store.images();
  const auto expect = [&](const FrameSelection& selection, std::array<std::uint64_t, 3> shape, std::uint64_t first, std::int64_t step) {
    EXPECT_EQ(images.shape_of(selection), shape);
    const auto found = selected(images, selection);
    std::vector<std::byte> expected;
    for (std::uint64_t k = 0; k < shape[0]; ++k) {
      const auto frame = store.frame(static_cast<unsigned>(first + k * static_cast<std::uint64_t>(step)));
      for (std::uint64_t row = 0; row < shape[1]; ++row)
        for (std::uint64_t column = 0; column < shape[2]; ++column) {
          const auto at = (selection.row + row * selection.row_step) * 80 + selection.column + column * selection.column_step;
          expected.insert(expected.end(), frame.bytes.begin() + static_cast<std::ptrdiff_t>(at * 2),
                          frame.bytes.begin() + static_cast<std::ptrdiff_t>(at * 2 + 2));
        }
    }
    EXPECT_TRUE(found == expected);
  };
  expect({}, {25, 60, 80}, 0, 1);
  expect({.first = 3, .step = 5}, {5, 60, 80}, 3, 5);
  expect({.first = 24, .step = -1}, {25, 60, 80}, 24, -1);
  expect({.first = 20, .count = 3, .step = -7, .row = 10, .rows = 5, .column = 70}, {3, 5, 10}, 20, -7);
  expect({.first = 1, .count = 2, .row = 1, .row_step = 7, .column = 2, .columns = 11, .column_step = 3}, {2, 9, 11}, 1, 1);
  expect({.count = 1, .row = 59, .column = 79}, {1, 1, 1}, 0, 1);
  EXPECT_EQ(images.shape_of({.first = 25}), (std::array<std::uint64_t, 3>{0, 60, 80}));
  EXPECT_EQ(images.shape_of({.count = 0, .rows = 0}), (std::array<std::uint64_t, 3>{0, 0, 80}));
  EXPECT_EQ(images.shape_of({.step = INT64_MIN}), (std::array<std::uint64_t, 3>{1, 60, 80}));
}

TEST(AFrameSelection, ThatDoesNotFitIsRefusedInWords) {
  const ImageStore store(5, 60, 80, Codec::blosc);
  const auto images = store.images();
  const auto refused = [&](const FrameSelection& selection) { return said([&] { (void)images.shape_of(selection); }); };
  EXPECT_THAT(refused({.step = 0}), refusal(ErrorCode::invalid_argument, "the step of the frames is 0"));
  EXPECT_THAT(refused({.row_step = 0}), refusal(ErrorCode::invalid_argument, "the step of the rows is 0"));
  EXPECT_THAT(refused({.column_step = 0}), refusal(ErrorCode::invalid_argument, "the step of the columns is 0"));
  EXPECT_THAT(refused({.row = 50, .rows = 11}),
              refusal(ErrorCode::invalid_argument, "11 rows from 50 in steps of 1 are not all in a frame that has 60"));
  EXPECT_THAT(refused({.column = 81}),
              refusal(ErrorCode::invalid_argument, "the columns from 81 in steps of 1 are not all in a frame that has 80"));
  EXPECT_THAT(refused({.columns = kAll - 1}), refusal(ErrorCode::invalid_argument, "are not all in a frame that has 80"));
  EXPECT_THAT(refused({.first = 6}), refusal(ErrorCode::not_found, "there is no frame 6: ccd of run " + store.uid + " has 5 frames"));
  EXPECT_THAT(refused({.first = 1, .count = 3, .step = 2}), refusal(ErrorCode::not_found, "so there are 2 of them"));
  EXPECT_THAT(refused({.first = 3, .count = 3, .step = -2}), refusal(ErrorCode::not_found, "so there are 2 of them"));
  std::vector<std::byte> out(10);
  EXPECT_THAT(said([&] { images.read({.count = 2, .rows = 1, .columns = 3}, out); }),
              refusal(ErrorCode::invalid_argument, "2 frames of 1x3 uint16 need 12 bytes, not 10"));
}

TEST(AMappedStack, IsOneArrayOverShardsOfWholePages) {
  const ImageStore store(40, 256, 256, Codec::none);  // 128 KiB a frame, 8 in a shard of 1 MiB
  ASSERT_TRUE(fs::exists(store.shard(4)));
  const auto images = store.images();
  const auto stack = images.map(3, 35);
  ASSERT_TRUE(stack.contiguous());
  EXPECT_EQ(stack.count, 35);
  EXPECT_EQ(stack.height, 256);
  ASSERT_EQ(stack.parts[0].bytes.size(), 35 * store.frame_bytes());
  fs::remove_all(store.folder / "x.zarr");
  for (unsigned i = 0; i < 35; ++i) {
    const auto frame = stack.parts[0].bytes.subspan(i * store.frame_bytes(), store.frame_bytes());
    EXPECT_TRUE(std::equal(frame.begin(), frame.end(), store.frame(i + 3).bytes.begin())) << i;
  }
}

TEST(AMappedStack, ComesInPartsWhereShardsEndInsideAPage) {
  const ImageStore store(40, 200, 200, Codec::none);  // 80,000 bytes a frame, 13 in a shard
  const auto stack = store.images().map(0, 40);
  ASSERT_EQ(stack.parts.size(), 4);
  std::uint64_t next = 0;
  for (const auto& part : stack.parts) {
    EXPECT_EQ(part.first, next);
    ASSERT_EQ(part.bytes.size(), part.count * store.frame_bytes());
    for (unsigned i = 0; i < part.count; ++i, ++next) {
      const auto frame = part.bytes.subspan(i * store.frame_bytes(), store.frame_bytes());
      EXPECT_TRUE(std::equal(frame.begin(), frame.end(), store.frame(static_cast<unsigned>(next)).bytes.begin())) << next;
    }
  }
  EXPECT_EQ(next, 40);
  EXPECT_EQ(store.images().map(5, 0).parts.size(), 0);
  EXPECT_THAT(said([&] { (void)store.images().map(30, 11); }), refusal(ErrorCode::not_found, "has 40 frames"));
}

TEST(AMappedStack, OfSmallFramesThatShareChunksIsOneArray) {
  const ImageStore store(300, 12, 20, Codec::none);
  const auto stack = store.images().map(10, 290);
  ASSERT_TRUE(stack.contiguous());
  const auto last = stack.parts[0].bytes.last(store.frame_bytes());
  EXPECT_TRUE(std::equal(last.begin(), last.end(), store.frame(299).bytes.begin()));
}

TEST(AMappedStack, OfCompressedOrLostFramesIsAnErrorThatNamesThem) {
  const ImageStore blosc(3, 60, 80, Codec::blosc);
  EXPECT_THAT(said([&] { (void)blosc.images().map(1, 2); }), refusal(ErrorCode::unsupported, "reading frame 1 of ccd in run " + blosc.uid));
  const ImageStore raw(40, 256, 256, Codec::none);
  fs::remove(raw.shard(2));
  EXPECT_THAT(said([&] { (void)raw.images().map(0, 40); }), refusal(ErrorCode::corrupt, "reading frame 16 of ccd in run " + raw.uid));
}

}  // namespace
}  // namespace resonance
