#include "io/file_lock.hpp"

#include <unistd.h>

#include <array>
#include <csignal>

#include "support/child.hpp"
#include "support/fails.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::io {

using test::fails;
using test::TemporaryFolder;

TEST(LockFile, ExcludesAnotherObjectOfTheSameProcessByteByByte) {
  const TemporaryFolder folder;
  LockFile one(folder / "x.db-lock");
  LockFile two(folder / "x.db-lock");
  EXPECT_TRUE(one.try_lock(1));
  EXPECT_TRUE(one.try_lock(1)) << "what one holds, one may ask for again";
  EXPECT_FALSE(two.try_lock(1));
  EXPECT_TRUE(two.try_lock(2));
  EXPECT_TRUE(two.held_by_other(1));
  EXPECT_FALSE(one.held_by_other(1)) << "its own lock is not another's";
  EXPECT_TRUE(fails(ErrorCode::busy, {"x.db-lock", "another process"}, [&] { two.lock(1, std::chrono::milliseconds(5)); }));
  one.unlock(1);
  two.lock(1, std::chrono::milliseconds(0));
  EXPECT_TRUE(one.held_by_other(1));
}

TEST(LockFile, IsFreedWhenItsObjectGoes) {
  const TemporaryFolder folder;
  LockFile one(folder / "lock");
  { EXPECT_TRUE(LockFile(folder / "lock").try_lock(1)); }
  EXPECT_TRUE(one.try_lock(1));
}

TEST(LockFile, ExcludesAnotherProcessAndIsFreedByItsDeath) {
  const TemporaryFolder folder;
  std::array<int, 2> locked{};
  ASSERT_EQ(::pipe(locked.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    LockFile file(folder / "lock");
    const char byte = file.try_lock(1) ? 'y' : 'n';
    (void)!::write(locked[1], &byte, 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(locked[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  LockFile mine(folder / "lock");
  EXPECT_FALSE(mine.try_lock(1));
  EXPECT_TRUE(mine.held_by_other(1));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(mine.held_by_other(1));
  EXPECT_TRUE(mine.try_lock(1));
  for (const int end : locked) ::close(end);
}

TEST(LockFile, IsLookedAtFromOutsideWithoutBeingMade) {
  const TemporaryFolder folder;
  EXPECT_FALSE(byte_is_locked(folder / "lock", 1));
  EXPECT_FALSE(std::filesystem::exists(folder / "lock"));
  LockFile one(folder / "lock");
  EXPECT_TRUE(one.try_lock(1));
  EXPECT_TRUE(byte_is_locked(folder / "lock", 1));
  EXPECT_FALSE(byte_is_locked(folder / "lock", 2));
  EXPECT_FALSE(one.held_by_other(1)) << "looking locks nothing";
  std::filesystem::permissions(folder / "lock", std::filesystem::perms::owner_read);
  EXPECT_TRUE(byte_is_locked(folder / "lock", 1)) << "as on read-only media";
  one.unlock(1);
  EXPECT_FALSE(byte_is_locked(folder / "lock", 1));
}

TEST(LockFile, ThatCannotBeMadeNamesItself) {
  EXPECT_TRUE(fails(ErrorCode::not_found, {"/no/such/folder/lock"}, [] { LockFile file("/no/such/folder/lock"); }));
}

}  // namespace resonance::io
