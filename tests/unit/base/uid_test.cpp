#include "base/uid.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/names.hpp"

namespace resonance {
namespace {

constexpr double kNow = 1773517413.25;

std::uint64_t milliseconds_of(const std::string& uid) { return std::stoull(uid.substr(0, 12), nullptr, 16); }

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A time, in seconds, that is later than every uid made by any test before.
double later() { return static_cast<double>(milliseconds_of(new_uid(0))) / 1000 + 10; }

TEST(NewUid, HasTheLayoutOfVersion7) {
  const double now = later();
  const std::string uid = new_uid(now);
  EXPECT_TRUE(is_uid(uid)) << uid;
  EXPECT_EQ(milliseconds_of(uid), static_cast<std::uint64_t>(now * 1000));
  EXPECT_EQ(uid[12], '7');
  EXPECT_NE(std::string_view("89ab").find(uid[16]), std::string_view::npos) << uid;
}

TEST(NewUid, IncreasesEvenWhenTheClockStandsOrGoesBack) {
  const double now = later();
  std::string last = new_uid(now);
  const std::string time = last.substr(0, 12);
  for (int i = 0; i < 100'000; ++i) {
    std::string uid = new_uid(now - i % 7 * 0.1);
    ASSERT_LT(last, uid);
    last = std::move(uid);
  }
  EXPECT_EQ(last.substr(0, 12), time) << "there is room for far more uids in one millisecond";
}

TEST(NewUid, IsUniqueAcrossThreads) {
  std::array<std::vector<std::string>, 4> made;
  {
    std::vector<std::jthread> threads;
    for (auto& uids : made)
      threads.emplace_back([&uids] {
        for (int i = 0; i < 20'000; ++i) uids.push_back(new_uid(0));
      });
  }
  std::set<std::string> all;
  for (const auto& uids : made) {
    EXPECT_TRUE(std::ranges::is_sorted(uids));
    all.insert(uids.begin(), uids.end());
  }
  EXPECT_EQ(all.size(), 80'000u);
}

TEST(NewUid, DiffersBetweenAProcessAndItsChild) {
  (void)new_uid(0);  // so that there are random bytes which the child would inherit
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string uids;
    for (int i = 0; i < 100; ++i) uids += new_uid(0);
    _exit(write(pipe_ends[1], uids.data(), uids.size()) == static_cast<ssize_t>(uids.size()) ? 0 : 1);
  }
  close(pipe_ends[1]);
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(new_uid(0).substr(12));
  std::string uid(32, '\0');
  while (read(pipe_ends[0], uid.data(), uid.size()) == 32) all.insert(uid.substr(12));
  close(pipe_ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(all.size(), 200u);
}

bool takes_any_clock() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::string last;
  for (const double time : {std::numeric_limits<double>::quiet_NaN(), -1.0, 0.0, 1e300, kInfinity, -kInfinity}) {
    const std::string uid = new_uid(time);
    if (!is_uid(uid) || uid <= last) return false;
    last = uid;
  }
  return true;
}

// In a child, as it moves the uids of the process to the end of time.
TEST(NewUidDeathTest, TakesAnyClock) { EXPECT_EXIT(_exit(takes_any_clock() ? 0 : 1), testing::ExitedWithCode(0), ""); }

TEST(ContentUid, FollowsFromTheContentAndSortsByTime) {
  const std::string uid = content_uid(kNow, bytes_of("a file"));
  EXPECT_TRUE(is_uid(uid));
  EXPECT_EQ(uid[12], '8');
  EXPECT_NE(std::string_view("89ab").find(uid[16]), std::string_view::npos) << uid;
  EXPECT_EQ(milliseconds_of(uid), 1773517413250u);
  EXPECT_EQ(uid, content_uid(kNow, bytes_of("a file")));
  EXPECT_NE(uid.substr(12), content_uid(kNow, bytes_of("a fild")).substr(12));
  EXPECT_LT(uid, content_uid(kNow + 0.001, bytes_of("a file")));
  EXPECT_TRUE(is_uid(content_uid(kNow, {})));
}

/// Once published, a change of the hash or the layout would import every file a second time.
TEST(ContentUid, IsTheSameInEveryRelease) { EXPECT_EQ(content_uid(kNow, bytes_of("a file")), "019cede01b8284a08b3e4f1e0f255066"); }

}  // namespace
}  // namespace resonance
