#include "base/worker_pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace resonance {

struct WorkerPool::Threads {
  std::atomic<int> process = 0;  // that they belong to; 0: not started
  std::mutex mutex;              // guards what follows
  std::condition_variable wanted;
  Job* first = nullptr;
  Job* last = nullptr;
  bool stop = false;
  std::vector<std::thread> all;

  void start(unsigned count) {
    process = ::getpid();
    all.reserve(count);
    while (all.size() < count) all.emplace_back([this] { loop(); });
  }

  void loop() {
    std::unique_lock lock(mutex);
    for (;;) {
      wanted.wait(lock, [this] { return stop || first != nullptr; });
      if (first == nullptr) return;
      auto* job = first;
      first = job->next_;
      if (first == nullptr) last = nullptr;
      lock.unlock();
      job->run();
      lock.lock();
    }
  }

  [[nodiscard]] bool of_another_process() const noexcept {
    const auto own = process.load();
    return own != 0 && own != ::getpid();
  }
};

WorkerPool::WorkerPool(unsigned threads)
    : size_(threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency())), threads_(std::make_unique<Threads>()) {}

WorkerPool::~WorkerPool() {
  if (threads_->of_another_process()) {  // a child after fork(): there is nothing to join, and nobody to wake
    (void)threads_.release();
    return;
  }
  {
    const std::lock_guard lock(threads_->mutex);
    threads_->stop = true;
  }
  threads_->wanted.notify_all();
  for (auto& thread : threads_->all) thread.join();
}

void WorkerPool::submit(Job& job) {
  {
    const std::lock_guard lock(threads_->mutex);
    if (threads_->all.empty()) threads_->start(size_);
    job.next_ = nullptr;
    if (threads_->last != nullptr)
      threads_->last->next_ = &job;
    else
      threads_->first = &job;
    threads_->last = &job;
  }
  threads_->wanted.notify_one();
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
  const auto helpers = threads_->of_another_process() || count < 2 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(count, size_) - 1);
  Sweep sweep(count, work);
  std::deque<Helper> jobs;
  while (jobs.size() < helpers) jobs.emplace_back(sweep);
  sweep.expect(helpers);
  for (auto& job : jobs) {
    try {
      submit(job);
    } catch (const std::exception&) {  // no thread can be started: there are fewer that take part
      sweep.leave();
    }
  }
  sweep.take_part();
  sweep.finish();
}

}  // namespace resonance
