/// Following a run that is being recorded: each look costs what is new.
#include "support/raw_database.hpp"
#include "support/read_counter.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;

class Following : public testing::TestWithParam<Codec> {
 protected:
  Following() {
    options.frames.codec = GetParam();
    writer = std::make_unique<RunWriter>(database, options);
    uid = writer->open_run("count");
    writer->open_stream("primary", usual_keys());
  }
  void write(unsigned first, unsigned count, std::string_view stream = "primary") {
    for (unsigned i = first; i < first + count; ++i) {
      const auto frame = make_frame(i);
      writer->write_event(stream, event_with(x_is(i), {{"ccd", &frame}}));
    }
  }
  static void expect_frames(const ImageSequence& images, unsigned first, unsigned count) {
    ASSERT_EQ(images.size(), count);
    for (unsigned i = 0; i < count; ++i) EXPECT_EQ(images[i].bytes, make_frame(first + i).bytes) << first + i;
  }

  TemporaryFolder folder;
  fs::path database = folder / "x.db";
  RunWriterOptions options;
  std::unique_ptr<RunWriter> writer;
  std::string uid;
};
INSTANTIATE_TEST_SUITE_P(Codecs, Following, testing::Values(Codec::none, Codec::blosc),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(Following, GivesEachFrameOnceFromBeforeTheFirstToBehindTheEnd) {
  const auto run = Catalog(database).run("-1");
  auto seen = run.images("ccd");
  EXPECT_TRUE(seen.empty());
  seen = run.images_since(seen);
  EXPECT_TRUE(seen.empty());
  unsigned next = 0;
  for (const unsigned count : {1u, 1u, 0u, 7u, 30u}) {
    write(next, count);
    seen = run.images_since(seen);
    EXPECT_EQ(seen.offset(), next);
    expect_frames(seen, next, count);
    if (count > 0) {
      EXPECT_EQ(seen.seq_num(0), next + 1);
    }
    next += count;
  }
  write(next, 2);
  writer->close_run();
  seen = run.images_since(seen);
  expect_frames(seen, next, 2);
  EXPECT_TRUE(run.images_since(seen).empty());
  EXPECT_EQ(run.images("ccd").size(), next + 2);
}

TEST_P(Following, PassesOverOtherRunsAndFields) {
  const auto run = Catalog(database).run("-1");
  write(0, 3);
  const auto seen = run.images("ccd");
  const auto none = run.images("pilatus");
  {
    RunWriter other(database, options);
    other.open_run("other");
    other.open_stream("primary", usual_keys());
    const auto frame = make_frame(99);
    for (int i = 0; i < 5; ++i) other.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    other.close_run();
  }
  EXPECT_TRUE(run.images_since(seen).empty());
  write(3, 1);
  expect_frames(run.images_since(seen), 3, 1);
  EXPECT_TRUE(run.images_since(none).empty());
  const auto words = said([&] { (void)Catalog(database).run("2").images_since(seen); });
  EXPECT_THAT(words, refusal(ErrorCode::invalid_argument, "the frames seen are of run " + uid));
}

TEST_P(Following, TakesTheFramesOfSeveralStreamsAsTheyCome) {
  writer->open_stream("dark", usual_keys());
  write(0, 2);
  write(10, 1, "dark");
  const auto run = Catalog(database).run("-1");
  const auto seen = run.images("ccd");
  ASSERT_EQ(seen.size(), 3);
  write(11, 1, "dark");
  write(2, 1);
  const auto since = run.images_since(seen);
  ASSERT_EQ(since.size(), 2);
  EXPECT_EQ(since[0].bytes, make_frame(2).bytes) << "the older stream first, as in images()";
  EXPECT_EQ(since[1].bytes, make_frame(11).bytes);
}

TEST_P(Following, LooksAtTheNewRowsAloneAndOpensNothingAgain) {
  const auto run = Catalog(database).run("-1");
  write(0, 20);
  const auto seen = run.images("ccd");
  expect_frames(seen, 0, 20);
  const auto plan = test::RawDatabase(database).query(
      "EXPLAIN QUERY PLAN SELECT 1 FROM image_refs i CROSS JOIN events e ON e.uid = i.event_uid CROSS JOIN streams s ON s.uid = "
      "e.stream_uid "
      "LEFT JOIN frame_checksums c ON c.ref_id = i.id WHERE i.id > 3 AND i.id <= 9 AND s.run_uid = 'x' AND i.field_name = 'ccd'");
  ASSERT_FALSE(plan.empty());
  for (const auto& row : plan) EXPECT_EQ(row.back().find("SCAN"), std::string::npos) << row.back();
  EXPECT_THAT(plan.front().back(), testing::HasSubstr("INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
  write(20, 1);
  const auto since = run.images_since(seen);
  std::vector<std::byte> out(120);
  EXPECT_LE(test::reads_of([&] { since.read(0, 1, out); }).calls, 2)
      << "its entry and its bytes, but neither zarr.json nor the shard index";
  EXPECT_EQ(out, make_frame(20).bytes);
}

}  // namespace
}  // namespace resonance
