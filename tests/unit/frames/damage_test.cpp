/// Lost and damaged frames, and arrays that others made.
#include "unit/frames/frames_testing.hpp"

namespace resonance::frames {

using test::fails;

namespace {

constexpr Geometry kGeometry{200, 200, DType::uint16};
constexpr std::uint64_t kFrames = 20;

void cut(const std::filesystem::path& path, std::uint64_t bytes) { std::filesystem::resize_file(path, bytes); }

/// zarr.json of an array as zarr-python writes it, unsharded.
std::string foreign_metadata(std::string_view chunk_shape, std::string_view endian, std::string_view fill) {
  std::string out = R"({"zarr_format":3,"node_type":"array","shape":[3,4,3],"data_type":"uint16",)"
                    R"("chunk_grid":{"name":"regular","configuration":{"chunk_shape":[)";
  out += chunk_shape;
  out += R"(]}},"chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":)";
  out += fill;
  out += R"(,"codecs":[{"name":"bytes","configuration":{"endian":")";
  out += endian;
  return out + R"("}}],"attributes":{}})";
}

Bytes pixels(std::initializer_list<std::uint16_t> values, bool big_endian = false) {
  Bytes out;
  for (const auto value : values) {
    const auto high = static_cast<std::byte>(value >> 8);
    const auto low = static_cast<std::byte>(value & 0xff);
    out.push_back(big_endian ? high : low);
    out.push_back(big_endian ? low : high);
  }
  return out;
}

}  // namespace

TEST_F(FrameArray, NamesTheFrameAndTheFileOfALostShard) {
  for (const auto codec : kAllCodecs) {
    std::filesystem::remove_all(store());
    record(kGeometry, with(codec), kFrames);
    std::filesystem::remove(shard(0));
    const auto in = reader();
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"frame 4 is lost", shard(0).string()}, [&] { (void)read_frame(in, 4); })) << to_string(codec);
    EXPECT_EQ(read_frame(in, kFrames - 1), frame_of(kGeometry, kFrames - 1)) << "the other shards are still good";
    if (in.mappable()) {
      EXPECT_TRUE(fails(ErrorCode::corrupt, {"frame 4 is lost"}, [&] { (void)in.map(4); }));
    }
  }
}

TEST_F(FrameArray, NamesTheFrameWhoseEntryIsGone) {
  for (const auto codec : kCompressing) {
    std::filesystem::remove_all(store());
    record(kGeometry, with(codec), kFrames);
    const auto chunks = make_layout(kGeometry, with(codec)).chunks_per_shard;
    auto bytes = content(shard(0));
    std::fill_n(bytes.end() - static_cast<std::ptrdiff_t>((chunks - 2) * 16), 16, std::byte{0xff});
    write_content(shard(0), bytes);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"frame 2 is lost", "c/0/0/0"}, [&] { (void)read_frame(reader(), 2); })) << to_string(codec);
    EXPECT_EQ(read_frame(reader(), 3), frame_of(kGeometry, 3));
  }
}

TEST_F(FrameArray, NeverGivesAWrongFrameFromAShardThatWasCut) {
  for (const auto codec : kAllCodecs)
    for (const bool sealed : {true, false}) {
      std::filesystem::remove_all(store());
      const auto out = writer(kGeometry, with(codec));
      const auto per_shard = out->layout().frames_per_shard();
      for (std::uint64_t i = 0; i < per_shard; ++i) out->append(frame_of(kGeometry, i));
      out->commit();
      if (sealed) out->finish();
      const auto bytes = content(shard(0));
      const auto n = bytes.size();
      for (const std::size_t left : {n - 1, n - 4, n - 16, n - 20, n - 32, n - per_shard * 16, n - 4096, n - 8192, n / 2, n / 3,
                                     std::size_t{16}, std::size_t{1}, std::size_t{0}}) {
        SCOPED_TRACE(std::string(to_string(codec)) + (sealed ? " sealed" : " open") + ", cut to " + std::to_string(left));
        write_content(shard(0), bytes);
        cut(shard(0), left);
        for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{1}, per_shard - 1})
          EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string()}, [&] { (void)read_frame(reader(), i); })) << "frame " << i;
        if (codec == Codec::none) {
          EXPECT_TRUE(fails(ErrorCode::corrupt, {shard(0).string()}, [&] { (void)reader().map(1); }));
        }
      }
    }
}

TEST_F(FrameArray, SurvivesAnyFlippedByteAndReportsWhatItsCodecCanSee) {
  for (const auto codec : kCompressing) {
    SCOPED_TRACE(to_string(codec));
    std::filesystem::remove_all(store());
    record(kGeometry, with(codec), 1);
    const auto bytes = content(shard(0));
    const auto index = make_layout(kGeometry, with(codec)).chunks_per_shard * 16;
    std::size_t flips = 0;
    std::size_t seen = 0;
    for (std::size_t at = 0; at < bytes.size() - index; at += at < 64 ? 1 : 977, ++flips) {
      auto damaged = bytes;
      damaged[at] ^= std::byte{0x5a};
      write_content(shard(0), damaged);
      try {
        seen += read_frame(reader(), 0) == frame_of(kGeometry, 0) ? 1 : 0;  // a byte that says nothing, as the time in a gzip header
      } catch (const Error& error) {
        ++seen;
        EXPECT_EQ(error.code(), ErrorCode::corrupt) << error.what();
        EXPECT_EQ(error.detail().file, shard(0));
        EXPECT_EQ(error.detail().offset, 0U);
      }
    }
    EXPECT_TRUE(codec != Codec::gzip || seen == flips) << "gzip carries a checksum: " << seen << " of " << flips;
    EXPECT_GT(seen, 0U);
  }
}

TEST_F(FrameArray, ReportsEntriesThatPointOutsideTheFile) {
  for (const auto codec : {Codec::none, Codec::blosc}) {
    std::filesystem::remove_all(store());
    record(kGeometry, with(codec), 3);
    const auto chunks = make_layout(kGeometry, with(codec)).chunks_per_shard;
    auto bytes = content(shard(0));
    const auto entry = bytes.size() - (codec == Codec::none ? 4 : 0) - chunks * 16;
    bytes[entry + 7] = std::byte{0x7f};
    write_content(shard(0), bytes);
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"shard index", "c/0/0/0"}, [&] { (void)read_frame(reader(), 0); })) << to_string(codec);
  }
}

TEST_F(FrameArray, IsMissingOrDamagedWithTheNameOfItsMetadata) {
  EXPECT_TRUE(fails(ErrorCode::not_found, {"ccd/zarr.json"}, [&] { (void)reader(); }));
  record(kGeometry, with(Codec::none), 1);
  const auto text = io::read_text(array() / "zarr.json", kMiB);
  write_content(array() / "zarr.json", std::as_bytes(std::span(text).first(text.size() / 2)));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"ccd/zarr.json"}, [&] { (void)reader(); }));
}

TEST_F(FrameArray, IsNeverLookedForOutsideTheStore) {
  record(kGeometry, with(Codec::none), 1);
  for (const std::string group : {"../x.zarr/runs/0190b5a0/ccd", "/etc", "", ".", "runs/../runs/0190b5a0/ccd", "runs/./0190b5a0/ccd",
                                  "runs/0190b5a0/ccd/", "..", "runs/0190b5a0/.."})
    EXPECT_TRUE(fails(ErrorCode::corrupt, {"'" + group + "'", "out of the store"}, [&] { FrameArrayReader(store(), group); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"the frame array name"}, [&] { FrameArrayReader(store(), std::string("runs\0/x", 7)); }));
  EXPECT_EQ(read_frame(FrameArrayReader(store(), "runs//0190b5a0/ccd"), 0), frame_of(kGeometry, 0)) << "a doubled slash is only untidy";
}

TEST_F(FrameArray, OfOthersReadsAMissingChunkAsItsFillValue) {
  const auto text = foreign_metadata("1,4,3", "little", "7");
  write_content(array() / "zarr.json", std::as_bytes(std::span(text)));
  const auto first = pixels({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  write_content(array() / "c/0/0/0", first);
  const auto in = reader();
  EXPECT_EQ(read_frame(in, 0), first);
  EXPECT_EQ(read_frame(in, 1), pixels({7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}));
  EXPECT_TRUE(in.mappable());
  const auto mapped = in.map(1);
  EXPECT_EQ(std::vector(mapped.bytes.begin(), mapped.bytes.end()), pixels({7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}));
  write_content(array() / "c/1/0/0", std::span(first).first(10));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"c/1/0/0", "10 bytes instead of 24"}, [&] { (void)read_frame(in, 1); }));
}

TEST_F(FrameArray, OfOthersIsPutTogetherFromTilesInAnyByteOrder) {
  const auto text = foreign_metadata("2,3,2", "big", "0");
  write_content(array() / "zarr.json", std::as_bytes(std::span(text)));
  // Two frames of a 3x2 tile in each file; the grid is 2x2x2 tiles, cut at the edges of 3x4x3.
  write_content(array() / "c/0/0/0", pixels({1, 2, 4, 5, 7, 8, 101, 102, 104, 105, 107, 108}, true));
  write_content(array() / "c/0/0/1", pixels({3, 0, 6, 0, 9, 0, 103, 0, 106, 0, 109, 0}, true));
  write_content(array() / "c/0/1/0", pixels({10, 11, 0, 0, 0, 0, 110, 111, 0, 0, 0, 0}, true));
  const auto in = reader();
  EXPECT_FALSE(in.mappable());
  EXPECT_EQ(read_frame(in, 0), pixels({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0}));
  EXPECT_EQ(read_frame(in, 1), pixels({101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 0}));
  EXPECT_EQ(read_frame(in, 2), Bytes(24));
}

}  // namespace resonance::frames
