/// Frames as detectors give them: in bursts, compressed already, in memory that somebody keeps, faster than the disk.
#include <fmt/format.h>

#include <thread>

#include "support/raw_database.hpp"
#include "unit/record/record_testing.hpp"
#include "zarr/checksum.hpp"
#include "zarr/codec.hpp"

namespace resonance::record_test {
namespace {

RunWriterOptions with(Durability level, Codec codec = Codec::blosc) {
  RunWriterOptions out;
  out.durability = level;
  out.frames.codec = codec;
  return out;
}

Json keys_with(const char* field, std::uint64_t height, std::uint64_t width) {
  auto keys = usual_keys();
  keys.set(field, image_key("camera", height, width, DType::uint16));
  return keys;
}

/// Noise that compresses a little; frame `n`.
std::vector<std::byte> pixels(std::uint64_t n, std::uint64_t height, std::uint64_t width) {
  std::vector<std::byte> out(height * width * 2);
  auto state = n * 0x9E3779B97F4A7C15ull + 1;
  for (auto at = out.begin(); at != out.end(); ++at) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    *at = (at - out.begin()) % 2 == 0 ? static_cast<std::byte>(state >> 58) : std::byte{1};
  }
  return out;
}

std::vector<std::byte> encoded(std::span<const std::byte> frame, std::uint64_t height, std::uint64_t width) {
  const auto chain = zarr::CodecChain::for_frames(Codec::blosc, 5, DType::uint16, {1, height, width});
  std::vector<std::byte> out(chain.max_encoded_bytes());
  out.resize(chain.encode(frame, out));
  return out;
}

class AtEveryLevel : public testing::TestWithParam<Durability> {
 protected:
  const TemporaryFolder folder;
};
INSTANTIATE_TEST_SUITE_P(Levels, AtEveryLevel, testing::Values(Durability::strict, Durability::commit, Durability::group),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(AtEveryLevel, ABurstIsManyFramesOfOneEvent) {
  RunWriter writer(folder / "x.db", with(GetParam()));
  writer.open_run("burst");
  writer.open_stream("primary", keys_with("fast", 40, 50));
  std::vector<std::byte> block;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const auto frame = pixels(i, 40, 50);
    block.insert(block.end(), frame.begin(), frame.end());
  }
  const auto half = std::span(block).first(block.size() / 2), rest = std::span(block).last(block.size() / 2);
  NewEvent event;
  event.data = x_is(1);
  event.bursts.push_back({"fast", {half, 15, 40, 50, DType::uint16}});
  const auto uid = writer.write_event("primary", event);
  EXPECT_EQ(writer.write_frames({&uid, 1}, "fast", {rest, 15, 40, 50, DType::uint16}), 15u);
  writer.close_run();
  const auto images = Catalog(folder / "x.db").run("-1").images("fast");
  ASSERT_EQ(images.size(), 30);
  for (std::uint64_t i = 0; i < 30; ++i) {
    EXPECT_EQ(images[i].bytes, pixels(i, 40, 50));
    EXPECT_EQ(images.seq_num(i), 1u);
  }
}

TEST_P(AtEveryLevel, FramesThatTheDetectorCompressedAreStoredAsTheyAre) {
  auto options = with(GetParam());
  options.frames.frames_per_chunk = 1;
  RunWriter writer(folder / "x.db", options);
  const auto run = writer.open_run("eiger");
  writer.open_stream("primary", keys_with("fast", 40, 50));
  std::vector<std::vector<std::byte>> chunks;
  for (std::uint64_t i = 0; i < 9; ++i) chunks.push_back(encoded(pixels(i, 40, 50), 40, 50));
  NewEvent event;
  event.data = x_is(1);
  event.encoded.push_back({"fast", {chunks[0], 40, 50, DType::uint16}});
  const auto uid = writer.write_event("primary", event);
  std::vector<EncodedFrame> more;
  for (std::uint64_t i = 1; i < 9; ++i) more.push_back({chunks[i], 40, 50, DType::uint16});
  EXPECT_EQ(writer.write_encoded_frames({&uid, 1}, "fast", more), 1u);
  writer.close_run();
  const auto images = Catalog(folder / "x.db").run("-1").images("fast");
  ASSERT_EQ(images.size(), 9);
  for (std::uint64_t i = 0; i < 9; ++i) EXPECT_EQ(images[i].bytes, pixels(i, 40, 50));
  std::vector<std::byte> all;
  for (const auto& chunk : chunks) all.insert(all.end(), chunk.begin(), chunk.end());
  const auto shard = io::read_bytes(folder / "x.zarr" / "runs" / run / "fast/c/0/0/0", 1 << 30);
  EXPECT_TRUE(std::equal(all.begin(), all.end(), shard.begin()));
}

TEST(AFrameThatTheDetectorCompressed, IsRefusedWhenItIsNoFrameOfItsArrayAndNothingIsWritten) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db", with(Durability::commit));
  writer.open_run("eiger");
  writer.open_stream("primary", keys_with("fast", 40, 50));
  const auto uid = writer.write_event("primary", x_is(1));
  const auto good = encoded(pixels(0, 40, 50), 40, 50), small = encoded(pixels(0, 20, 50), 20, 50);
  auto damaged = good;
  damaged.resize(damaged.size() / 2);
  const auto write = [&](std::span<const std::byte> bytes) {
    const EncodedFrame frames[] = {{good, 40, 50, DType::uint16}, {bytes, 40, 50, DType::uint16}};
    return said([&] { writer.write_encoded_frames({&uid, 1}, "fast", frames); });
  };
  EXPECT_THAT(write(small), refusal(ErrorCode::invalid_argument, "is not what the array holds (blosc)"));
  EXPECT_THAT(write(damaged), refusal(ErrorCode::invalid_argument, "is not what the array holds"));
  EXPECT_THAT(write(pixels(0, 40, 50)), refusal(ErrorCode::invalid_argument, "is not what the array holds"));
  EXPECT_EQ(row_counts(folder / "x.db")["image_refs"], 0);
  EXPECT_EQ(write(good), "");
  writer.close_run();
  EXPECT_EQ(Catalog(folder / "x.db").run("-1").images("fast").size(), 2);
}

TEST(AFrameThatTheDetectorCompressed, IsRefusedWhenItIsNotAsDeclaredWhereverItStandsInACall) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db", with(Durability::commit));
  writer.open_run("eiger");
  writer.open_stream("primary", keys_with("fast", 40, 50));
  const auto uid = writer.write_event("primary", x_is(1));
  const auto good = encoded(pixels(0, 40, 50), 40, 50), other = encoded(pixels(0, 20, 50), 20, 50);
  for (const bool first : {true, false}) {
    const EncodedFrame right{good, 40, 50, DType::uint16}, wrong{other, 20, 50, DType::uint16};
    const EncodedFrame frames[] = {first ? wrong : right, right, first ? right : wrong};
    EXPECT_THAT(said([&] { writer.write_encoded_frames({&uid, 1}, "fast", frames); }),
                refusal(ErrorCode::invalid_argument, "is declared as 40x50 uint16, but the frame is 20x50 uint16"));
  }
  EXPECT_EQ(row_counts(folder / "x.db")["image_refs"], 0);
}

TEST(AFrameThatTheDetectorCompressed, IsRefusedWhereFramesAreNotCompressedOrShareChunks) {
  for (const auto& [options, why] : {std::pair{with(Durability::commit, Codec::none), "it is not compressed"},
                                     std::pair{with(Durability::group), "set frames_per_chunk to 1"}}) {
    const TemporaryFolder folder;
    RunWriter writer(folder / "x.db", options);
    writer.open_run("eiger");
    writer.open_stream("primary", keys_with("fast", 40, 50));
    const auto uid = writer.write_event("primary", x_is(1));
    const auto chunk = encoded(pixels(0, 40, 50), 40, 50);
    const EncodedFrame frame{chunk, 40, 50, DType::uint16};
    EXPECT_THAT(said([&] { writer.write_encoded_frames({&uid, 1}, "fast", {&frame, 1}); }), refusal(ErrorCode::unsupported, why));
  }
}

TEST(AWriterAtGroupLevel, RefusesAFrameThatWouldHaveToWaitWhenAskedTo) {
  const TemporaryFolder folder;
  auto options = with(Durability::group, Codec::zstd);
  options.frames.level = 19;  // slow
  options.queue_bytes = 4 << 20;
  options.encode_threads = 1;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("fast");
  writer.open_stream("primary", keys_with("fast", 512, 512));
  const auto frame = pixels(1, 512, 512);
  NewEvent event;
  event.data = x_is(1);
  event.frames.push_back({"fast", {frame, 512, 512, DType::uint16}});
  std::uint64_t taken = 0, refused = 0;
  while (refused < 3) (writer.try_write_event("primary", event) ? taken : refused) += 1;
  EXPECT_GT(taken, 0u);
  writer.write_event("primary", event);  // waits
  writer.close_run();
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.summary().num_events, taken + 1);
  EXPECT_EQ(run.images("fast").size(), taken + 1);
  EXPECT_EQ(run.images("fast")[taken].bytes, frame);
}

TEST(AWriterAtGroupLevel, LetsGoOfFramesThatSomebodyKeepsOnceTheyAreWritten) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db", with(Durability::group));
  writer.open_run("fast");
  writer.open_stream("primary", keys_with("fast", 300, 300));
  std::vector<std::weak_ptr<std::vector<std::byte>>> watches;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto frame = std::make_shared<std::vector<std::byte>>(pixels(i, 300, 300));
    watches.push_back(frame);
    NewEvent event;
    event.data = x_is(1);
    event.frames.push_back({"fast", {*frame, 300, 300, DType::uint16}, frame});
    writer.write_event("primary", event);
  }
  writer.flush();
  for (const auto& watch : watches) EXPECT_TRUE(watch.expired());
  writer.close_run();
  const auto images = Catalog(folder / "x.db").run("-1").images("fast");
  ASSERT_EQ(images.size(), 20);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(images[i].bytes, pixels(i, 300, 300));
}

TEST(AWriterAtGroupLevel, RecordsSeveralFieldsFromSeveralThreadsWithoutMixingThem) {
  const TemporaryFolder folder;
  auto options = with(Durability::group);
  options.queue_bytes = 1 << 20;  // everybody waits for everybody
  RunWriter writer(folder / "x.db", options);
  writer.open_run("fly");
  auto keys = usual_keys();
  for (const char* field : {"a", "b", "c"}) keys.set(field, image_key(field, 100, 120, DType::uint16));
  for (const char* stream : {"s0", "s1", "s2"}) writer.open_stream(stream, keys);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 60; ++i) {
        NewEvent event;
        event.data = x_is(static_cast<double>(i));
        std::vector<std::vector<std::byte>> frames;
        for (unsigned f = 0; f < 3; ++f) frames.push_back(pixels(1000 * t + 3 * i + f, 100, 120));
        for (unsigned f = 0; f < 3; ++f)
          event.frames.push_back({std::string(1, static_cast<char>('a' + f)), {frames[f], 100, 120, DType::uint16}});
        writer.write_event(fmt::format("s{}", t), event);
      }
    });
  for (auto& thread : threads) thread.join();
  writer.close_run();
  const auto run = Catalog(folder / "x.db").run("-1");
  for (unsigned f = 0; f < 3; ++f) {
    const auto images = run.images(std::string(1, static_cast<char>('a' + f)));
    ASSERT_EQ(images.size(), 180);
    for (std::uint64_t i = 0; i < 180; ++i)
      ASSERT_EQ(images[i].bytes, pixels(1000 * (i / 60) + 3 * (i % 60) + f, 100, 120)) << f << " " << i;
  }
}

TEST_P(AtEveryLevel, EveryFrameHasAChecksumOfItsPixels) {
  RunWriter writer(folder / "x.db", with(GetParam()));
  writer.open_run("sums");
  writer.open_stream("primary", keys_with("fast", 40, 50));
  std::vector<std::uint32_t> expected;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto frame = pixels(i, 40, 50);
    expected.push_back(zarr::crc32c(frame));
    NewEvent event;
    event.data = x_is(1);
    event.frames.push_back({"fast", {frame, 40, 50, DType::uint16}});
    writer.write_event("primary", event);
  }
  writer.close_run();
  writer.close();
  test::RawDatabase database(folder / "x.db");
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(database.value(
                  fmt::format("SELECT crc32c FROM frame_checksums c JOIN image_refs i ON i.id = c.ref_id WHERE index_in_stack = {}", i)),
              std::to_string(expected[i]));
  database.query("PRAGMA foreign_keys = ON");
  database.query("DELETE FROM runs");
  EXPECT_EQ(database.value("SELECT count(*) FROM frame_checksums"), "0");
}

}  // namespace
}  // namespace resonance::record_test
