/// Nothing below a store's folder may lead out of it, and nothing in it may make a reader wait.
#include "io/store_folder.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "support/fails.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::io {
namespace {

namespace fs = std::filesystem;
using test::fails;

class AStoreFolder : public testing::TestWithParam<StoreFolder::Resolve> {
 protected:
  AStoreFolder() {
    fs::create_directories(root / "runs/a");
    write(root / "runs/a/data", "inside");
    write(folder / "secret", "outside");
  }
  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  StoreFolder store() const { return StoreFolder(root, GetParam()); }
  std::string content(const StoreFolder& in, const std::string& name) const {
    const auto file = in.open(name);
    if (!file) return "nothing";
    std::string out(file->bytes(), '\0');
    file->read_exact(0, std::as_writable_bytes(std::span(out)));
    return out;
  }

  test::TemporaryFolder folder;
  fs::path root = folder / "x.zarr";
};

INSTANTIATE_TEST_SUITE_P(Resolved, AStoreFolder, testing::Values(StoreFolder::Resolve::by_kernel, StoreFolder::Resolve::by_paths),
                         [](const auto& test) { return test.param == StoreFolder::Resolve::by_kernel ? "ByKernel" : "ByPaths"; });

TEST_P(AStoreFolder, GivesItsFilesAndNothingForMissingOnes) {
  const auto in = store();
  EXPECT_EQ(content(in, "runs/a/data"), "inside");
  for (const char* name : {"runs/a/other", "runs/b/data", "runs/a/data/0"}) EXPECT_EQ(content(in, name), "nothing") << name;
  const StoreFolder nowhere(folder / "none.zarr", GetParam());
  EXPECT_EQ(nowhere.open("runs/a/data"), nullptr);
  nowhere.require_inside("runs/a/data");
}

TEST_P(AStoreFolder, MayItselfBeALinkAndMayHoldLinksThatStayInside) {
  fs::create_symlink(root, folder / "link.zarr");
  EXPECT_EQ(content(StoreFolder(folder / "link.zarr", GetParam()), "runs/a/data"), "inside");
  fs::create_directory_symlink("a", root / "runs/b");
  fs::create_symlink(root / "runs/a/data", root / "runs/a/absolute");
  EXPECT_EQ(content(store(), "runs/b/data"), "inside");
  EXPECT_EQ(content(store(), "runs/a/absolute"), "inside");
}

TEST_P(AStoreFolder, RefusesWhateverLeadsOutOfIt) {
  fs::create_symlink("../../../secret", root / "runs/a/relative");
  fs::create_symlink(folder / "secret", root / "runs/a/absolute");
  fs::create_directory_symlink(folder.path(), root / "runs/b");
  fs::create_symlink("/dev/zero", root / "runs/a/zero");
  fs::create_symlink("self", root / "runs/a/self");
  for (const std::string name :
       {"runs/a/relative", "runs/a/absolute", "runs/b/secret", "runs/a/zero", "runs/a/self", "../secret", "runs/../../secret"}) {
    const auto in = store();
    EXPECT_TRUE(fails(ErrorCode::corrupt, {(root / name).string(), "leads out of the store"}, [&] { (void)in.open(name); }));
    EXPECT_TRUE(fails(ErrorCode::corrupt, {(root / name).string(), "leads out of the store"}, [&] { in.require_inside(name); }));
  }
}

TEST_P(AStoreFolder, NeverWaitsForWhatIsNoFile) {
  ASSERT_EQ(::mkfifo((root / "runs/a/pipe").c_str(), 0600), 0);
  const auto in = store();
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"runs/a/pipe is a pipe, not a file"}, [&] { (void)in.open("runs/a/pipe"); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"runs/a/pipe is a pipe"}, [&] { in.require_inside("runs/a/pipe"); }));
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"runs/a is a folder, not a file"}, [&] { (void)in.open("runs/a"); }));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto name = (root / "socket").string();
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"socket is a device or socket"}, [&] { (void)in.open("socket"); }));
  ::close(socket);
}

TEST_P(AStoreFolder, KnowsWhetherAFileIsStillTheOneOfItsName) {
  const auto in = store();
  const auto file = in.open("runs/a/data");
  EXPECT_TRUE(in.is_current("runs/a/data", *file));
  write(root / "runs/a/new", "another");
  fs::rename(root / "runs/a/new", root / "runs/a/data");
  EXPECT_FALSE(in.is_current("runs/a/data", *file));
  EXPECT_EQ(file->bytes(), 6) << "the old one stays readable";
  std::byte byte{};
  EXPECT_TRUE(fails(ErrorCode::corrupt, {"data ends early", "at byte 6"}, [&] { file->read_exact(6, {&byte, 1}); }));
}

}  // namespace
}  // namespace resonance::io
