/// Frames by field: ranges, errors, and stores that are not as the database says.
#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

class Images : public testing::Test {
 protected:
  Images() {
    RunWriterOptions options;
    options.frames.codec = Codec::zstd;
    RunWriter writer(database, options);
    uid = writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    for (unsigned i = 0; i < 6; ++i) {
      const auto frame = make_frame(i);
      writer.write_event("primary", i == 2 ? event_with(x_is(i)) : event_with(x_is(i), {{"ccd", &frame}}));
    }
    writer.close_run();
  }
  resonance::Run run() const { return Catalog(database).run("-1"); }
  fs::path shard() const { return folder / "x.zarr" / "runs" / uid / "ccd/c/0/0/0"; }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
  std::string uid;
};

TEST_F(Images, BelongToTheirEvents) {
  const auto images = run().images("ccd");
  ASSERT_EQ(images.size(), 5);
  EXPECT_EQ(images.field(), "ccd");
  EXPECT_EQ(images.seq_num(1), 2);
  EXPECT_EQ(images.seq_num(2), 4);  // event 3 has none
  EXPECT_EQ(images[2].bytes, make_frame(3).bytes);
  EXPECT_TRUE(images.uniform());
  EXPECT_FALSE(images.mappable());
  EXPECT_THAT(said([&] { (void)images.map(0); }), refusal(ErrorCode::unsupported, "compressed (zstd)"));
}

TEST_F(Images, OfAnUnknownFieldAreNone) {
  const auto images = run().images("pilatus");
  EXPECT_TRUE(images.empty());
  EXPECT_EQ(images.shape(), (std::array<std::uint64_t, 3>{0, 0, 0}));
  EXPECT_EQ(images.dtype(), DType::uint16);
  EXPECT_FALSE(images.mappable());
  EXPECT_THAT(said([&] { (void)images[0]; }),
              refusal(ErrorCode::not_found, "there is no frame 0: pilatus of run " + uid + " has 0 frames"));
}

TEST_F(Images, AreReadInRangesThatFitTheirMemory) {
  const auto images = run().images("ccd");
  std::vector<std::byte> out(3 * 120);
  images.read(1, 3, out);
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_TRUE(std::equal(out.begin() + i * 120, out.begin() + (i + 1) * 120, images[i + 1].bytes.begin())) << i;
  images.read(2, 0, {});
  EXPECT_THAT(said([&] { images.read(0, 2, out); }),
              refusal(ErrorCode::invalid_argument, "2 frames of 6x10 uint16 need 240 bytes, not 360"));
  EXPECT_THAT(said([&] { images.read(3, 3, out); }), refusal(ErrorCode::not_found, "has 5 frames"));
  EXPECT_THAT(said([&] { images.read(~0ull, 2, out); }), refusal(ErrorCode::not_found, "has 5 frames"));
  EXPECT_THAT(said([&] { images.read(0, ~0ull, out); }), refusal(ErrorCode::not_found, "has 5 frames"));
  EXPECT_THAT(said([&] { (void)images.seq_num(5); }), refusal(ErrorCode::not_found, "there is no frame 5"));
}

TEST_F(Images, ThatAreLostOrDamagedAreErrorsThatNameRunFieldFrameAndFile) {
  const auto context = "reading frame 4 of ccd in run " + uid;
  {  // one byte of the last frame's data
    std::fstream file(shard(), std::ios::in | std::ios::out | std::ios::binary);
    const auto index = fs::file_size(shard());
    std::string bytes(index, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(index));
    const auto magic = bytes.rfind("\x28\xb5\x2f\xfd");  // the last zstd frame begins here
    ASSERT_NE(magic, std::string::npos);
    file.seekp(static_cast<std::streamoff>(magic));
    file.write("XXXX", 4);
  }
  const auto words = said([&] { (void)run().images("ccd")[4]; });
  EXPECT_THAT(words, refusal(ErrorCode::corrupt, context));
  EXPECT_THAT(words, testing::HasSubstr(shard().string()));
  EXPECT_EQ(run().images("ccd")[0].bytes, make_frame(0).bytes);
  fs::remove(shard());
  const auto lost = said([&] { (void)run().images("ccd")[4]; });
  EXPECT_THAT(lost, refusal(ErrorCode::corrupt, context));
  EXPECT_THAT(lost, testing::HasSubstr("lost"));
  fs::remove_all(folder / "x.zarr");
  EXPECT_THAT(said([&] { (void)run().images("ccd")[4]; }), testing::HasSubstr(context));
  EXPECT_EQ(run().images("ccd").size(), 5);
  EXPECT_EQ(run().frame_stores().at(0).codec, "zstd");  // the next best when the store is away
}

TEST_F(Images, StoresSayWhatTheyHold) {
  const auto stores = run().frame_stores();
  ASSERT_EQ(stores.size(), 1);
  EXPECT_EQ(stores[0].field, "ccd");
  EXPECT_EQ(stores[0].zarr_group, "runs/" + uid + "/ccd");
  EXPECT_EQ(stores[0].frames, 5);
  EXPECT_EQ(stores[0].height, 6);
  EXPECT_EQ(stores[0].width, 10);
  EXPECT_EQ(stores[0].codec, "zstd");
  EXPECT_GT(stores[0].bytes, 0);
}

}  // namespace
}  // namespace resonance
