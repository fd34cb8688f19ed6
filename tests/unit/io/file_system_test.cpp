#include "io/file_system.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "support/fails.hpp"
#include "support/temporary_folder.hpp"
#include "support/watched_files.hpp"

namespace resonance::io {

using test::fails;
using test::FileCall;
using test::TemporaryFolder;
using test::WatchedFiles;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// A file system whose disk breaks at every call of kind `what`.
std::shared_ptr<WatchedFiles> broken_at(std::string what) {
  auto files = std::make_shared<WatchedFiles>();
  files->before = [what = std::move(what)](const FileCall& call) {
    if (call.what == what)
      throw Error(ErrorCode::io, "broken " + what, {.os_errno = EIO, .file = call.path, .offset = {}, .database = false});
  };
  return files;
}

/// A disk of 64 KiB, when we may mount one.
class TinyDisk {
 public:
  TinyDisk() : mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}
  ~TinyDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  [[nodiscard]] bool mounted() const noexcept { return mounted_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  bool mounted_;
};

}  // namespace

TEST(ReplaceFile, LeavesTheOldFileAndNothingElseWhenItFailsAnywhere) {
  for (const char* what : {"create", "write", "sync", "rename"}) {
    const TemporaryFolder folder;
    const auto path = folder / "zarr.json";
    replace_file(*posix_file_system(), path, "old", true);
    const auto files = broken_at(what);
    EXPECT_TRUE(fails(ErrorCode::io, {"broken", what}, [&] { replace_file(*files, path, "new and longer", true); }));
    EXPECT_EQ(read_text(path, 100), "old") << what;
    EXPECT_EQ(files_in(folder.path()), 1U) << "leftover after a failed " << what;
  }
}

TEST(ReplaceFile, SyncsTheBytesBeforeTheNameAndTheNameAfterwards) {
  const TemporaryFolder folder;
  const auto files = std::make_shared<WatchedFiles>();
  replace_file(*files, folder / "x", "text", true);
  std::vector<std::string> order;
  for (const auto& call : files->calls) order.push_back(call.what);
  EXPECT_EQ(order, (std::vector<std::string>{"create", "write", "sync", "rename", "sync_directory"}));
  EXPECT_TRUE(files->calls[0].path.string().ends_with(".partial"));
}

TEST(PartialNames, AreKnownAgain) {
  EXPECT_TRUE(is_partial_name(partial_name("folder/x.db").filename().string()));
  EXPECT_TRUE(is_partial_name(partial_name("x.db").string() + "-journal"));
  for (const char* name : {"zarr.json.4711-0a1b2c3d.partial", "0.1-00000000.partial"}) EXPECT_TRUE(is_partial_name(name)) << name;
  for (const char* name : {"", ".partial", "mine.partial", "x.12-0a1b2c3.partial", "x.12-0A1B2C3D.partial", "x.-0a1b2c3d.partial",
                           "12-0a1b2c3d.partial", "x.a2-0a1b2c3d.partial", "x.12-0a1b2c3d.partial.txt", "x-journal"})
    EXPECT_FALSE(is_partial_name(name)) << name;
}

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  for (const char* what : {"write", "sync", "rename", ""}) {
    const TemporaryFolder folder;
    const auto path = folder / "frame.tif";
    const auto files = broken_at(what);
    const auto work = [&] {
      AtomicFile file(path, files);
      file.write(bytes_of("head"));
      EXPECT_FALSE(std::filesystem::exists(path));
      file.write(bytes_of("body"));
      file.write_all(0, bytes_of("HE"));
      EXPECT_EQ(file.size(), 8U);
      file.commit();
    };
    if (*what != '\0') {
      EXPECT_TRUE(fails(ErrorCode::io, {what}, work));
      EXPECT_EQ(files_in(folder.path()), 0U) << "leftover after a failed " << what;
    } else {
      work();
      EXPECT_EQ(read_text(path, 100), "HEadbody");
      EXPECT_EQ(files_in(folder.path()), 1U);
    }
  }
}

TEST(AtomicFile, ThatIsNeverCommittedLeavesTheOldOne) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x") << "old";
  { AtomicFile(folder / "x").write(bytes_of("new")); }
  EXPECT_EQ(read_text(folder / "x", 100), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(File, ThatEndsEarlyIsCorruptAtTheByteWhereItEnds) {
  const TemporaryFolder folder;
  std::ofstream(folder / "short.bin") << "0123456789";
  const auto file = posix_file_system()->open(folder / "short.bin", OpenMode::read);
  std::vector<std::byte> out(8);
  file->read_exact(2, out);
  EXPECT_EQ(out[0], std::byte{'2'});
  try {
    file->read_exact(6, out);
    FAIL() << "read past the end";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    EXPECT_EQ(error.detail().file, folder / "short.bin");
    EXPECT_EQ(error.detail().offset, 10U);
    EXPECT_NE(std::string(error.what()).find("short.bin ends early: 8 bytes at byte 6 are wanted, 4 are there"), std::string::npos);
  }
}

TEST(File, NamesPathOffsetAndErrnoOfAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto full = posix_file_system()->open("/dev/full", OpenMode::read_write);
  try {
    full->write_at(4096, bytes_of("x"));
    FAIL() << "wrote to a full disk";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_space);
    EXPECT_EQ(error.detail().os_errno, ENOSPC);
    EXPECT_EQ(error.detail().offset, 4096U);
    EXPECT_NE(std::string(error.what()).find("/dev/full at byte 4096: No space left"), std::string::npos) << error.what();
  }
}

TEST(AtomicFile, OnAFullDiskSaysSoAndGivesItsSpaceBack) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "a small disk cannot be mounted without root";
  const std::vector<std::byte> half(40 << 10);
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(fails(ErrorCode::no_space, {"No space left"}, [&] {
      AtomicFile file(disk.path() / "big");
      file.write(half);
      file.write(half);
    }));
    EXPECT_EQ(files_in(disk.path()), 0U);
  }
  AtomicFile small(disk.path() / "small");
  small.write(half);
  small.commit();
  EXPECT_EQ(file_bytes(disk.path() / "small"), half.size());
}

TEST(FileSystem, TellsMissingTakenAndWrongKindsApart) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  auto& files = *posix_file_system();
  EXPECT_TRUE(fails(ErrorCode::not_found, {"opening", "none"}, [&] { (void)files.open(folder / "none", OpenMode::read); }));
  EXPECT_TRUE(fails(ErrorCode::already_exists, {"creating", "file"}, [&] { (void)files.open(folder / "file", OpenMode::create_new); }));
  EXPECT_TRUE(fails(ErrorCode::already_exists, {"folder", "file"}, [&] { files.make_directory(folder / "file"); }));
  files.remove(folder / "none");
  make_directories(files, folder / "a/b/c", true);
  make_directories(files, folder / "a/b/c", true);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
}

TEST(ReadBytes, IsBoundedAndTakesRegularFilesOnly) {
  const TemporaryFolder folder;
  std::ofstream(folder / "big") << std::string(1000, 'x');
  EXPECT_EQ(read_bytes(folder / "big", 1000).size(), 1000U);
  EXPECT_TRUE(fails(ErrorCode::unsupported, {"big", "1000 bytes", "at most 999"}, [&] { (void)read_bytes(folder / "big", 999); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"not a regular file"}, [&] { (void)read_bytes(folder.path(), 10); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"not a regular file"}, [] { (void)read_bytes("/dev/zero", 10); }));
  EXPECT_TRUE(fails(ErrorCode::not_found, {"none"}, [&] { (void)read_bytes(folder / "none", 10); }));
}

TEST(AllocatedBytes, DoNotCountHoles) {
  const TemporaryFolder folder;
  const auto file = posix_file_system()->open(folder / "sparse", OpenMode::create_new);
  file->resize(64 << 20);
  EXPECT_EQ(file_bytes(folder / "sparse"), 64U << 20);
  EXPECT_LT(allocated_bytes(folder.path()), 1U << 20);
  EXPECT_EQ(allocated_bytes(folder / "none"), 0U);
}

}  // namespace resonance::io
