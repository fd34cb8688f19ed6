/// A disk that is full or broken: what was acknowledged stays, the call says so, no number is skipped.
#include <atomic>
#include <cerrno>

#include "io/posix_error.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

/// One call that fails, told apart by what it does to which path.
struct Fault {
  const char* name;
  const char* call;
  const char* part;  // of the path
  Codec codec;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FullDisk : public testing::TestWithParam<std::tuple<Fault, Durability>> {};
INSTANTIATE_TEST_SUITE_P(Faults, FullDisk,
                         testing::Combine(testing::Values(Fault{"FrameRaw", "write", "/ccd/c/0/0/0", Codec::none},
                                                          Fault{"FrameCompressed", "write", "/ccd/c/0/0/0", Codec::blosc},
                                                          Fault{"ShardCreation", "create", "/new/c/", Codec::blosc},
                                                          Fault{"ShardSize", "resize", "/new/c/", Codec::none},
                                                          Fault{"ArrayMetadata", "create", "/new/zarr.json", Codec::zstd},
                                                          Fault{"ArrayMetadataName", "rename", "/new/zarr.json", Codec::zstd},
                                                          Fault{"ArrayFolder", "make_directory", "/new", Codec::gzip}),
                                          testing::Values(Durability::strict, Durability::commit, Durability::group)),
                         [](const auto& test) {
                           return std::get<0>(test.param).name + std::string(1, '_') + std::string(to_string(std::get<1>(test.param)));
                         });

TEST_P(FullDisk, LosesNothingAcknowledgedAndTheWriterGoesOn) {
  const auto& [fault, level] = GetParam();
  if (level == Durability::group && fault.codec == Codec::blosc) return;  // met behind the caller's back: the next test
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  RunWriterOptions options;
  options.durability = level;
  options.file_system = files;
  options.frames.codec = fault.codec;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  auto keys = usual_keys();
  keys.set("new", image_key("camera", 6, 10, DType::uint16));
  writer.open_stream("primary", keys);
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 4; ++i) frames.push_back(make_frame(i));
  for (unsigned i = 0; i < 2; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frames[i]}}));

  std::atomic<bool> full = true;
  files->watch([&, fault = fault](std::string_view call, const fs::path& path) {
    if (full && call == fault.call && path.string().find(fault.part) != std::string::npos) io::throw_errno(ENOSPC, "writing", path, 0);
  });
  for (int attempt = 0; attempt < 2; ++attempt) {  // the first frame of the event fits, the second does not, or neither
    try {
      writer.write_event("primary", event_with(x_is(9), {{"ccd", &frames[2]}, {"new", &frames[2]}}));
      FAIL() << "no fault was met";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::no_space) << error.what();
      EXPECT_EQ(error.detail().os_errno, ENOSPC);
      EXPECT_NE(error.detail().file.string().find(fault.part), std::string::npos) << error.detail().file;
    }
  }
  full = false;
  const auto images = [&](std::string_view field) { return Catalog(folder / "x.db").run("-1").images(field); };
  writer.flush();
  ASSERT_EQ(images("ccd").size(), 2);
  for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(images("ccd")[i].bytes, frames[i].bytes);

  for (unsigned i = 2; i < 4; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frames[i]}, {"new", &frames[i]}}));
  writer.close_run();
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.summary().exit_status, "success");
  EXPECT_EQ(run.table()["x"].values, (Column::Values{std::vector<double>{0, 1, 2, 3}}));
  EXPECT_EQ(run.table()["seq_num"].values, (Column::Values{std::vector<std::int64_t>{1, 2, 3, 4}}));
  ASSERT_EQ(images("ccd").size(), 4);
  ASSERT_EQ(images("new").size(), 2);
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(images("ccd")[i].bytes, frames[i].bytes);
  for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(images("new")[i].bytes, frames[i + 2].bytes);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "x.zarr"))
    EXPECT_NE(entry.path().extension(), ".partial") << entry.path();
}

TEST(AFullDisk, MetWhileFramesAreCompressedBehindTheCallersBackEndsTheRunAndKeepsWhatWasCommitted) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  RunWriterOptions options;
  options.durability = Durability::group;
  options.file_system = files;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 8; ++i) frames.push_back(make_frame(i));
  for (unsigned i = 0; i < 3; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frames[i]}}));
  writer.flush();
  files->watch([&](std::string_view call, const fs::path& path) {
    if (call == "write" && path.string().find("/ccd/c/0") != std::string::npos) io::throw_errno(ENOSPC, "writing", path, 0);
  });
  for (unsigned i = 3; i < 6; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frames[i]}}));
  EXPECT_THAT(said([&] { writer.flush(); }), testing::HasSubstr("No space left"));
  EXPECT_THAT(said([&] { writer.write_event("primary", x_is(7)); }),
              refusal(ErrorCode::invalid_state, "queued events could not be committed"));
  files->watch({});  // room was made
  writer.close_run();
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.summary().exit_status, "failed");
  EXPECT_THAT(run.reason().value_or(""), testing::HasSubstr("No space left"));
  EXPECT_EQ(run.summary().num_events, 3);
  ASSERT_EQ(run.images("ccd").size(), 3);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(run.images("ccd")[i].bytes, frames[i].bytes);
  writer.close();
  RunWriter next(folder / "x.db", options);
  next.open_run("again");
  next.open_stream("primary", usual_keys());
  next.write_event("primary", event_with(x_is(1), {{"ccd", &frames[7]}}));
  next.close_run();
  EXPECT_EQ(Catalog(folder / "x.db").run("-1").images("ccd")[0].bytes, frames[7].bytes);
}

/// A writer with two acknowledged events, whose syncs of `part` fail from now on.
struct BrokenSync {
  BrokenSync(const fs::path& database, Durability level, std::string part_) : part(std::move(part_)) {
    RunWriterOptions options;
    options.durability = level;
    options.file_system = files;
    options.sync_interval = std::chrono::hours(1);
    options.log = [this](std::string_view line) {
      const std::lock_guard lock(mutex);
      logged += line;
    };
    writer = std::make_unique<RunWriter>(database, options);
    writer->open_run("count");
    writer->open_stream("primary", usual_keys());
    for (unsigned i = 0; i < 2; ++i) {
      const auto frame = make_frame(i);
      writer->write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    }
    files->watch([this](std::string_view call, const fs::path& path) {
      if (broken && call == "sync" && path.string().find(part) != std::string::npos) io::throw_errno(EIO, "syncing", path);
    });
  }
  ~BrokenSync() {
    writer.reset();
    files->watch({});
  }

  std::string part;
  std::atomic<bool> broken = true;
  std::shared_ptr<WatchedFiles> files = std::make_shared<WatchedFiles>();
  std::mutex mutex;  // guards logged
  std::string logged;
  std::unique_ptr<RunWriter> writer;
};

void expect_both_events(const fs::path& database) {
  const auto run = Catalog(database).run("-1");
  EXPECT_EQ(run.summary().num_events, 2);
  EXPECT_EQ(run.table()["x"].values, (Column::Values{std::vector<double>{0, 1}}));
  const auto images = run.images("ccd");
  ASSERT_EQ(images.size(), 2);
  for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(images[i].bytes, make_frame(i).bytes);
}

TEST(FailedSync, OfFramesIsFinalAndTheRunIsClosedAsFailed) {
  for (const auto level : {Durability::strict, Durability::commit}) {
    const TemporaryFolder folder;
    BrokenSync state(folder / "x.db", level, "/ccd/c/");
    auto& writer = *state.writer;
    const auto frame = make_frame(5);
    const auto words = said([&] {
      if (level == Durability::strict)
        writer.write_event("primary", event_with(x_is(2), {{"ccd", &frame}}));
      else
        writer.sync();
    });
    EXPECT_THAT(words, refusal(ErrorCode::io, "/ccd/c/0/0/0"));
    state.broken = false;  // a second sync would succeed, but the bytes may be gone: nothing may trust it
    const auto final = testing::AllOf(refusal(ErrorCode::invalid_state, "/ccd/c/0/0/0"), testing::HasSubstr("Input/output error"));
    EXPECT_THAT(said([&] { writer.write_event("primary", x_is(2)); }), final);
    EXPECT_THAT(said([&] { writer.sync(); }), final);
    EXPECT_THAT(said([&] { writer.flush(); }), final);
    EXPECT_THAT(state.logged, testing::HasSubstr("Input/output error"));
    expect_both_events(folder / "x.db");
    (void)said([&] { writer.close_run(); });  // may say again that the shard is not safe
    EXPECT_FALSE(writer.run_open());
    const auto run = Catalog(folder / "x.db").run("-1");
    EXPECT_EQ(run.summary().exit_status, "failed");
    ASSERT_TRUE(run.reason());
    EXPECT_THAT(*run.reason(), testing::HasSubstr("Input/output error"));
    expect_both_events(folder / "x.db");
    EXPECT_THAT(said([&] { writer.open_run("next"); }), final);
    writer.close();
    RunWriter again(folder / "x.db");
    again.open_run("next");
    again.close_run();
  }
}

TEST(FailedSync, AFullDiskAtTheSyncOfAStrictWriterIsFinalToo) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  RunWriterOptions options;
  options.durability = Durability::strict;
  options.file_system = files;
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  files->watch([](std::string_view call, const fs::path& path) {
    if (call == "sync" && is_shard(path, "ccd")) io::throw_errno(ENOSPC, "syncing", path);
  });
  const auto frame = make_frame(1);
  const auto write = [&] { return said([&] { writer.write_event("primary", event_with(x_is(1), {{"ccd", &frame}})); }); };
  EXPECT_THAT(write(), refusal(ErrorCode::no_space, "/ccd/c/"));
  files->watch({});
  EXPECT_THAT(write(), refusal(ErrorCode::invalid_state, "No space left on device"));
  EXPECT_EQ(count(folder / "x.db", "SELECT count(*) FROM events"), 0);
}

TEST(FailedSync, InTheBackgroundIsToldByTheNextCall) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  RunWriterOptions options;
  options.file_system = files;
  options.sync_interval = std::chrono::milliseconds(1);
  RunWriter writer(folder / "x.db", options);
  writer.open_run("count");
  writer.open_stream("primary", usual_keys());
  files->watch([](std::string_view call, const fs::path& path) {
    if (call == "sync" && path.extension() == ".db-wal") io::throw_errno(EIO, "syncing", path);
  });
  std::string words;
  EXPECT_TRUE(eventually([&] { return !(words = said([&] { writer.write_event("primary", x_is(1)); })).empty(); }));
  EXPECT_THAT(words, refusal(ErrorCode::invalid_state, "x.db-wal: Input/output error"));
  const auto written = count(folder / "x.db", "SELECT count(*) FROM events");
  EXPECT_THAT(said([&] { writer.close_run(); }), refusal(ErrorCode::io, "x.db-wal"));
  files->watch({});
  EXPECT_FALSE(writer.run_open());
  const auto summary = Catalog(folder / "x.db").run("-1").summary();
  EXPECT_EQ(summary.exit_status, "failed");
  EXPECT_EQ(static_cast<std::int64_t>(summary.num_events), written);
}

TEST(FailedSync, WhenARunIsOpenedLeavesNoRunThatLooksAlive) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  RunWriterOptions options;
  options.file_system = files;
  RunWriter writer(folder / "x.db", options);
  files->watch([](std::string_view call, const fs::path& path) {
    if (call == "sync" && path.extension() == ".db-wal") io::throw_errno(EIO, "syncing", path);
  });
  EXPECT_THAT(said([&] { writer.open_run("count"); }), refusal(ErrorCode::io, "x.db-wal"));
  files->watch({});
  EXPECT_THAT(said([&] { writer.open_run("count"); }), refusal(ErrorCode::invalid_state, "x.db-wal"));
  writer.close();
  RunWriter next(folder / "x.db");
  EXPECT_EQ(count(folder / "x.db", "SELECT count(*) FROM runs WHERE exit_status IS NULL"), 0);
}

}  // namespace
}  // namespace resonance::record_test
