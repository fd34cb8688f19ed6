/// Frames through RunWriter to disk and back through Catalog.
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

constexpr DType kAll[] = {DType::boolean, DType::int8,   DType::int16,  DType::int32,   DType::int64,   DType::uint8,
                          DType::uint16,  DType::uint32, DType::uint64, DType::float16, DType::float32, DType::float64};

class RecordedFrames : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, RecordedFrames, testing::Values(Codec::none, Codec::blosc, Codec::zstd, Codec::gzip),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(RecordedFrames, OfEveryDtypeComeBackEqualWhileTheRunIsOpenAndAfter) {
  const TemporaryFolder folder;
  RunWriterOptions options;
  options.frames.codec = GetParam();
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  auto keys = Json::object();
  for (const auto dtype : kAll) keys.set(std::string(to_string(dtype)), image_key("camera", 17, 31, dtype));
  writer.open_stream("primary", keys);
  for (unsigned i = 0; i < 5; ++i) {
    std::vector<Frame> frames;
    for (const auto dtype : kAll) frames.push_back(make_frame(17, 31, dtype, i));
    NewEvent event;
    for (const auto& frame : frames) event.frames.push_back({std::string(to_string(frame.dtype)), frame.view()});
    writer.write_event("primary", event);
  }
  const auto check = [&] {
    const auto run = Catalog(folder / "x.db").run("-1");
    EXPECT_EQ(run.summary().num_frames, 5 * std::size(kAll));
    for (const auto dtype : kAll) {
      const auto images = run.images(to_string(dtype));
      ASSERT_EQ(images.size(), 5) << to_string(dtype);
      EXPECT_EQ(images.dtype(), dtype);
      EXPECT_EQ(images.shape(), (std::array<std::uint64_t, 3>{5, 17, 31}));
      EXPECT_EQ(images.mappable(), GetParam() == Codec::none);
      for (unsigned i = 0; i < 5; ++i) {
        const auto expected = make_frame(17, 31, dtype, i);
        EXPECT_EQ(images[i].bytes, expected.bytes) << to_string(dtype) << " " << i;
        if (!images.mappable()) continue;
        const auto mapped = images.map(i);
        EXPECT_TRUE(std::equal(mapped.view.bytes.begin(), mapped.view.bytes.end(), expected.bytes.begin(), expected.bytes.end()));
      }
    }
    EXPECT_EQ(run.frame_stores().at(0).codec, to_string(GetParam()));
  };
  check();
  writer.close_run();
  check();
  EXPECT_EQ(text(folder / "x.db", "SELECT DISTINCT compression_codec FROM image_refs"), to_string(GetParam()));
}

TEST(RecordedFrameBlock, ABlockIsOneTransactionAndItsFramesBelongToTheirEvents) {
  for (const auto level : {Durability::strict, Durability::commit, Durability::group}) {
    const TemporaryFolder folder;
    RunWriterOptions options;
    options.durability = level;
    options.commit_interval = std::chrono::hours(1);
    RunWriter writer(folder / "x.db", options);
    writer.open_run("fly");
    writer.open_stream("primary", usual_keys());
    std::vector<std::string> uids;
    for (int i = 0; i < 7; ++i) uids.push_back(writer.write_event("primary", x_is(i)));
    std::vector<std::byte> block;
    for (unsigned i = 0; i < 7; ++i) {
      const auto frame = make_frame(i);
      block.insert(block.end(), frame.bytes.begin(), frame.bytes.end());
    }
    EXPECT_EQ(writer.write_frames(uids, "ccd", {block, 7, 6, 10, DType::uint16}), 0);
    const auto images = Catalog(folder / "x.db").run("-1").images("ccd");
    ASSERT_EQ(images.size(), 7);
    std::vector<std::byte> all(block.size());
    images.read(0, 7, all);
    EXPECT_EQ(all, block);
    // A frame of the newest event again, alone; its number goes on.
    const auto extra = make_frame(99);
    EXPECT_EQ(writer.write_frame(uids[3], "ccd", extra.view()), 7);
    writer.flush();
    EXPECT_EQ(Catalog(folder / "x.db").run("-1").images("ccd").size(), 8);
  }
}

TEST(RecordedFrameBlock, AWrongBlockWritesNothing) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db");
  writer.open_run("fly");
  writer.open_stream("primary", usual_keys());
  const std::vector<std::string> uids = {writer.write_event("primary", x_is(1)), writer.write_event("primary", x_is(2))};
  const std::vector<std::byte> bytes(2 * 6 * 10 * 2);
  const auto before = row_counts(folder / "x.db");
  const auto write = [&](const std::vector<std::string>& to, std::string_view field, const FrameBlock& block) {
    return said([&] { writer.write_frames(to, field, block); });
  };
  EXPECT_THAT(write(uids, "ccd", {bytes, 3, 6, 10, DType::uint16}), refusal(ErrorCode::invalid_argument, "do not fit 240 bytes"));
  EXPECT_THAT(write(uids, "ccd", {bytes, ~0ull, ~0ull, 10, DType::uint16}), refusal(ErrorCode::invalid_argument, "do not fit"));
  EXPECT_THAT(write({uids[0], uids[1], uids[0]}, "ccd", {bytes, 2, 6, 10, DType::uint16}),
              refusal(ErrorCode::invalid_argument, "3 events are named for 2"));
  EXPECT_THAT(write(uids, "ccd", {bytes, 2, 10, 6, DType::uint16}), refusal(ErrorCode::invalid_argument, "declared as 6x10 uint16"));
  EXPECT_THAT(write(uids, "ccd", {bytes, 2, 6, 10, DType::int16}), refusal(ErrorCode::invalid_argument, "6x10 int16"));
  EXPECT_THAT(write(uids, "pilatus", {bytes, 2, 6, 10, DType::uint16}), refusal(ErrorCode::invalid_argument, "'pilatus' was not declared"));
  EXPECT_THAT(write(uids, "../../x", {bytes, 2, 6, 10, DType::uint16}), refusal(ErrorCode::invalid_argument, "frame field '../../x'"));
  EXPECT_THAT(write(uids, "x", {bytes, 2, 6, 10, DType::uint16}), refusal(ErrorCode::invalid_argument, "declared as a single value"));
  EXPECT_THAT(write({uids[0], "nobody"}, "ccd", {bytes, 2, 6, 10, DType::uint16}), refusal(ErrorCode::not_found, "no event 'nobody'"));
  EXPECT_EQ(row_counts(folder / "x.db"), before);
  EXPECT_FALSE(fs::exists(folder / "x.zarr"));
  EXPECT_EQ(writer.write_frames(uids, "ccd", {bytes, 2, 6, 10, DType::uint16}), 0);
}

TEST(RecordedFrames, AChangeOfGeometryInsideARunOpensASecondArray) {
  const TemporaryFolder folder;
  RunWriterOptions options;
  options.allow_undeclared = true;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", Json::object());
  // Rows, then binning, then another dtype, then the first again, which goes on in the first array.
  const std::vector<Frame> frames = {make_frame(8, 8, DType::uint16, 0), make_frame(4, 4, DType::uint16, 1),
                                     make_frame(4, 4, DType::float32, 2), make_frame(8, 8, DType::uint16, 3)};
  for (const auto& frame : frames) writer.write_event("primary", event_with(Json::object({{"any", 1}}), {{"ccd", &frame}}));
  const auto other = make_frame(3, 3, DType::uint8, 9);  // a field that is called as the second array is
  writer.write_event("primary", event_with(Json::object(), {{"ccd.2", &other}}));
  writer.close_run();
  const auto run = Catalog(folder / "x.db").run("-1");
  const auto images = run.images("ccd");
  ASSERT_EQ(images.size(), 4);
  EXPECT_FALSE(images.uniform());
  for (unsigned i = 0; i < 4; ++i) {
    const auto frame = images[i];
    EXPECT_EQ(frame.bytes, frames[i].bytes);
    EXPECT_EQ(frame.height, frames[i].height);
    EXPECT_EQ(frame.dtype, frames[i].dtype);
    EXPECT_EQ(images.seq_num(i), i + 1);
  }
  EXPECT_EQ(images.zarr_group(0), images.zarr_group(3));
  EXPECT_EQ(images.zarr_group(0), "runs/" + run.uid() + "/ccd");
  EXPECT_NE(images.zarr_group(0), images.zarr_group(1));
  EXPECT_EQ(run.images("ccd.2")[0].bytes, other.bytes);
  EXPECT_EQ(run.fields(), (std::vector<std::string>{"ccd", "ccd.2"}));
  std::vector<std::byte> out(2 * 128);
  EXPECT_THAT(said([&] { images.read(0, 2, out); }), refusal(ErrorCode::invalid_argument, "different geometries"));
}

}  // namespace
}  // namespace resonance::record_test
