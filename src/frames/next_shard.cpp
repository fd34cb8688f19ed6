#include "frames/next_shard.hpp"

#include <utility>

namespace resonance::frames {

NextShard::~NextShard() {
  std::unique_lock lock(mutex_);
  wanted_ = false;
  made_.wait(lock, [this] { return !waiting_ && !running_; });
}

void NextShard::prepare(std::uint64_t number, std::uint64_t expected_bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ || running_ || number_ == number) return;
    number_ = number;
    expected_bytes_ = expected_bytes;
    waiting_ = wanted_ = true;
    shard_.reset();
  }
  pool_.submit(*this);
}

void NextShard::run() noexcept {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = false;
    running_ = wanted_;
    made_.notify_all();
    if (!wanted_) return;
  }
  std::unique_ptr<ShardFile> made;
  try {
    made = make_(number_, expected_bytes_);
  } catch (...) {  // a full disk, say: whoever needs the shard tries again and tells
  }
  const std::lock_guard lock(mutex_);
  shard_ = std::move(made);
  running_ = false;
  made_.notify_all();
}

std::unique_ptr<ShardFile> NextShard::take(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  if (number != number_) return nullptr;
  wanted_ = false;
  made_.wait(lock, [this] { return !running_; });
  return std::exchange(shard_, nullptr);
}

void NextShard::drop() { (void)take(number_); }

}  // namespace resonance::frames
