/// A fixed number of threads that work through jobs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace resonance {

/// Threads are started with the first job and joined by the destructor, which first runs what was submitted.
/// Jobs are begun in the order in which they were submitted. Submitting allocates nothing.
/// Threads: any may call. In a child after fork() the threads are missing: for_each() then works alone, submit() must not
/// be called.
class WorkerPool {
 public:
  /// A piece of work. Must stay where it is until run() was called; may be submitted again from then on.
  class Job {
   public:
    Job() = default;
    virtual ~Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual void run() noexcept = 0;

   private:
    friend class WorkerPool;
    Job* next_ = nullptr;
  };

  explicit WorkerPool(unsigned threads = 0);  ///< 0: as many as the machine has cores
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] unsigned size() const noexcept { return size_; }

  void submit(Job& job);

  /// Call `work(i)` for each i below `count`, on the threads and on the caller's; returns when all calls have. When one
  /// throws no further ones begin, and the first exception is rethrown. May be called from several threads at once, not from a job.
  void for_each(std::uint64_t count, const std::function<void(std::uint64_t)>& work);

 private:
  void start();
  void loop();

  const unsigned size_;
  std::atomic<int> process_ = 0;  // that the threads belong to; 0: not started
  std::mutex mutex_;              // guards what follows
  std::condition_variable wanted_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace resonance
