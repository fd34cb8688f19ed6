#include "record/chore.hpp"

#include <algorithm>
#include <utility>

namespace resonance::record {

using Clock = std::chrono::steady_clock;

Chore::Chore(std::chrono::milliseconds interval, Start start, std::function<void()> work)
    : interval_(interval), start_(start), work_(std::move(work)), thread_([this] { loop(); }) {}

Chore::~Chore() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Chore::ask() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_) return;
    wanted_ = true;
    asked_ = Clock::now();
  }
  changed_.notify_one();
}

void Chore::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (!wanted_) {
      changed_.wait(lock);
      continue;
    }
    auto due = start_ == Start::now ? asked_ : asked_ + interval_;
    if (last_ != Clock::time_point{}) due = std::max(due, last_ + interval_);
    if (Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    wanted_ = false;
    lock.unlock();
    work_();
    lock.lock();
    last_ = Clock::now();
  }
}

}  // namespace resonance::record
