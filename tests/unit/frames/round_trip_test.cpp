#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

using test::fails;

namespace {

constexpr DType kAllDTypes[] = {DType::boolean, DType::int8,   DType::int16,  DType::int32,   DType::int64,   DType::uint8,
                                DType::uint16,  DType::uint32, DType::uint64, DType::float16, DType::float32, DType::float64};

/// The index of a shard as docs/format.md says it: (offset, length) pairs in the last bytes.
std::vector<std::pair<std::uint64_t, std::uint64_t>> index_at_end(const Bytes& file, std::size_t chunks, bool crc) {
  const auto* at = file.data() + file.size() - chunks * 16 - (crc ? 4 : 0);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  for (std::size_t i = 0; i < chunks; ++i, at += 16)
    out.emplace_back(zarr::load_little<std::uint64_t>(at), zarr::load_little<std::uint64_t>(at + 8));
  return out;
}

}  // namespace

TEST_F(FrameArray, GivesBackEveryFrameOfEveryTypeAndCodecFromManyShards) {
  constexpr std::uint64_t kFrames = 37;
  for (const auto dtype : kAllDTypes)
    for (const auto codec : kAllCodecs) {
      SCOPED_TRACE(std::string(to_string(dtype)) + " " + std::string(to_string(codec)));
      const Geometry geometry{123, (80 << 10) / 123 / item_size(dtype), dtype};
      const std::string group = "runs/r/" + std::string(to_string(dtype)) + "-" + std::string(to_string(codec));
      ArrayWriter out(io::posix_file_system(), store(), group, make_layout(geometry, with(codec)));
      for (std::uint64_t i = 0; i < kFrames; ++i) ASSERT_EQ(out.append(frame_of(geometry, i)), i);
      out.commit();
      out.finish();
      const FrameArrayReader in(store(), group);
      EXPECT_EQ(in.geometry(), geometry);
      EXPECT_EQ(in.codec_name(), to_string(codec));
      EXPECT_EQ(in.mappable(), codec == Codec::none);
      for (std::uint64_t i = 0; i < kFrames; ++i) ASSERT_EQ(read_frame(in, i), frame_of(geometry, i)) << "frame " << i;
      EXPECT_GE(std::distance(std::filesystem::directory_iterator(store() / group / "c"), {}), 3) << "shards";
    }
}

TEST_F(FrameArray, LaysRawFramesOneBehindTheOtherWithTheIndexInTheLastBytes) {
  const Geometry geometry{256, 256, DType::uint16};  // 128 KiB: eight in a shard of 1 MiB
  record(geometry, with(Codec::none), 11);
  for (const std::uint64_t number : {0, 1}) {
    const std::size_t frames = number == 0 ? 8 : 3;
    const auto file = content(shard(number));
    ASSERT_EQ(file.size(), frames * geometry.frame_bytes() + 8 * 16 + 4) << "a sealed shard has its true length";
    const auto index = index_at_end(file, 8, true);
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (i >= frames) {
        EXPECT_EQ(index[i], std::pair(~std::uint64_t{0}, ~std::uint64_t{0}));
        continue;
      }
      EXPECT_EQ(index[i], std::pair(i * geometry.frame_bytes(), geometry.frame_bytes()));
      const auto frame = frame_of(geometry, number * 8 + i);
      EXPECT_EQ(std::memcmp(file.data() + index[i].first, frame.data(), frame.size()), 0) << i;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(shard(2)));
  EXPECT_EQ(published(), 11U);
}

TEST_F(FrameArray, PutsSmallRawFramesIntoSharedChunks) {
  const Geometry geometry{8, 8, DType::uint16};  // 128 bytes: 2048 in a chunk of 256 KiB, 4 chunks in a shard
  const auto layout = make_layout(geometry, with(Codec::none));
  ASSERT_EQ(layout.frames_per_chunk, 2048U);
  const auto out = writer(geometry, with(Codec::none));
  for (std::uint64_t i = 0; i < 13000; ++i) out->append(frame_of(geometry, i));
  out->commit();
  out->finish();
  EXPECT_EQ(content(shard(1)).size(), 3 * 262144U + 4 * 16 + 4) << "4808 frames need three chunks";
  const auto in = reader();
  for (std::uint64_t i = 0; i < 13000; i += i % 2048 == 2046 ? 1 : 31) {
    ASSERT_EQ(read_frame(in, i), frame_of(geometry, i)) << i;
    const auto mapped = in.map(i);
    ASSERT_EQ(Bytes(mapped.bytes.begin(), mapped.bytes.end()), frame_of(geometry, i)) << i;
  }
}

TEST_F(FrameArray, KeepsTheSizeOfAShardFileFromItsFirstFrameToItsSealing) {
  const Geometry geometry{200, 200, DType::uint16};
  for (const auto codec : kAllCodecs) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    const auto out = writer(geometry, with(codec));
    const auto& layout = out->layout();
    for (std::uint64_t i = 0; i < layout.frames_per_shard(); ++i) {
      out->append(frame_of(geometry, i));
      ASSERT_EQ(io::file_bytes(shard(0)), layout.data_bytes + layout.index_bytes);
    }
    EXPECT_TRUE(codec == Codec::none || layout.data_bytes % 4096 == 0) << "entries must not cross a page";
    out->commit();
    out->finish();
    const auto sealed = content(shard(0));
    const auto chunks = static_cast<std::size_t>(layout.chunks_per_shard);
    const auto index = index_at_end(sealed, chunks, codec == Codec::none);
    std::uint64_t sum = 0;
    for (const auto& [offset, length] : index) {
      EXPECT_EQ(offset, sum);
      sum += length;
    }
    EXPECT_EQ(sealed.size(), sum + chunks * 16 + (codec == Codec::none ? 4 : 0)) << "nothing but frames and index";
  }
}

TEST_F(FrameArray, StoresAnAllZeroFrameAsAFrame) {
  const Geometry geometry{200, 200, DType::uint16};
  for (const auto codec : kAllCodecs) {
    std::filesystem::remove_all(store());
    const auto out = writer(geometry, with(codec));
    const Bytes black(geometry.frame_bytes());
    for (int i = 0; i < 3; ++i) out->append(black);
    out->commit();
    EXPECT_EQ(read_frame(reader(), 1), black) << to_string(codec);
    out->finish();
    EXPECT_EQ(read_frame(reader(), 2), black) << to_string(codec);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"frame 3 is lost", "c/0/0/0"}, [&] { (void)read_frame(reader(), 3); })) << to_string(codec);
  }
}

TEST_F(FrameArray, TellsAStockReaderWhatItNeedsAndNothingOfOursOutsideAttributes) {
  record({200, 150, DType::float32}, with(Codec::blosc), 2);
  const auto text = io::read_text(array() / "zarr.json", kMiB);
  const auto json = Json::parse(text);
  EXPECT_EQ(json.at("shape").dump(), "[2,200,150]");
  EXPECT_EQ(json.at("dimension_names").dump(), R"(["frame","y","x"])");
  EXPECT_EQ(json.at("codecs").as_array().size(), 1U);
  const auto& sharding = json.at("codecs").as_array()[0];
  EXPECT_EQ(sharding.at("name").as_string(), "sharding_indexed");
  EXPECT_EQ(sharding.at("configuration").at("index_location").as_string(), "end");
  for (const char* node : {"", "runs", "runs/0190b5a0"})
    EXPECT_NE(io::read_text(store() / node / "zarr.json", kMiB).find("\"group\""), std::string::npos) << node;
}

TEST(FrameLayout, RefusesFramesAndShardsThatCannotBe) {
  const auto make = [](std::uint64_t height, std::uint64_t width, std::uint64_t shard_bytes) {
    return [=] { (void)make_layout({height, width, DType::float64}, with(Codec::blosc, shard_bytes)); };
  };
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"0x5 float64"}, make(0, 5, kMiB)));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"cannot be stored"}, make(~std::uint64_t{0}, 3, kMiB)));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"cannot be stored"}, make(1 << 16, 1 << 12, kMiB)));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"shard_bytes is 1000"}, make(5, 5, 1000)));
  for (const auto codec : kAllCodecs)
    for (const std::uint64_t side : {1, 20, 500, 4096})
      EXPECT_LE(make_layout({side, side, DType::uint16}, with(codec, std::uint64_t{1} << 36)).chunks_per_shard, 255U);
}

TEST_F(FrameArray, IsNotMadeOverAnotherOne) {
  record({200, 200, DType::uint16}, with(Codec::none), 2);
  EXPECT_TRUE(fails(ErrorCode::already_exists, {kGroup}, [&] { (void)writer({200, 200, DType::uint16}, with(Codec::none)); }));
  EXPECT_EQ(published(), 2U);
}

}  // namespace resonance::frames
