/// Stores with anything in them, and folders that are not for a backup.
#include <sys/stat.h>

#include "archive/bag.hpp"
#include "archive/file_records.hpp"
#include "io/file_lock.hpp"
#include "unit/archive/backup_testing.hpp"

namespace resonance {
namespace {

using namespace backup_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class AStrangeStore : public testing::Test {
 protected:
  AStrangeStore() { uid = record_two_runs(database); }
  static void write(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string in_bag(const fs::path& path) const { return io::read_text(folder / "bag/data/x.zarr" / path, 1 << 20); }

  TemporaryFolder folder;
  fs::path database = folder / "x.db", store = folder / "x.zarr";
  std::string uid;
};

TEST_F(AStrangeStore, IsCopiedWithoutFollowingWhatLeadsOutOfIt) {
  write(folder / "secret", "secret");
  fs::create_symlink(folder / "secret", store / "link");
  fs::create_directory_symlink(folder.path(), store / "folder_link");
  fs::create_symlink("self", store / "self");
  ASSERT_EQ(::mkfifo((store / "pipe").c_str(), 0600), 0);
  write(store / "inside", "inside");
  fs::create_symlink("inside", store / "inner_link");
  const auto done = back_up(database, folder / "bag");
  std::set<std::string> told;
  for (const auto& fault : done.faults) {
    EXPECT_EQ(fault.kind, "not_copied") << fault.message;
    told.insert(fault.file.filename());
  }
  EXPECT_EQ(told, (std::set<std::string>{"link", "folder_link", "self", "pipe"}));
  EXPECT_EQ(in_bag("inside"), "inside");
  EXPECT_EQ(in_bag("inner_link"), "inside");
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST_F(AStrangeStore, MayHaveAnyNamesInItThatAreText) {
  const std::vector<std::string> names{"a b",     "percent%0A", "line\nfeed", "carriage\rreturn", "back\\slash", "*star",
                                       " blank ", "ü",          "-rf"};
  for (const auto& name : names) write(store / "foreign" / name, name);
  write(store / "foreign" / "broken\xff", "x");
  const auto done = back_up(database, folder / "bag");
  ASSERT_EQ(done.faults.size(), 1);
  EXPECT_THAT(done.faults[0].message, HasSubstr("broken\\xff"));
  for (const auto& name : names) EXPECT_EQ(in_bag(fs::path("foreign") / name), name);
  const auto manifest = io::read_text(folder / "bag/manifest-sha256.txt", 1 << 20);
  for (const char* line : {"percent%250A\n", "line%0Afeed\n", "carriage%0Dreturn\n"}) EXPECT_THAT(manifest, HasSubstr(line));
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  EXPECT_EQ(back_up(database, folder / "bag").report.files, done.report.files);
}

TEST_F(AStrangeStore, IsCopiedDownToWhereFoldersAreNotGoneInto) {
  auto deep = store;
  for (int i = 0; i < 40; ++i) deep /= "d";
  write(deep / "x", "x");
  const auto done = back_up(database, folder / "bag");
  ASSERT_EQ(done.faults.size(), 1);
  EXPECT_THAT(done.faults[0].message, HasSubstr("too deep"));
}

TEST_F(AStrangeStore, ThatLacksAShardOfAnOpenRunIsToldOf) {
  Recording recording(database);
  recording.write(200);
  recording.writer.sync();
  const auto shard = store / "runs" / recording.uid / "ccd/c/0/0/0";
  fs::rename(shard, folder / "away");
  const auto done = back_up(database, folder / "bag");
  ASSERT_EQ(done.faults.size(), 1);
  EXPECT_EQ(done.faults[0].file, shard);
  fs::rename(folder / "away", shard);
  EXPECT_THAT(back_up(database, folder / "bag").faults, IsEmpty());
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST_F(AStrangeStore, KeepsItsHoles) {
  write(store / "sparse", "x");
  fs::resize_file(store / "sparse", 64 << 20);
  back_up(database, folder / "bag");
  EXPECT_EQ(io::file_bytes(folder / "bag/data/x.zarr/sparse"), 64 << 20);
  EXPECT_LT(io::allocated_bytes(folder / "bag/data/x.zarr/sparse"), 4 << 20);
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST_F(AStrangeStore, WithADamagedShardIsCopiedAsFarAsItGoes) {
  const auto shard = fs::path("runs") / uid / "ccd/c/0/0/0";
  fs::resize_file(store / shard, io::file_bytes(store / shard) - 3);
  const auto done = back_up(database, folder / "bag");
  ASSERT_EQ(done.faults.size(), 1);
  EXPECT_EQ(done.faults[0].kind, "damaged_shard");
  EXPECT_EQ(done.faults[0].run_uid, uid);
  EXPECT_EQ(in_bag(shard), io::read_text(store / shard, 1 << 20)) << "every byte of it may be needed";
}

TEST_F(AStrangeStore, MayBeALinkAndMayHaveLeftoversOfADeath) {
  fs::rename(store, folder / "elsewhere");
  fs::create_directory_symlink("elsewhere", store);
  write(store / "zarr.json.4711-0a1b2c3d.partial", "half");
  write(store / "mine.partial", "whole");
  back_up(database, folder / "bag");
  expect_run(folder / "bag/data/x.db", uid, 5);
  EXPECT_FALSE(fs::exists(folder / "bag/data/x.zarr/zarr.json.4711-0a1b2c3d.partial"));
  EXPECT_EQ(in_bag("mine.partial"), "whole");
}

class AFolderForABackup : public AStrangeStore {
 protected:
  auto refused(std::string_view why) const { return refusal(ErrorCode::invalid_argument, why); }
  std::string try_in(const fs::path& to) {
    return said([&] { back_up(database, to); });
  }
};

TEST_F(AFolderForABackup, LiesNeitherInTheStoreNorAroundTheBeamtime) {
  EXPECT_THAT(try_in(store), refused("lies in the frame store"));
  EXPECT_THAT(try_in(store / "deep/er"), refused("lies in the frame store"));
  EXPECT_THAT(try_in(folder.path()), refused("the beamtime itself lies in it"));
  EXPECT_THAT(try_in("/"), refused("the beamtime itself lies in it"));
  fs::create_directory_symlink(store, folder / "disguised");
  EXPECT_THAT(try_in(folder / "disguised/bag"), refused("lies in the frame store"));
  EXPECT_EQ(try_in(folder / "beside"), "");
}

TEST_F(AFolderForABackup, IsEmptyOrHoldsABackupOfThisBeamtime) {
  write(folder / "full/thesis.tex", "words");
  EXPECT_THAT(try_in(folder / "full"), refused("holds something else than a backup"));
  EXPECT_THAT(try_in(folder / "secret"), "");
  write(folder / "file", "words");
  EXPECT_THAT(try_in(folder / "file"), refused("is no folder"));
  fs::create_directory(folder / "empty");
  EXPECT_EQ(try_in(folder / "empty"), "");
  record_two_runs(folder / "y.db");
  EXPECT_THAT(said([&] { back_up(folder / "y.db", folder / "empty"); }), refused("of another beamtime, x"));
  fs::create_directory(folder / "other");
  record_two_runs(folder / "other/x.db");
  EXPECT_THAT(said([&] { back_up(folder / "other/x.db", folder / "empty"); }), refused("no run in common"));
  expect_run(folder / "empty/data/x.db", uid, 5);
  EXPECT_THAT(said([&] { back_up(folder / "nothing.db", folder / "new"); }), refusal(ErrorCode::not_found, "nothing.db"));
  EXPECT_FALSE(fs::exists(folder / "new"));
}

TEST_F(AFolderForABackup, IsNotWrittenThroughALinkBackIntoTheBeamtime) {
  const auto before = contents(store);
  fs::create_directories(folder / "bag");
  fs::create_directory_symlink(folder.path(), folder / "bag/data");
  EXPECT_THAT(try_in(folder / "bag"), refused("holds something else"));
  fs::remove(folder / "bag/data");
  back_up(database, folder / "bag");
  fs::remove_all(folder / "bag/data/x.zarr");
  fs::create_directory_symlink(store, folder / "bag/data/x.zarr");
  EXPECT_THAT(try_in(folder / "bag"), refused("is a link"));
  EXPECT_EQ(contents(store), before);
}

TEST_F(AFolderForABackup, IsNotWrittenThroughLinksInPlaceOfItsTagFiles) {
  write(folder / "precious", "precious");
  back_up(database, folder / "bag");
  for (const char* name : {"bagit.txt", "resonance-unfinished.jsonl", "resonance-files.jsonl"}) {
    fs::remove(folder / "bag" / name);
    fs::create_symlink(folder / "precious", folder / "bag" / name);
    EXPECT_THAT(try_in(folder / "bag"), refused("is no file")) << name;
    fs::remove(folder / "bag" / name);
    ASSERT_EQ(::mkfifo((folder / "bag" / name).c_str(), 0600), 0);
    EXPECT_THAT(try_in(folder / "bag"), refused("is no file")) << name;
    fs::remove(folder / "bag" / name);
    if (name == std::string_view("resonance-files.jsonl")) continue;
    EXPECT_EQ(try_in(folder / "bag"), "");
  }
  EXPECT_EQ(io::read_text(folder / "precious", 100), "precious");
}

TEST_F(AFolderForABackup, CannotMakeUsRemoveOrReadWhatLiesOutsideOfIt) {
  back_up(database, folder / "bag");
  write(folder / "precious", "precious");
  const auto forged = [&](std::string path) { return archive::FileRecord{.path = std::move(path), .sha256 = std::string(64, 'a')}; };
  std::ofstream records(folder / "bag/resonance-files.jsonl", std::ios::app);
  for (const char* path : {"data/../../precious", "../precious", "bagit.txt", "data/", "data/./x"}) records << record_line(forged(path));
  records << record_line(forged((folder / "precious").string()));
  records.close();
  back_up(database, folder / "bag");
  EXPECT_EQ(io::read_text(folder / "precious", 100), "precious");
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
  fs::remove(folder / "bag/data/x.db");
  ASSERT_EQ(::mkfifo((folder / "bag/data/x.db").c_str(), 0600), 0);
  EXPECT_THAT(faults_in(folder / "bag"), ElementsAre(HasSubstr("is a pipe")));
  EXPECT_EQ(try_in(folder / "bag"), "");
  EXPECT_THAT(faults_in(folder / "bag"), IsEmpty());
}

TEST_F(AFolderForABackup, IsWrittenByOneAtATime) {
  back_up(database, folder / "bag");
  io::LockFile other(folder / "bag/bagit.txt");
  ASSERT_TRUE(other.try_lock(0));
  EXPECT_THAT(try_in(folder / "bag"), refusal(ErrorCode::busy, "another process is backing up to"));
}

TEST(BagPaths, ComeBackAsTheyWere) {
  using namespace archive;
  EXPECT_EQ(encode_path("data/a%b\nc\rd e"), "data/a%25b%0Ac%0Dd e");
  for (const char* path : {"data/x", "data/%", "data/%0A", "data/%25", "data/\n\r%", "data/100%/ü"})
    EXPECT_EQ(decode_path(encode_path(path)), path);
  EXPECT_EQ(decode_path("data/%zz%2"), "data/%zz%2");
}

TEST(BagManifests, AreReadLineByLineAndNeverTrusted) {
  const std::string sum(64, 'a');
  std::vector<std::pair<std::string, std::string>> lines;
  const auto read = [&](std::string_view text) {
    lines.clear();
    return archive::read_manifest(text, [&](std::string_view digest, std::string path) { lines.emplace_back(digest, std::move(path)); });
  };
  EXPECT_TRUE(read(sum + "  data/a\r\n" + sum + " data/b c"));
  EXPECT_THAT(lines, ElementsAre(Pair(sum, "data/a"), Pair(sum, "data/b c")));
  EXPECT_TRUE(read(""));
  for (const auto& bad :
       {std::string("\n"), sum, sum + "  ", sum + "data/a", std::string("x  data/a\n"), std::string(64, 'g') + "  data/a"}) {
    EXPECT_FALSE(read(bad)) << bad;
    EXPECT_THAT(lines, IsEmpty());
  }
}

TEST(FileRecords, PassOverLinesThatAreNone) {
  const TemporaryFolder folder;
  const archive::FileRecord record{
      .path = "data/x", .bytes = 1, .sha256 = std::string(64, 'a'), .source_bytes = 2, .source_mtime_ns = -3, .frames = 4};
  std::ofstream(folder / "records") << archive::heading_line("x") << "{\"path\": 1}\n[]\nnull\n\n{\"path\": \"data/y\"" << '\n'
                                    << archive::record_line(record) << "{\"path\":\"data/z\",\"byt";
  archive::FileRecords found;
  EXPECT_EQ(archive::read_records(folder / "records", found), "x");
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found["data/x"].source_mtime_ns, -3);
  EXPECT_EQ(found["data/x"].frames, 4);
  EXPECT_EQ(archive::read_records(folder / "none", found), std::nullopt);
}

}  // namespace
}  // namespace resonance
