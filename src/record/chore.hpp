/// Work that a writer does behind its caller's back, now and then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace resonance::record {

/// A thread of its own that runs `work` after it was asked for: at once with Start::now, else `interval` later; in both cases
/// not within `interval` of the last time. Owned by the writer, which stops and joins it by destroying it.
class Chore {
 public:
  enum class Start { now, after_interval };
  Chore(std::chrono::milliseconds interval, Start start, std::function<void()> work);  ///< `work` must not throw
  ~Chore();  ///< waits for work in progress; work that was asked for and has not begun is dropped
  Chore(const Chore&) = delete;
  Chore& operator=(const Chore&) = delete;

  void ask() noexcept;  ///< any thread; cheap when it was asked for already

 private:
  void loop();

  const std::chrono::milliseconds interval_;
  const Start start_;
  const std::function<void()> work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool wanted_ = false;
  bool stop_ = false;
  std::chrono::steady_clock::time_point asked_{}, last_{};
  std::thread thread_;  // last: it starts when everything else is there
};

}  // namespace resonance::record
