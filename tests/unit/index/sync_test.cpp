/// The index follows what is below its data root, and a rebuild gives the same.
#include <thread>

#include "index_testing.hpp"

namespace resonance::index_test {
namespace {

using Sync = DataRoot;

/// Files get times at which a later change cannot be overlooked.
void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

TEST_F(Sync, FindsNewBeamtimesInAllFolders) {
  record("a.db", {{.plan = "nexafs_scan"}});
  record("smith/2026/b.db", {{.plan = "rsoxs_scan"}, {.plan = "count"}});
  const auto report = sync();
  EXPECT_THAT(report.added, ElementsAre("a.db", "smith/2026/b.db"));
  EXPECT_EQ(report.beamtimes, 2u);
  EXPECT_EQ(report.runs_written, 3u);
  EXPECT_THAT(report.faults, IsEmpty());
  EXPECT_THAT(search(""), SizeIs(3));
}

TEST_F(Sync, LeavesWhatHasNotChangedAlone) {
  record("a.db", {{}});
  settle();
  sync();
  const auto report = sync();
  EXPECT_EQ(report.beamtimes, 1u);
  EXPECT_EQ(report.runs_written, 0u);
  EXPECT_THAT(report.changed, IsEmpty());
}

TEST_F(Sync, TakesNewRunsOfAKnownBeamtime) {
  record("a.db", {{}});
  sync();
  const auto uid = record("a.db", {{.plan = "count"}}).front();
  const auto report = sync();
  EXPECT_THAT(report.changed, ElementsAre("a.db"));
  EXPECT_EQ(report.runs_written, 1u);
  EXPECT_THAT(search("plan:count"), ElementsAre(uid));
}

TEST_F(Sync, SeesARunThatIsStillRecorded) {
  RunWriter writer(root() / "live.db");
  writer.open_run("nexafs_scan");
  sync();
  EXPECT_THAT(search("status:open"), SizeIs(1));
  writer.close_run();
  sync();
  EXPECT_THAT(search("status:open"), IsEmpty());
  EXPECT_THAT(search("status:success"), SizeIs(1));
}

TEST_F(Sync, ForgetsRunsThatWereTakenOut) {
  const auto uids = record("a.db", {{}, {.plan = "count"}});
  sync();
  {
    sqlite::Connection connection(root() / "a.db", sqlite::Access::read_write);
    connection.execute("DELETE FROM runs WHERE plan_name = 'count'");
  }
  const auto report = sync();
  EXPECT_EQ(report.runs_removed, 1u);
  EXPECT_THAT(search(""), ElementsAre(uids.front()));
}

TEST_F(Sync, ForgetsDeletedBeamtimesButNotWhatWasSaidAboutThem) {
  record("a.db", {{}});
  auto master = index();
  master.register_researcher({.name = "Ada", .email = "ada@example.org", .root_path = ""});
  master.register_beamtime({.db_path = "a.db", .label = "March", .researcher = "Ada", .description = "polymers"});
  fs::rename(root() / "a.db", root() / "away");
  EXPECT_THAT(master.sync().removed, ElementsAre("a.db"));
  EXPECT_THAT(search(""), IsEmpty());
  EXPECT_THAT(master.beamtimes(), IsEmpty());
  fs::rename(root() / "away", root() / "a.db");
  master.sync();
  ASSERT_THAT(master.beamtimes(), SizeIs(1));
  EXPECT_EQ(master.beamtimes().front().researcher, "Ada");
  EXPECT_EQ(master.beamtimes().front().label, "March");
}

TEST_F(Sync, FollowsABeamtimeThatWasMoved) {
  record("a.db", {{}, {}});
  settle();
  sync();
  const auto id = index().beamtimes().front().id;
  fs::create_directories(root() / "archive");
  fs::rename(root() / "a.db", root() / "archive" / "b.db");
  const auto report = sync();
  EXPECT_THAT(report.moved, ElementsAre(std::pair("a.db", "archive/b.db")));
  EXPECT_EQ(report.runs_written + report.runs_removed, 0u);
  EXPECT_EQ(index().beamtimes().front().id, id);
  EXPECT_EQ(index().beamtimes().front().db_path, "archive/b.db");
  EXPECT_EQ(index().beamtimes().front().label, "b");
}

TEST_F(Sync, FollowsABeamtimeThatWasCopiedToAnotherPlaceAndDeletedHere) {
  record("a.db", {{}, {}});
  sync();
  const auto id = index().beamtimes().front().id;
  fs::copy_file(root() / "a.db", root() / "b.db");
  fs::remove(root() / "a.db");
  const auto report = sync();
  EXPECT_THAT(report.moved, ElementsAre(std::pair("a.db", "b.db")));
  EXPECT_EQ(index().beamtimes().front().id, id);
  EXPECT_THAT(search(""), SizeIs(2));
}

TEST_F(Sync, IndexesACopyOnceAndSaysSo) {
  record("a.db", {{}, {}});
  sync();
  fs::copy_file(root() / "a.db", root() / "a-backup.db");
  const auto report = sync();
  ASSERT_THAT(report.faults, SizeIs(1));
  EXPECT_EQ(report.faults.front().db_path, "a-backup.db");
  EXPECT_THAT(report.faults.front().message, HasSubstr("2 of its runs are in a.db, too"));
  EXPECT_THAT(search(""), SizeIs(2));
  // Once the first is gone, its copy stands for it.
  fs::remove(root() / "a.db");
  sync();
  EXPECT_THAT(search(""), SizeIs(2));
  EXPECT_THAT(search("beamtime:a-backup"), SizeIs(2));
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(Sync, ReportsABrokenBeamtimeAndGoesOn) {
  record("a.db", {{}});
  record("b.db", {{}});
  std::ofstream(root() / "broken.db") << "SQLite format 3" << std::string(1, '\0') << std::string(4000, 'x');
  std::ofstream(root() / "Thumbs.db") << "something else";
  const auto report = sync();
  ASSERT_THAT(report.faults, SizeIs(1));
  EXPECT_EQ(report.faults.front().db_path, "broken.db");
  EXPECT_THAT(search(""), SizeIs(2));
  EXPECT_EQ(report.beamtimes, 3u);
}

TEST_F(Sync, KeepsTheRunsOfABeamtimeThatBrokeUntilItIsMended) {
  record("a.db", {{}});
  sync();
  std::ofstream(root() / "a.db", std::ios::binary) << "SQLite format 3" << std::string(1, '\0') << std::string(4000, 'x');
  EXPECT_THAT(sync().faults, SizeIs(1));
  EXPECT_THAT(search(""), SizeIs(1));
  EXPECT_THAT(index().beamtimes().front().fault, testing::Not(IsEmpty()));
}

TEST_F(Sync, DoesNotLookIntoFrameStoresAndHiddenFolders) {
  record("a.zarr/runs/x.db", {{}});
  record(".trash/y.db", {{}});
  EXPECT_EQ(sync().beamtimes, 0u);
}

TEST_F(Sync, TellsItsProgressAndStopsWhenAsked) {
  for (const char* name : {"a.db", "b.db", "c.db"}) record(name, {{}});
  SyncOptions options;
  std::uint64_t calls = 0;
  options.progress = [&](const IndexProgress& progress) {
    EXPECT_EQ(progress.beamtimes, 3u);
    return ++calls < 3;
  };
  auto master = index();
  EXPECT_TRUE(master.sync(options).stopped);
  EXPECT_FALSE(master.sync().stopped);
  EXPECT_THAT(search(""), SizeIs(3));
}

TEST_F(Sync, GivesBeamtimesToTheResearcherWhoseFolderTheyAreIn) {
  auto master = index();
  master.register_researcher({.name = "Ada Example", .root_path = ""});
  record("Ada_Example/march.db", {{}});
  record("other.db", {{}});
  master.sync();
  EXPECT_THAT(search("researcher:\"ada example\""), SizeIs(1));
  EXPECT_THAT(search("researcher:unassigned"), SizeIs(1));
  master.register_researcher({.name = "Bob", .root_path = "."});
  EXPECT_THAT(search("researcher:bob"), SizeIs(1));
  EXPECT_THAT(search("researcher:unassigned"), IsEmpty());
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(Sync, RegisteringTwiceChangesWhatIsGivenAndNothingElse) {
  auto master = index();
  const auto id = master.register_researcher({.name = "Ada", .email = "a@example.org", .root_path = ""});
  EXPECT_EQ(master.register_researcher({.name = "Ada", .orcid = "0000-0001", .root_path = ""}), id);
  ASSERT_THAT(master.researchers(), SizeIs(1));
  EXPECT_EQ(master.researchers().front().email, "a@example.org");
  EXPECT_EQ(master.researchers().front().orcid, "0000-0001");
  record("a.db", {{}});
  const auto beamtime = master.register_beamtime({.db_path = "a.db", .label = "March", .researcher = "Ada"});
  EXPECT_EQ(master.register_beamtime({.db_path = (root() / "a.db").string(), .label = "", .researcher = ""}), beamtime);
  EXPECT_EQ(master.beamtimes().front().label, "March");
  EXPECT_EQ(master.beamtimes().front().num_runs, 1u);
  EXPECT_TRUE(fails(ErrorCode::not_found, {"no researcher 'Nobody'", "Ada"},
                    [&] { master.register_beamtime({.db_path = "a.db", .label = "", .researcher = "Nobody"}); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"not below the data root"},
                    [&] { master.register_beamtime({.db_path = "../x.db", .label = "", .researcher = "Ada"}); }));
}

TEST_F(Sync, RebuildGivesTheSame) {
  auto master = index();
  master.register_researcher({.name = "Ada", .root_path = ""});
  record("Ada/a.db", {{.metadata = Json::object({{"edge", "carbon"}, {"temperature", Json::object({{"value", 300}, {"units", "K"}})}})},
                      {.tags = {"good", "reference"}}});
  record("b.db", {{.operator_name = "jd"}});
  master.sync();
  master.register_beamtime({.db_path = "b.db", .label = "B", .researcher = "Ada"});
  record("a-first.db", {{.plan = "count"}});
  master.sync();
  const auto before = content();
  const auto report = master.rebuild();
  EXPECT_EQ(report.runs_written, 4u);
  EXPECT_EQ(content(), before);
  EXPECT_THAT(master.verify().differences, IsEmpty());
  // The same object goes on with the new content.
  EXPECT_EQ(master.count("tag:reference"), 1u);
}

TEST_F(Sync, RebuildMendsAnIndexThatIsBroken) {
  record("a.db", {{}});
  index().register_researcher({.name = "Ada", .root_path = ""});
  sync();
  fs::remove(root() / "index.db-wal");  // which has the first page, too
  std::ofstream(root() / "index.db", std::ios::binary | std::ios::in).seekp(0) << "not a database any more, alas";
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"index.db"}, [&] { (void)index().count(""); }));
  index().rebuild();
  EXPECT_EQ(index().count(""), 1u);
  bool kept = false;
  for (const auto& entry : fs::directory_iterator(root())) kept |= entry.path().filename().string().starts_with("index.db.damaged-");
  EXPECT_TRUE(kept) << "the damaged file may be of use";
}

TEST_F(Sync, VerifySaysWhatDiffers) {
  const auto uids = record("a.db", {{}, {}, {.plan = "count"}});
  record("b.db", {{}});
  sync();
  {
    sqlite::Connection connection(root() / "index.db", sqlite::Access::read_write);
    connection.prepare("UPDATE search_runs SET num_events = 7 WHERE uid = ?").bind_all(uids[0]).run();
    connection.prepare("DELETE FROM runs_index WHERE uid = ?").bind_all(uids[1]).run();
  }
  record("c.db", {{}});
  const auto report = index().verify();
  EXPECT_EQ(report.beamtimes, 3u);
  ASSERT_THAT(report.differences, SizeIs(3));
  EXPECT_EQ(report.differences[0].uid, uids[0]);
  EXPECT_THAT(report.differences[0].message, HasSubstr("number of events"));
  EXPECT_EQ(report.differences[1].uid, uids[1]);
  EXPECT_THAT(report.differences[1].message, HasSubstr("not in the index"));
  EXPECT_EQ(report.differences[2].db_path, "c.db");
  index().rebuild();
  EXPECT_THAT(index().verify().differences, IsEmpty());
}

TEST_F(Sync, TheRootMayMove) {
  record("a.db", {{}});
  sync();
  test::TemporaryFolder elsewhere;
  const auto moved = elsewhere / "moved";
  fs::rename(root(), moved);
  const MasterIndex master(moved);
  EXPECT_EQ(master.count(""), 1u);
  EXPECT_THAT(MasterIndex(moved).sync().changed, IsEmpty());
  fs::rename(moved, root());
}

TEST_F(Sync, AFolderWithoutIndexIsNoDataRoot) {
  const test::TemporaryFolder plain;
  EXPECT_TRUE(fails(ErrorCode::not_found, {"is no data root", "resonance init"}, [&] { const MasterIndex master(plain.path()); }));
  EXPECT_TRUE(find_data_root(plain / "x.db").empty());
  EXPECT_EQ(find_data_root(root() / "deep" / "x.db"), fs::canonical(root()));
}

TEST_F(Sync, AnIndexOfTheCoreTablesAloneIsCompleted) {
  const test::TemporaryFolder other;
  {
    sqlite::Connection connection(other / "index.db", sqlite::Access::create);
    create_index_schema(connection.handle());
  }
  EXPECT_EQ(MasterIndex(other.path()).count(""), 0u);
}

}  // namespace
}  // namespace resonance::index_test
