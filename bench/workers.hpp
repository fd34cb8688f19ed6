/// One thread for each core, started once, so that a floor "on all cores" does not pay for making threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace resonance::bench {

class Workers {
 public:
  Workers() : Workers(std::max(1u, std::thread::hardware_concurrency())) {}
  explicit Workers(unsigned count) : meeting_(static_cast<std::ptrdiff_t>(count) + 1) {
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this, i] { loop(i); });
  }
  ~Workers() {
    stop_ = true;
    meeting_.arrive_and_wait();
    for (auto& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return threads_.size(); }

  /// Call `work(item, worker)` once for each item below `count`; returns when all are done.
  void run(std::uint64_t count, const std::function<void(std::uint64_t, unsigned)>& work) {
    work_ = &work;
    count_ = count;
    next_ = 0;
    meeting_.arrive_and_wait();
    meeting_.arrive_and_wait();
  }

 private:
  void loop(unsigned worker) {
    for (;;) {
      meeting_.arrive_and_wait();
      if (stop_) return;
      for (auto item = next_++; item < count_; item = next_++) (*work_)(item, worker);
      meeting_.arrive_and_wait();
    }
  }

  std::barrier<> meeting_;  // everybody and the caller: before the work and behind it
  const std::function<void(std::uint64_t, unsigned)>* work_ = nullptr;
  std::atomic<std::uint64_t> next_ = 0;
  std::uint64_t count_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace resonance::bench
