/// A caller that cannot know whether an event was written writes it again.
#include "unit/record/record_testing.hpp"

namespace resonance::record_test {
namespace {

constexpr const char* kUid = "0123456789abcdef0123456789abcdef";

class AnEventWithAUid : public testing::TestWithParam<Durability> {
 protected:
  void SetUp() override {
    RunWriterOptions options;
    options.durability = GetParam();
    options.commit_interval = std::chrono::milliseconds(5000);
    writer_.emplace(folder_ / "x.db", options);
    writer_->open_run("count");
    writer_->open_stream("primary", usual_keys());
    writer_->open_stream("other", usual_keys());
  }
  NewEvent event(double x, const Frame& frame) const {
    auto out = event_with(x_is(x), {{"ccd", &frame}});
    out.uid = kUid;
    return out;
  }
  std::int64_t events() {
    writer_->flush();
    return count(folder_ / "x.db", "SELECT count(*) FROM events");
  }

  TemporaryFolder folder_;
  std::optional<RunWriter> writer_;
  Frame frame_ = make_frame(1);
};

TEST_P(AnEventWithAUid, IsWrittenOnceHoweverOftenItIsGiven) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(writer_->write_event("primary", event(1, frame_)), kUid);
  EXPECT_EQ(events(), 1);
  EXPECT_EQ(writer_->write_event("primary", event(1, frame_)), kUid) << "now it is committed";
  writer_->write_event("primary", x_is(2));
  EXPECT_EQ(events(), 2);
  writer_->close_run();
  {
    const auto run = Catalog(folder_ / "x.db").run("-1");
    EXPECT_EQ(run.table()["seq_num"].values, (Column::Values{std::vector<std::int64_t>{1, 2}})) << "no number is left out";
    ASSERT_EQ(run.images("ccd").size(), 1u);
    EXPECT_EQ(run.images("ccd")[0].bytes, frame_.bytes);
  }
  writer_->close();
  EXPECT_FALSE(fs::exists(folder_ / "x.db-wal")) << "looking for it does not keep the log";
}

TEST_P(AnEventWithAUid, IsRefusedWithOtherContent) {
  writer_->write_event("primary", event(1, frame_));
  const auto conflict = refusal(ErrorCode::already_exists, "other content");
  EXPECT_THAT(said([&] { writer_->write_event("primary", event(2, frame_)); }), conflict);
  EXPECT_THAT(said([&] { writer_->write_event("primary", event(1, make_frame(2))); }), conflict);
  EXPECT_THAT(said([&] { writer_->write_event("other", event(1, frame_)); }), conflict);
  auto late = event(1, frame_);
  late.time = 5;
  EXPECT_THAT(said([&] { writer_->write_event("primary", late); }), conflict);
  EXPECT_EQ(events(), 1);
}

TEST_P(AnEventWithAUid, IsPassedOverInABlockWhoseOthersAreWritten) {
  writer_->write_event("primary", event(1, frame_));
  const std::vector<NewEvent> block{event_with(x_is(7)), event(1, frame_), event_with(x_is(8))};
  const auto uids = writer_->write_events("primary", block);
  ASSERT_EQ(uids.size(), 3u);
  EXPECT_EQ(uids[1], kUid);
  EXPECT_EQ(events(), 3);
  EXPECT_EQ(count(folder_ / "x.db", "SELECT seq_num FROM events WHERE uid = '" + uids[2] + "'"), 3);
  const std::vector<NewEvent> twice{event(1, frame_), event(1, frame_)};
  EXPECT_THAT(said([&] { writer_->write_events("primary", twice); }), refusal(ErrorCode::invalid_argument, "two events of one call"));
}

TEST_P(AnEventWithAUid, WantsAUidOfTheUsualForm) {
  auto odd = event(1, frame_);
  odd.uid = "../x";
  EXPECT_THAT(said([&] { writer_->write_event("primary", odd); }), refusal(ErrorCode::invalid_argument, "event uid"));
}

INSTANTIATE_TEST_SUITE_P(AtEachLevel, AnEventWithAUid, testing::Values(Durability::strict, Durability::commit, Durability::group));

}  // namespace
}  // namespace resonance::record_test
