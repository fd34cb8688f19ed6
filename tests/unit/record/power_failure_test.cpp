/// The next writer after a power failure: what was durable is there, what was not is told, nothing is a black frame.
#include "resonance/verify.hpp"
#include "support/child.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

/// A run whose writer died; its files can be changed to what a power failure might have left of them.
class AfterAPowerFailure : public testing::TestWithParam<Codec> {
 protected:
  static constexpr unsigned kEvents = 24, kDurable = 10;

  /// Events 1 to kDurable are known to be durable, those behind them are not.
  void record_and_die() {
    ASSERT_EQ(test::in_child([&] {
                RunWriterOptions options;
                options.frames.codec = GetParam();
                options.sync_interval = std::chrono::minutes(10);
                auto* writer = new RunWriter(database_, options);
                writer->open_run("count");
                writer->open_stream("primary", usual_keys());
                for (unsigned i = 0; i < kEvents; ++i) {
                  const auto frame = make_frame(i);
                  writer->write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
                  if (i + 1 == kDurable) writer->sync();
                }
                return 0;
              }),
              0);
    uid_ = text(database_, "SELECT uid FROM runs");
  }

  fs::path array() const { return folder_ / "x.zarr" / "runs" / uid_ / "ccd"; }

  /// Zeros where the chunk of a frame was.
  void lose(std::uint64_t number) {
    const auto shard = array() / "c/0/0/0";
    std::fstream file(shard, std::ios::in | std::ios::out | std::ios::binary);
    std::uint64_t where[2] = {number * 120, 120};
    if (GetParam() != Codec::none) {
      const auto index = fs::file_size(shard) - 255 * 16 + number * 16;
      file.seekg(static_cast<std::streamoff>(index));
      file.read(reinterpret_cast<char*>(where), sizeof where);
    }
    file.seekp(static_cast<std::streamoff>(where[0]));
    file << std::string(where[1], '\0');
    ASSERT_TRUE(file.good());
  }

  void recover() { RunWriter(database_).close(); }

  std::vector<std::string> faults() const {
    std::vector<std::string> out;
    VerifyOptions options;
    options.frames = true;
    verify_beamtime(database_, options, [&](const Fault& fault) {
      if (fault.severity == Severity::fault) out.push_back(fault.kind + ": " + fault.message);
    });
    return out;
  }

  TemporaryFolder folder_;
  fs::path database_ = folder_ / "x.db";
  std::string uid_;
};

TEST_P(AfterAPowerFailure, FramesThatDidNotReachTheDiskAreTakenOutAndTold) {
  record_and_die();
  for (const std::uint64_t number : {15, 16, 23}) lose(number);
  recover();
  const auto run = Catalog(database_).run("-1");
  EXPECT_EQ(run.summary().exit_status, "failed");
  EXPECT_EQ(run.summary().num_events, kEvents) << "the events themselves are there";
  EXPECT_THAT(run.reason().value_or(""), testing::HasSubstr("3 of its newest frames did not survive"));
  const auto images = run.images("ccd");
  ASSERT_EQ(images.size(), kEvents - 3);
  std::size_t at = 0;
  for (unsigned i = 0; i < kEvents; ++i) {
    if (i == 15 || i == 16 || i == 23) continue;
    EXPECT_EQ(images[at++].bytes, make_frame(i).bytes) << i;
  }
  const auto lost = run.lost_frames();
  ASSERT_EQ(lost.size(), 3u);
  EXPECT_EQ(lost[0].seq_num, 16u);
  EXPECT_EQ(lost[0].frame, 15u);
  EXPECT_EQ(lost[0].stream, "primary");
  EXPECT_EQ(lost[0].field, "ccd");
  EXPECT_GT(lost[0].time_found, 1e9);
  EXPECT_THAT(lost[0].reason, testing::HasSubstr("power"));
  EXPECT_THAT(faults(), testing::IsEmpty());
}

TEST_P(AfterAPowerFailure, FramesThatWereDurableAreNotLookedAtAgain) {
  record_and_die();
  lose(3);  // not by the power failure: verify tells it, recovery does not go through the whole run
  recover();
  EXPECT_TRUE(Catalog(database_).run("-1").lost_frames().empty());
  EXPECT_THAT(faults(), testing::Contains(testing::HasSubstr("frame 3")));
}

TEST_P(AfterAPowerFailure, ADamagedZarrJsonIsMadeAnew) {
  record_and_die();
  std::ofstream(array() / "zarr.json").close();
  recover();
  const auto images = Catalog(database_).run("-1").images("ccd");
  ASSERT_EQ(images.size(), kEvents);
  for (unsigned i = 0; i < kEvents; ++i) EXPECT_EQ(images[i].bytes, make_frame(i).bytes) << i;
  EXPECT_THAT(faults(), testing::IsEmpty());
}

TEST_P(AfterAPowerFailure, NothingIsDoneTwice) {
  record_and_die();
  lose(20);
  recover();
  const auto once = contents(folder_.path());
  recover();
  auto twice = contents(folder_.path());
  twice[database_.string()] = once.at(database_.string());  // opening and closing it counts
  EXPECT_EQ(twice, once);
  EXPECT_EQ(Catalog(database_).run("-1").lost_frames().size(), 1u);
}

TEST_P(AfterAPowerFailure, AnArrayWithoutATransactionGoesToQuarantine) {
  record_and_die();
  fs::copy(array(), array().parent_path() / "late", fs::copy_options::recursive);
  recover();
  EXPECT_FALSE(fs::exists(array().parent_path() / "late"));
  EXPECT_TRUE(fs::exists(folder_ / "x.zarr.quarantine" / (uid_ + ".1") / "late" / "zarr.json"));
}

INSTANTIATE_TEST_SUITE_P(Codecs, AfterAPowerFailure, testing::Values(Codec::none, Codec::blosc, Codec::zstd),
                         [](const auto& found) { return std::string(to_string(found.param)); });

TEST(ALogWithDamageInItsMiddle, IsKeptBeforeSQLiteWritesOverIt) {
  const TemporaryFolder folder;
  const auto database = folder / "x.db";
  ASSERT_EQ(test::in_child([&] {
              auto* writer = new RunWriter(database);
              writer->open_run("count");
              writer->open_stream("primary", usual_keys());
              for (int i = 0; i < 20; ++i) writer->write_event("primary", x_is(i));
              return 0;
            }),
            0);
  const auto log = fs::path(database.string() + "-wal");
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(log) / 2));
    file << "damage";
  }
  std::vector<Fault> faults;
  verify_beamtime(database, {}, [&](const Fault& fault) { faults.push_back(fault); });
  ASSERT_FALSE(faults.empty());
  EXPECT_EQ(faults.front().kind, "log");
  EXPECT_EQ(faults.front().file, log);
  EXPECT_LE(faults.front().offset.value_or(~0ull), fs::file_size(log) / 2);
  const auto before = contents(folder.path()).at(log.string());
  RunWriter(database).close();
  EXPECT_EQ(contents(folder.path()).at((folder / "x.zarr.quarantine" / "x.db-wal").string()), before);
}

}  // namespace
}  // namespace resonance::record_test
