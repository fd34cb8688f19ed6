/// Parts of frames, and what of the store is read for them.
#include "frames/window.hpp"
#include "support/read_counter.hpp"
#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

using test::fails;
using test::reads_of;

namespace {

constexpr Geometry kGeometry{200, 300, DType::uint16};

/// The pixels of a window by the simplest loop there is.
Bytes pixels_of(const Bytes& frame, const Geometry& geometry, const Window& window) {
  const auto item = item_size(geometry.dtype);
  Bytes out;
  for (std::uint64_t i = 0; i < window.rows.count; ++i)
    for (std::uint64_t j = 0; j < window.columns.count; ++j) {
      const auto pixel = (window.rows.start + i * window.rows.step) * geometry.width + window.columns.start + j * window.columns.step;
      for (std::size_t byte = 0; byte < item; ++byte) out.push_back(frame[pixel * item + byte]);
    }
  return out;
}

/// The window of frames that share their chunks, one behind the other.
Bytes read_window(const FrameArrayReader& in, const std::vector<std::uint64_t>& numbers, const Window& window) {
  const auto bytes = window.pixels() * item_size(in.geometry().dtype);
  Bytes out(numbers.size() * bytes, std::byte{0xAA});
  std::vector<WantedFrame> wanted;
  for (std::size_t i = 0; i < numbers.size(); ++i) wanted.push_back({numbers[i], {}, out.data() + i * bytes});
  std::size_t at = 0;
  in.read(wanted, window, Check::usual, at);
  return out;
}

const Window kWindows[] = {
    {{0, 200, 1}, {0, 300, 1}}, {{0, 1, 1}, {0, 300, 1}},   {{199, 1, 1}, {299, 1, 1}}, {{13, 50, 1}, {0, 300, 1}},
    {{13, 50, 1}, {17, 3, 1}},  {{0, 67, 3}, {1, 150, 2}},  {{5, 2, 190}, {4, 5, 60}},  {{20, 180, 1}, {299, 1, 1}},
    {{0, 200, 1}, {0, 100, 3}}, {{0, 100, 2}, {0, 300, 1}},
};

}  // namespace

TEST_F(FrameArray, GivesAnyWindowOfAFrameAsTheWholeFrameHasIt) {
  for (const auto codec : kAllCodecs)
    for (const auto dtype : {DType::uint8, DType::uint16, DType::float32, DType::int64}) {
      SCOPED_TRACE(std::string(to_string(codec)) + " " + std::string(to_string(dtype)));
      std::filesystem::remove_all(store());
      const Geometry geometry{200, 300, dtype};
      record(geometry, with(codec), 3);
      const auto in = reader();
      for (const auto& window : kWindows) EXPECT_EQ(read_window(in, {2}, window), pixels_of(frame_of(geometry, 2), geometry, window));
    }
}

TEST_F(FrameArray, GivesWindowsOfSeveralFramesOfOneChunk) {
  const Geometry geometry{12, 20, DType::uint16};
  record(geometry, with(Codec::none), 50);  // small raw frames share a chunk
  const auto in = reader();
  ASSERT_EQ(in.chunk_row_of(49), 0);
  for (const Window& window : {whole_of(geometry), Window{{1, 5, 2}, {3, 4, 1}}, Window{{11, 1, 1}, {0, 20, 1}}}) {
    const std::vector<std::uint64_t> numbers{7, 8, 9, 40, 3, 49, 3};
    Bytes expected;
    for (const auto number : numbers) {
      const auto pixels = pixels_of(frame_of(geometry, number), geometry, window);
      expected.insert(expected.end(), pixels.begin(), pixels.end());
    }
    EXPECT_EQ(read_window(in, numbers, window), expected);
  }
}

/// An array of others: tiles of 2 frames, 3 rows and 4 columns, blosc.
class TiledArray : public FrameArray {
 protected:
  TiledArray() {
    const std::string codecs = R"([{"name":"bytes","configuration":{"endian":"little"}},{"name":"blosc","configuration":)"
                               R"({"cname":"lz4","clevel":5,"shuffle":"shuffle","typesize":2,"blocksize":0}}])";
    const auto text =
        R"({"zarr_format":3,"node_type":"array","shape":[4,8,10],"data_type":"uint16","chunk_grid":{"name":"regular","configuration":)"
        R"({"chunk_shape":[2,3,4]}},"chunk_key_encoding":{"name":"default"},"fill_value":9,"codecs":)" +
        codecs + R"(,"attributes":{}})";
    write_content(array() / "zarr.json", std::as_bytes(std::span(text)));
    const auto chain = zarr::CodecChain::from_json(Json::parse(codecs), DType::uint16, {2, 3, 4});
    for (std::uint64_t z = 0; z < 2; ++z)
      for (std::uint64_t y = 0; y < 3; ++y)
        for (std::uint64_t x = 0; x < 3; ++x) {
          if (z == 1 && y == 1 && x == 1) continue;  // this one is not there
          std::vector<std::uint16_t> tile;
          for (std::uint64_t f = 0; f < 2; ++f)
            for (std::uint64_t row = 0; row < 3; ++row)
              for (std::uint64_t column = 0; column < 4; ++column) tile.push_back(value(z * 2 + f, y * 3 + row, x * 4 + column));
          Bytes encoded(chain.max_encoded_bytes());
          encoded.resize(chain.encode(std::as_bytes(std::span(tile)), encoded));
          write_content(array() / "c" / std::to_string(z) / std::to_string(y) / std::to_string(x), encoded);
        }
  }
  static std::uint16_t value(std::uint64_t frame, std::uint64_t row, std::uint64_t column) {
    return static_cast<std::uint16_t>(frame * 1000 + row * 10 + column);
  }
  /// What frame `number` is.
  static Bytes expected(std::uint64_t number) {
    Bytes out(8 * 10 * 2);
    for (std::uint64_t row = 0; row < 8; ++row)
      for (std::uint64_t column = 0; column < 10; ++column) {
        const bool missing = number >= 2 && row / 3 == 1 && column / 4 == 1;
        zarr::store_little(out.data() + (row * 10 + column) * 2, missing ? std::uint16_t{9} : value(number, row, column));
      }
    return out;
  }
  static constexpr Geometry kTiled{8, 10, DType::uint16};
};

TEST_F(TiledArray, GivesAnyWindowWithTheFillValueWhereAChunkIsMissing) {
  const auto in = reader();
  for (const Window& window : {whole_of(kTiled), Window{{2, 3, 1}, {3, 3, 1}}, Window{{0, 4, 2}, {0, 4, 3}}, Window{{7, 1, 1}, {9, 1, 1}},
                               Window{{4, 1, 1}, {5, 2, 1}}}) {
    auto both = pixels_of(expected(3), kTiled, window);
    const auto second = pixels_of(expected(2), kTiled, window);
    both.insert(both.end(), second.begin(), second.end());
    EXPECT_EQ(read_window(in, {3, 2}, window), both);
  }
}

TEST_F(TiledArray, OpensOnlyTheChunksThatTheWindowTouches) {
  for (const char* gone : {"c/0/0/0", "c/0/0/2", "c/0/2/1"}) write_content(array() / gone, Bytes(5));  // too short for any codec
  const Window window{{3, 2, 1}, {4, 6, 1}};
  EXPECT_EQ(read_window(reader(), {1}, window), pixels_of(expected(1), kTiled, window));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"c/0/0/0"}, [&] { (void)read_frame(reader(), 1); }));
}

TEST_F(TiledArray, SeesChunksThatOthersReplaceWhileItIsOpen) {
  const auto in = reader();
  EXPECT_EQ(read_frame(in, 0), expected(0));
  const auto bytes = content(array() / "c/1/0/0");
  write_content(array() / "new", bytes);
  std::filesystem::rename(array() / "new", array() / "c/0/0/0");
  EXPECT_EQ(read_window(in, {0}, {{0, 1, 1}, {0, 2, 1}}), pixels_of(expected(2), kTiled, {{0, 1, 1}, {0, 2, 1}}));
}

TEST_F(FrameArray, ReadsOfARawFrameOnlyTheRowsThatAreWanted) {
  const Geometry geometry{500, 4000, DType::uint16};  // 8,000 bytes a row
  record(geometry, with(Codec::none, 16 * kMiB), 2);
  const auto in = reader();
  (void)read_window(in, {0}, {{0, 1, 1}, {0, 1, 1}});  // opens the shard
  EXPECT_LE(reads_of([&] { (void)read_window(in, {1}, {{100, 20, 1}, {0, 4000, 1}}); }).bytes, 20 * 8000);
  EXPECT_LE(reads_of([&] { (void)read_window(in, {1}, {{0, 5, 100}, {0, 4000, 1}}); }).bytes, 5 * 8000);
  EXPECT_LE(reads_of([&] { (void)read_window(in, {1}, {{100, 20, 1}, {40, 10, 2}}); }).bytes, 20 * 40);
  const auto narrow = reads_of([&] { (void)read_window(in, {1}, {{0, 500, 1}, {100, 3800, 1}}); });
  EXPECT_LE(narrow.calls, 20) << "rows that lie close are read at once";
}

TEST_F(FrameArray, LooksIntoTheIndexOfASealedShardOnceAndReadsOfAnOpenOneAnEntryEachTime) {
  for (const auto codec : kCompressing) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(kGeometry, with(codec));
    for (std::uint64_t i = 0; i < 3; ++i) out->append(frame_of(kGeometry, i));
    out->commit();
    {
      const auto in = reader();
      (void)read_frame(in, 0);
      const auto bytes = std::filesystem::file_size(shard(0));
      Bytes frame(kGeometry.frame_bytes());
      const auto cost = reads_of([&] { in.read(1, frame); });
      EXPECT_LE(cost.calls, 2);
      EXPECT_LT(cost.bytes, bytes);
    }
    out->finish();
    const auto in = reader();
    (void)read_frame(in, 0);
    Bytes frame(kGeometry.frame_bytes());
    EXPECT_LE(reads_of([&] { in.read(1, frame); }).calls, 1);
    EXPECT_EQ(frame, frame_of(kGeometry, 1));
  }
}

TEST(AnAxis, HasTheRightPartInEachTile) {
  for (std::uint64_t start = 0; start < 7; ++start)
    for (std::uint64_t step = 1; step < 6; ++step)
      for (std::uint64_t count = 0; count < 6; ++count)
        for (std::uint64_t begin = 0; begin < 12; ++begin)
          for (std::uint64_t length = 1; length < 6; ++length) {
            std::vector<std::uint64_t> expected, found;
            for (std::uint64_t k = 0; k < count; ++k)
              if (const auto at = start + k * step; at >= begin && at < begin + length) expected.push_back(k * 100 + at - begin);
            const auto part = part_within({start, count, step}, begin, length);
            for (std::uint64_t k = 0; k < part.axis.count; ++k)
              found.push_back((part.first + k) * 100 + part.axis.start + k * part.axis.step);
            ASSERT_EQ(found, expected) << start << " " << step << " " << count << " " << begin << " " << length;
          }
}

}  // namespace resonance::frames
