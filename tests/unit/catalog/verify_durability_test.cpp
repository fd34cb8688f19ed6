/// What verifying says of events that were changed, and of files that are none.
#include <sys/stat.h>

#include "resonance/verify.hpp"
#include "unit/record/record_testing.hpp"

namespace resonance {
namespace {

using namespace record_test;
using testing::HasSubstr;

class Verifying : public testing::Test {
 protected:
  void SetUp() override {
    RunWriter writer(database_);
    uid_ = writer.open_run("count");
    writer.open_stream("primary", usual_keys());
    std::vector<NewEvent> block;
    for (int i = 0; i < 600; ++i) block.push_back(event_with(x_is(i)));
    writer.write_events("primary", block);
    const auto frame = make_frame(1);
    for (int i = 600; i < 610; ++i) writer.write_event("primary", event_with(x_is(i), {{"ccd", &frame}}));
    writer.close_run();
  }
  void sql(const std::string& statement) { sqlite::Connection(database_, sqlite::Access::read_write).execute(statement); }
  std::vector<Fault> faults(bool frames = false) {
    std::vector<Fault> out;
    VerifyOptions options;
    options.frames = frames;
    report_ = verify_beamtime(database_, options, [&](const Fault& fault) {
      if (fault.severity == Severity::fault) out.push_back(fault);
    });
    return out;
  }
  fs::path shard() const { return folder_ / "x.zarr" / "runs" / uid_ / "ccd" / "c/0/0/0"; }

  TemporaryFolder folder_;
  fs::path database_ = folder_ / "x.db";
  std::string uid_;
  VerifyReport report_;
};

TEST_F(Verifying, ComparesEveryEventWithItsChecksum) {
  EXPECT_TRUE(faults().empty());
  EXPECT_EQ(report_.events_compared, 610u);
  EXPECT_EQ(count(database_, "SELECT count(*) FROM event_checksums"), 3) << "one row for 256 events";
}

TEST_F(Verifying, FindsAnEventWhoseRowWasChanged) {
  for (const char* change : {"data = replace(data, '300.0', '301.0')", "time = time + 1", "timestamps = '{\"x\":1.0}'",
                             "uid = '0123456789abcdef0123456789abcdef'", "seq_num = 5000"}) {
    fs::copy_file(database_, folder_ / "kept.db", fs::copy_options::overwrite_existing);
    sql(std::string("UPDATE events SET ") + change + " WHERE seq_num = 301");
    const auto found = faults();
    const auto it = std::find_if(found.begin(), found.end(), [](const auto& fault) { return fault.kind == "event_checksum"; });
    ASSERT_NE(it, found.end()) << change;
    EXPECT_EQ(it->seq_num, 257u);
    EXPECT_EQ(it->run_uid, uid_);
    EXPECT_THAT(it->message, HasSubstr("events 257 to 512 of stream 'primary'"));
    fs::copy_file(folder_ / "kept.db", database_, fs::copy_options::overwrite_existing);
  }
  sql("DELETE FROM events WHERE seq_num = 605");
  EXPECT_THAT(faults(), testing::Contains(testing::Field(&Fault::message, HasSubstr("events 513 to 610 of stream 'primary' are missing"))));
}

TEST_F(Verifying, RefusesAChecksumThatCoversMoreThanOneMay) {
  sql("UPDATE event_checksums SET last_seq_num = 4611686018427387904 WHERE first_seq_num = 1");
  EXPECT_THAT(faults(), testing::Contains(testing::Field(&Fault::message, HasSubstr("makes no sense"))));
}

TEST_F(Verifying, FindsAValueOfAnotherType) {
  sql("UPDATE image_refs SET field_name = CAST(field_name AS BLOB) WHERE index_in_stack = 3");  // no query finds it any more
  const auto found = faults();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].kind, "type");
  EXPECT_THAT(found[0].message, HasSubstr("1 rows of image_refs have a field_name that is no TEXT"));
}

TEST_F(Verifying, FindsJsonThatCannotBeRead) {
  sql("UPDATE runs SET metadata = '{\"a\": '");
  const auto found = faults();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "json");
  EXPECT_THAT(found[0].message, HasSubstr("runs.metadata"));
}

TEST_F(Verifying, NeverWaitsForAPipeInPlaceOfAShard) {
  for (const bool frames : {false, true}) {
    fs::remove(shard());
    ASSERT_EQ(::mkfifo(shard().c_str(), 0600), 0);
    const auto found = faults(frames);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, "damaged_shard");
    EXPECT_EQ(found[0].file, shard());
  }
}

TEST_F(Verifying, FollowsNoLinkOutOfTheStore) {
  fs::rename(shard(), folder_ / "elsewhere");
  fs::create_symlink(folder_ / "elsewhere", shard());
  const auto found = faults(true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "damaged_shard");
  EXPECT_THAT(found[0].message, HasSubstr("leads out of the store"));
}

}  // namespace
}  // namespace resonance
