/// Checking a backup finds every byte that is not as it was written.
#include "unit/archive/backup_testing.hpp"

namespace resonance {
namespace {

using namespace backup_test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ADamagedBackup : public testing::Test {
 protected:
  ADamagedBackup() {
    uid = record_two_runs(folder / "x.db");
    back_up(folder / "x.db", bag);
  }
  static void flip(const fs::path& path, std::streamoff at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }
  void expect_fault(std::string_view kind, const fs::path& path) {
    const auto found = faults_in(bag);
    EXPECT_THAT(found, Contains(AllOf(StartsWith(std::string(kind)), HasSubstr((bag / path).string())))) << path;
  }

  TemporaryFolder folder;
  fs::path bag = folder / "bag";
  std::string uid;
};

TEST_F(ADamagedBackup, NamesEachFileOfWhichAByteWasChanged) {
  for (const auto& [path, bytes] : contents(bag)) {
    if (bytes == "folder" || path.ends_with("tagmanifest-sha256.txt")) continue;
    for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      flip(path, static_cast<std::streamoff>(at));
      expect_fault("changed_file", fs::relative(path, bag));
      flip(path, static_cast<std::streamoff>(at));
    }
  }
  EXPECT_THAT(faults_in(bag), IsEmpty());
}

TEST_F(ADamagedBackup, WithAChangedTagManifestIsNotTakenForSound) {
  for (std::streamoff at = 0; at < static_cast<std::streamoff>(io::file_bytes(bag / "tagmanifest-sha256.txt")); at += 7) {
    flip(bag / "tagmanifest-sha256.txt", at);
    EXPECT_THAT(faults_in(bag), testing::Not(IsEmpty())) << at;
    flip(bag / "tagmanifest-sha256.txt", at);
  }
}

TEST_F(ADamagedBackup, NamesFilesThatAreMissingCutOrTooMany) {
  const auto shard = fs::path("data/x.zarr/runs") / uid / "ccd/c/0/0/0";
  fs::resize_file(bag / shard, io::file_bytes(bag / shard) - 1);
  expect_fault("changed_file", shard);
  fs::remove(bag / shard);
  expect_fault("missing_file", shard);
  expect_fault("missing_shard", shard);
  back_up(folder / "x.db", bag);
  EXPECT_THAT(faults_in(bag), IsEmpty()) << "the next backup mends it";
  std::ofstream(bag / "data/notes.txt") << "mine";
  expect_fault("extra_file", "data/notes.txt");
  fs::remove(bag / "data/notes.txt");
  for (const char* name : {"manifest-sha256.txt", "bag-info.txt", "bagit.txt", "resonance-files.jsonl", "tagmanifest-sha256.txt"}) {
    fs::rename(bag / name, folder / "away");
    expect_fault("missing_file", name);
    fs::rename(folder / "away", bag / name);
  }
  EXPECT_THAT(faults_in(bag), IsEmpty());
}

TEST_F(ADamagedBackup, OfWhichTheWholeDatabaseIsGoneHasThatFault) {
  fs::resize_file(bag / "data/x.db", 0);
  expect_fault("changed_file", "data/x.db");
  fs::remove(bag / "data/x.db");
  expect_fault("missing_file", "data/x.db");
}

TEST_F(ADamagedBackup, IsReadWithoutFollowingItsManifestOutOfTheFolder) {
  std::ofstream(folder / "secret") << "x";
  std::ofstream(bag / "manifest-sha256.txt", std::ios::app) << std::string(64, '0') << "  data/../../secret\n";
  expect_fault("changed_file", "data/../../secret");
}

TEST_F(ADamagedBackup, ThatIsNoneIsRefused) {
  EXPECT_THAT(said([&] { (void)faults_in(folder / "nowhere"); }), refusal(ErrorCode::not_found, "nowhere"));
  EXPECT_THAT(said([&] { (void)faults_in(folder / "x.zarr"); }), refusal(ErrorCode::invalid_argument, "holds no backup"));
}

TEST_F(ADamagedBackup, OfAnotherSizeOrTimeIsCopiedAgain) {
  const auto shard = fs::path("data/x.zarr/runs") / uid / "ccd/c/0/0/0";
  std::ofstream(bag / shard, std::ios::app) << "x";
  fs::last_write_time(folder.path() / fs::relative(bag / shard, bag / "data"), fs::file_time_type::clock::now());
  back_up(folder / "x.db", bag);
  EXPECT_THAT(faults_in(bag), IsEmpty());
}

}  // namespace
}  // namespace resonance
