#include "base/worker_pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>

namespace resonance {

WorkerPool::WorkerPool(unsigned threads) : size_(threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency())) {}

WorkerPool::~WorkerPool() {
  if (process_ != 0 && process_ != ::getpid()) {  // a child after fork(): the threads are the parent's, there is nothing to join
    for (auto& thread : threads_) thread.detach();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void WorkerPool::start() {
  process_ = ::getpid();
  threads_.reserve(size_);
  while (threads_.size() < size_) threads_.emplace_back([this] { loop(); });
}

void WorkerPool::submit(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (threads_.empty()) start();
    job.next_ = nullptr;
    if (last_ != nullptr)
      last_->next_ = &job;
    else
      first_ = &job;
    last_ = &job;
  }
  wanted_.notify_one();
}

void WorkerPool::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stop_ || first_ != nullptr; });
    if (first_ == nullptr) return;
    auto* job = first_;
    first_ = job->next_;
    if (first_ == nullptr) last_ = nullptr;
    lock.unlock();
    job->run();
    lock.lock();
  }
}

namespace {

/// One call of for_each(): what all threads that take part in it share.
class Sweep {
 public:
  Sweep(std::uint64_t count, const std::function<void(std::uint64_t)>& work) : count_(count), work_(work) {}

  void take_part() noexcept {
    for (auto i = next_++; i < count_; i = next_++) {
      try {
        work_(i);
      } catch (...) {
        next_ = count_;  // nobody begins another one
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
    }
  }
  void leave() {
    const std::lock_guard lock(mutex_);  // held while notifying: the waiting caller owns this object
    --helpers_;
    left_.notify_all();
  }
  void expect(unsigned helpers) { helpers_ = helpers; }
  void finish() {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return helpers_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const std::uint64_t count_;
  const std::function<void(std::uint64_t)>& work_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;  // guards what follows
  std::condition_variable left_;
  unsigned helpers_ = 0;
  std::exception_ptr failure_;
};

class Helper final : public WorkerPool::Job {
 public:
  explicit Helper(Sweep& sweep) : sweep_(sweep) {}
  void run() noexcept override {
    sweep_.take_part();
    sweep_.leave();
  }

 private:
  Sweep& sweep_;
};

}  // namespace

void WorkerPool::for_each(std::uint64_t count, const std::function<void(std::uint64_t)>& work) {
  const bool alone = process_ != 0 && process_ != ::getpid();
  const auto helpers = alone || count < 2 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(count, size_) - 1);
  Sweep sweep(count, work);
  sweep.expect(helpers);
  std::deque<Helper> jobs;
  for (unsigned i = 0; i < helpers; ++i) submit(jobs.emplace_back(sweep));
  sweep.take_part();
  sweep.finish();
}

}  // namespace resonance
