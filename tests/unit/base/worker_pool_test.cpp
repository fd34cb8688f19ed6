#include "base/worker_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <set>
#include <stdexcept>

namespace resonance {
namespace {

struct Note final : WorkerPool::Job {
  std::vector<int>* order = nullptr;
  int number = 0;
  void run() noexcept override { order->push_back(number); }
};

TEST(AWorkerPool, BeginsJobsInTheirOrderAndRunsAllBeforeItIsGone) {
  std::vector<int> order;
  std::deque<Note> jobs(100);
  {
    WorkerPool pool(1);
    for (int i = 0; i < 100; ++i) {
      jobs[i].order = &order;
      jobs[i].number = i;
      pool.submit(jobs[i]);
    }
  }
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(AWorkerPool, CallsTheWorkOnceForEachNumber) {
  WorkerPool pool(3);
  std::vector<std::atomic<int>> calls(1000);
  pool.for_each(calls.size(), [&](std::uint64_t i) { ++calls[i]; });
  EXPECT_THAT(std::vector<int>(calls.begin(), calls.end()), testing::Each(1));
  pool.for_each(0, [](std::uint64_t) { FAIL(); });
}

TEST(AWorkerPool, HandsOnTheFirstFailureAndBeginsNothingMore) {
  WorkerPool pool(2);
  std::atomic<int> begun = 0;
  const auto work = [&](std::uint64_t i) {
    ++begun;
    if (i == 3) throw std::runtime_error("the fourth");
  };
  EXPECT_THROW(pool.for_each(1'000'000, work), std::runtime_error);
  EXPECT_LT(begun, 1'000'000);
  pool.for_each(2, [](std::uint64_t) {});  // and goes on working
}

TEST(AWorkerPool, WorksAloneInAChildAfterFork) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer cannot follow threads over fork()";
#endif
  WorkerPool pool(2);
  pool.for_each(10, [](std::uint64_t) {});
  const auto child = ::fork();
  if (child == 0) {
    std::atomic<int> sum = 0;
    pool.for_each(10, [&](std::uint64_t i) { sum += static_cast<int>(i); });
    ::_exit(sum == 45 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace resonance
