#include "beamtime/place.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "io/file_names.hpp"
#include "resonance/catalog.hpp"
#include "resonance/run_writer.hpp"
#include "support/fails.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::beamtime {
namespace {

using test::fails;
using test::TemporaryFolder;
namespace fs = std::filesystem;

class APlace : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "data");
    fs::create_directories(folder_ / "home");
    std::ofstream(folder_ / "data/scan.db").close();
    root_ = fs::canonical(folder_.path());
  }
  void link(const fs::path& target, const fs::path& name) { fs::create_symlink(target, root_ / name); }

  const TemporaryFolder folder_;
  fs::path root_;
};

TEST_F(APlace, IsThatOfTheFileThatANameLeadsTo) {
  link("../data/scan.db", "home/today.db");
  link("today.db", "home/without an ending");
  link("data", "folder");
  for (const char* name : {"data/scan.db", "home/today.db", "home/without an ending", "folder/scan.db", "home/../folder/scan.db"}) {
    const auto place = place_to_write(root_ / name);
    EXPECT_EQ(place.database, root_ / "data/scan.db") << name;
    EXPECT_EQ(place.log, root_ / "data/scan.db-wal");
    EXPECT_EQ(place.lock, root_ / "data/scan.db-lock");
    EXPECT_EQ(place.store, root_ / "data/scan.zarr");
    EXPECT_EQ(place.quarantine, root_ / "data/scan.zarr.quarantine");
    EXPECT_EQ(place.given, root_ / name);
    EXPECT_EQ(place_to_read(root_ / name).database, place.database);
  }
}

TEST_F(APlace, OfABeamtimeThatIsStillToBeMadeIsKnown) {
  link("data", "folder");
  EXPECT_EQ(place_to_write(root_ / "folder/new.db").database, root_ / "data/new.db");
  EXPECT_EQ(place_to_write(root_ / "nowhere/new.db").database, root_ / "nowhere/new.db");
}

TEST_F(APlace, OfALinkThatLeadsNowhereIsNone) {
  link("../data/gone.db", "home/today.db");
  link("circle.db", "home/circle.db");
  EXPECT_TRUE(fails(ErrorCode::not_found, {"home/today.db", "data/gone.db"}, [&] { (void)place_to_write(root_ / "home/today.db"); }));
  EXPECT_TRUE(fails(ErrorCode::not_found, {"home/today.db", "data/gone.db"}, [&] { (void)place_to_read(root_ / "home/today.db"); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"circle.db", "circle"}, [&] { (void)place_to_read(root_ / "home/circle.db"); }));
}

TEST_F(APlace, StaysWhereItWasWhenTheWorkingFolderAndALinkLeadElsewhere) {
  fs::create_directories(root_ / "tomorrow");
  link("data", "current");
  fs::remove(root_ / "data/scan.db");
  const auto before = fs::current_path();
  fs::current_path(root_ / "current");
  RunWriter writer("scan.db");
  fs::current_path(before);
  fs::remove(root_ / "current");
  link("tomorrow", "current");
  const std::vector<std::byte> pixels(16);
  writer.open_run("scan");
  writer.open_stream("primary",
                     Json::parse(R"({"ccd":{"source":"x","dtype":"array","shape":[4,4],"external":"STREAM:","dtype_numpy":"|u1"}})"));
  NewEvent event;
  event.data = Json::object();
  event.frames.push_back({"ccd", FrameView{pixels, 4, 4, DType::uint8}});
  writer.write_event("primary", event);
  writer.close_run(ExitStatus::success);
  writer.close();
  EXPECT_EQ(writer.database(), root_ / "data/scan.db");
  EXPECT_TRUE(fs::is_empty(root_ / "tomorrow"));
  EXPECT_EQ(Catalog(root_ / "data/scan.db").run("-1").images("ccd").size(), 1u);
}

TEST_F(APlace, IsRefusedByEachOfSeveralHardLinks) {
  fs::create_hard_link(root_ / "data/scan.db", root_ / "home/twin.db");
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"scan.db", "twin.db"}, [&] { (void)place_to_write(root_ / "data/scan.db"); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"scan.db", "twin.db"}, [&] { (void)place_to_write(root_ / "home/twin.db"); }));
  link("twin.db", "home/link.db");
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"link.db", "twin.db", "scan.db"}, [&] { (void)place_to_write(root_ / "home/link.db"); }));
}

TEST_F(APlace, OfAFileWithTwoNamesInAFolderIsTheOneThatItsFilesLieBeside) {
  fs::create_hard_link(root_ / "data/scan.db", root_ / "data/a.db");
  std::ofstream(root_ / "data/scan.db-lock").close();
  EXPECT_EQ(place_to_read(root_ / "data/a.db").database, root_ / "data/scan.db");
  EXPECT_EQ(place_to_read(root_ / "data/scan.db").database, root_ / "data/scan.db");
}

TEST_F(APlace, IsNotThatOfALogWithoutItsDatabase) {
  fs::remove(root_ / "data/scan.db");
  RunWriter writer(root_ / "data/scan.db");
  fs::rename(root_ / "data/scan.db", root_ / "data/moved.db");
  for (auto* find : {&place_to_read, &place_to_write})
    EXPECT_TRUE(fails(ErrorCode::invalid_state, {"moved.db", "scan.db-wal"}, [&] { (void)find(root_ / "data/moved.db"); }));
  EXPECT_TRUE(fails(ErrorCode::io, {"scan.db was renamed", "moved.db"}, [&] { writer.open_run("scan"); }));
  writer.close();
  EXPECT_EQ(place_to_write(root_ / "data/moved.db").database, root_ / "data/moved.db") << "its log is in it";
  EXPECT_EQ(Catalog(root_ / "data/moved.db").recent(1).size(), 0u);
}

TEST(OtherNames, AreFoundBesideAndBelowAndNotInStores) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "a/below", "a/x.zarr"}) fs::create_directories(folder / name);
  std::ofstream(folder / "a/x").close();
  for (const char* name : {"a/below/y", "a/x.zarr/z"}) fs::create_hard_link(folder / "a/x", folder / name);
  const auto file = io::named_file(folder / "a/x");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->names, 3u);
  EXPECT_FALSE(file->mounted);
  EXPECT_EQ(io::other_names(folder / "a/x", file->identity), std::vector<fs::path>{folder / "a/below/y"});
  EXPECT_FALSE(io::named_file(folder / "a"));
}

}  // namespace
}  // namespace resonance::beamtime
