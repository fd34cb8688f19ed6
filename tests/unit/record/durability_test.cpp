/// What is on disk, and visible to others, when a call returns; and in which order it gets there.
#include <atomic>
#include <condition_variable>

#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

RunWriterOptions at_level(Durability level) {
  RunWriterOptions out;
  out.durability = level;
  out.sync_interval = std::chrono::hours(1);  // nothing happens behind a test's back unless it wants so
  return out;
}

std::uint64_t visible(const fs::path& database) {
  return static_cast<std::uint64_t>(count(database, "SELECT coalesce(max(seq_num), 0) FROM events"));
}

TEST(Strict, IsDurableWhenTheCallReturns) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db", at_level(Durability::strict));
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  EXPECT_EQ(writer.durable("primary"), 0);
  const auto frame = make_frame(1);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
    EXPECT_EQ(writer.durable("primary"), i);
    EXPECT_EQ(visible(folder / "x.db"), i);
  }
}

TEST(Strict, FramesAreOnStableStorageBeforeTheTransactionThatNamesThemCommits) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  auto options = at_level(Durability::strict);
  options.file_system = files;
  options.frames.codec = Codec::zstd;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  sqlite::Connection reader(folder / "x.db", sqlite::Access::read);
  std::vector<std::string> calls;
  files->watch([&](std::string_view call, const fs::path& path) {
    if (!is_shard(path, "ccd") && call != "sync_directory") return;
    // Whatever happens to a frame happens before its reference is there.
    calls.push_back(std::string(call) + " with " + reader.query_text("SELECT count(*) FROM image_refs"));
  });
  for (unsigned i = 0; i < 2; ++i) {
    const auto frame = make_frame(i);
    calls.clear();
    writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    const std::string with = " with " + std::to_string(i);
    EXPECT_THAT(calls, testing::Each(testing::EndsWith(with)));
    const auto last_write = std::find(calls.rbegin(), calls.rend(), "write" + with);
    ASSERT_NE(last_write, calls.rend());
    EXPECT_NE(std::find(calls.rbegin(), last_write, "sync" + with), last_write) << "no sync behind the last write";
    if (i == 0) {
      EXPECT_EQ(calls.back(), "sync_directory" + with);  // the shard's name, too
    }
    EXPECT_EQ(reader.query_int("SELECT count(*) FROM image_refs"), i + 1);
  }
  files->watch({});
}

TEST(Commit, AnotherConnectionSeesTheEventAtOnceAndSyncMakesItDurable) {
  const TemporaryFolder folder;
  RunWriter writer(folder / "x.db", at_level(Durability::commit));
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  const auto frame = make_frame(1);
  const Catalog catalog(folder / "x.db");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
    EXPECT_EQ(visible(folder / "x.db"), i);
    EXPECT_EQ(catalog.run("-1").images("ccd")[i - 1].bytes, frame.bytes);
    EXPECT_EQ(writer.durable("primary"), 0);
  }
  writer.sync();
  EXPECT_EQ(writer.durable("primary"), 3);
}

TEST(Commit, BecomesDurableByItselfWithinTheInterval) {
  const TemporaryFolder folder;
  auto options = at_level(Durability::commit);
  options.sync_interval = std::chrono::milliseconds(5);
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  writer.write_event("primary", x_is(1));
  EXPECT_TRUE(eventually([&] { return writer.durable("primary") == 1; }));
}

TEST(Commit, NothingIsCalledDurableWhoseBytesWereWrittenAfterTheSync) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  auto options = at_level(Durability::commit);
  options.file_system = files;
  options.frames.codec = Codec::none;
  options.sync_interval = std::chrono::milliseconds(1);
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", Json::object({{"a", image_key("s", 6, 10, DType::uint16)}, {"b", image_key("s", 6, 10, DType::uint16)}}));
  const auto frame = make_frame(1);
  // The first sync of a's shard waits until b's second frame is about to be written, and that frame until b was synced.
  std::mutex mutex;
  std::condition_variable changed;
  bool armed = false, writing = false, synced = false, b_clean = false;
  files->watch([&](std::string_view call, const fs::path& path) {
    std::unique_lock lock(mutex);
    if (call == "sync" && is_shard(path, "a") && armed) changed.wait_for(lock, std::chrono::seconds(10), [&] { return writing; });
    if (call == "write" && is_shard(path, "b")) {
      if (armed) {
        writing = true;
        changed.notify_all();
        changed.wait_for(lock, std::chrono::milliseconds(300), [&] { return synced; });
      }
      b_clean = false;
    }
    if (call == "sync" && is_shard(path, "b")) {
      b_clean = true;
      synced = writing;
      changed.notify_all();
    }
  });
  writer.write_event("primary", event_with(Json::object(), {{"a", &frame}, {"b", &frame}}));  // a's shard is synced before b's
  writer.sync();
  {
    const std::lock_guard lock(mutex);
    armed = true;
  }
  writer.write_event("primary", event_with(Json::object(), {{"a", &frame}}));  // the chore syncs it a millisecond later
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  writer.write_event("primary", event_with(Json::object(), {{"b", &frame}}));
  {
    const std::lock_guard lock(mutex);
    armed = false;
  }
  EXPECT_TRUE(eventually([&] { return writer.durable("primary") == 3; }));
  {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(b_clean) << "the last write to b's shard has no sync behind it";
  }
  files->watch({});
}

TEST(Group, EventsBecomeVisibleByThemselvesAndAtOnceAfterFlush) {
  const TemporaryFolder folder;
  auto options = at_level(Durability::group);
  options.commit_interval = std::chrono::milliseconds(5);
  RunWriter writer(folder / "x.db", options);
  writer.open_run("fly");
  writer.open_stream("primary", usual_keys());
  const auto frame = make_frame(7);
  writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
  EXPECT_TRUE(eventually([&] { return visible(folder / "x.db") == 1; }));
  EXPECT_EQ(Catalog(folder / "x.db").run("-1").images("ccd")[0].bytes, frame.bytes);
  for (int i = 0; i < 100; ++i) writer.write_event("primary", x_is(i));
  writer.flush();
  EXPECT_EQ(visible(folder / "x.db"), 101);
  writer.sync();
  EXPECT_EQ(writer.durable("primary"), 101);
}

TEST(Group, NothingIsVisibleBeforeItsTimeAndNothingIsLostAtTheEnd) {
  const TemporaryFolder folder;
  auto options = at_level(Durability::group);
  options.commit_interval = std::chrono::hours(1);
  RunWriter writer(folder / "x.db", options);
  writer.open_run("fly");
  writer.open_stream("primary", usual_keys());
  for (int i = 0; i < 50; ++i) writer.write_event("primary", x_is(i));
  EXPECT_EQ(visible(folder / "x.db"), 0);
  EXPECT_THAT(said([&] { writer.write_event("primary", Json::object({{"y", 1}})); }), refusal(ErrorCode::invalid_argument, "'y'"));
  writer.close_run();
  EXPECT_EQ(visible(folder / "x.db"), 50);  // a refused event takes no queued one with it
}

TEST(FrameCounts, InZarrJsonFollowTheCommitsAndNeverLead) {
  const TemporaryFolder folder;
  auto options = at_level(Durability::commit);
  options.publish_interval = std::chrono::milliseconds(1);
  RunWriter writer(folder / "x.db", options);
  const auto uid = writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  const auto length = [&] {
    return Json::parse(io::read_text(folder / "x.zarr" / "runs" / uid / "ccd/zarr.json", 1 << 20)).at("shape").as_array()[0].as_int64();
  };
  const auto frame = make_frame(7);
  writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
  EXPECT_TRUE(eventually([&] { return length() == 1; }));
  for (int i = 0; i < 9; ++i) {
    EXPECT_LE(length(), i + 1);
    writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}}));
  }
  writer.flush();
  EXPECT_EQ(length(), 10);
}

}  // namespace
}  // namespace resonance::record_test
