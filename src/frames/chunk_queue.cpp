#include "frames/chunk_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "resonance/error.hpp"
#include "zarr/checksum.hpp"

namespace resonance::frames {

namespace {

constexpr std::size_t kWriteBytes = 512 << 10;
constexpr std::size_t kWriteChunks = 64;

}  // namespace

/// One chunk on its way. Used again for later ones.
class ChunkQueue::Slot final : public WorkerPool::Job {
 public:
  explicit Slot(ChunkQueue& queue) : queue_(queue) {}

  void run() noexcept override {
    try {
      if (task == Task::encode)
        encode();
      else
        check();
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard lock(queue_.mutex_);
      done = true;
      ++queue_.done_;
      queue_.done_bytes_ += ready.encoded.size();
    }
    queue_.write_ready();
  }

  FrameMemory::Block memory;
  std::shared_ptr<const void> keep;
  std::span<const std::byte> source;
  std::span<std::byte> room;  // for the result of the work
  Task task = Task::encode;
  Ready ready;
  std::exception_ptr failure;
  bool done = false;  // guarded by the queue's mutex

 private:
  void encode() {
    ready.checksum = zarr::crc32c(source);
    ready.encoded = room.first(queue_.codecs_.encode(source, room));
  }

  void check() {
    try {
      queue_.codecs_.decode(source, room);
    } catch (const Error& error) {
      throw Error(ErrorCode::invalid_argument, fmt::format("an encoded frame of {} bytes is not what the array holds ({}): {}",
                                                           source.size(), queue_.codecs_.name(), error.what()));
    }
    ready.checksum = zarr::crc32c(room);
    ready.encoded = source;
  }

  ChunkQueue& queue_;
};

ChunkQueue::ChunkQueue(WorkerPool& pool, FrameMemory& memory, const zarr::CodecChain& codecs, Write write)
    : pool_(pool), memory_(memory), codecs_(codecs), write_(std::move(write)) {
  batch_.reserve(kWriteChunks);  // filled where nothing may be thrown
}

ChunkQueue::~ChunkQueue() { wait_until_empty(); }

std::size_t ChunkQueue::bytes_on_the_way(bool copied) const noexcept {
  return codecs_.max_encoded_bytes() + (copied ? codecs_.decoded_bytes() : 0);
}

ChunkQueue::Slot& ChunkQueue::free_slot() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    free_.reserve(slots_.size() + 1);  // so that giving back allocates nothing
    slots_.push_back(std::make_unique<Slot>(*this));
    return *slots_.back();
  }
  auto& slot = *free_.back();
  free_.pop_back();
  return slot;
}

void ChunkQueue::put(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source) {
  submit(chunk, frames_end, source, Task::encode);
}

void ChunkQueue::put_encoded(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source) {
  submit(chunk, frames_end, source, Task::check);
}

void ChunkQueue::submit(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source, Task task) {
  const bool copied = source.lifetime == Lifetime::copy && source.keep == nullptr;
  const auto result = task == Task::encode ? codecs_.max_encoded_bytes() : codecs_.decoded_bytes();
  auto memory = memory_.take(result + (copied ? source.bytes.size() : 0));
  auto& slot = free_slot();
  slot.memory = std::move(memory);
  slot.room = slot.memory.bytes().first(result);
  slot.source = source.bytes;
  slot.keep = source.keep;
  if (copied) {
    const auto copy = slot.memory.bytes().subspan(result, source.bytes.size());
    std::memcpy(copy.data(), source.bytes.data(), copy.size());
    slot.source = copy;
  }
  slot.task = task;
  slot.ready = {chunk, frames_end, {}, 0};
  slot.failure = nullptr;
  slot.done = false;
  bool alone = false;
  {
    const std::lock_guard lock(mutex_);
    alone = waiting_.empty();
    try {
      waiting_.push_back(&slot);
    } catch (...) {  // nobody would ever give it back
      slot.memory = {};
      slot.keep.reset();
      free_.push_back(&slot);
      throw;
    }
  }
  if (alone && source.lifetime == Lifetime::now) return slot.run();
  try {
    pool_.submit(slot);
  } catch (const std::exception&) {  // no thread can be started: others wait for this chunk, so it is done here
    slot.run();
  }
}

/// One write for many small chunks is cheaper than one for each, so they are gathered while nobody waits for them.
bool ChunkQueue::worth_writing() const noexcept {
  return !waiting_.empty() && waiting_.front()->done &&
         (waiters_ > 0 || done_bytes_ >= kWriteBytes || done_ >= kWriteChunks || done_ == waiting_.size());
}

void ChunkQueue::write_ready() {
  std::unique_lock lock(mutex_);
  if (writing_) return;  // that thread looks again before it leaves
  writing_ = true;
  while (worth_writing()) write_first(lock);
  writing_ = false;
  if (waiters_ > 0) moved_.notify_all();
}

/// Write the chunks at the front that are done.
void ChunkQueue::write_first(std::unique_lock<std::mutex>& lock) {
  batch_.clear();
  std::size_t count = 0;
  for (; count < waiting_.size() && waiting_[count]->done && batch_.size() < kWriteChunks; ++count) {
    if (!failure_) failure_ = waiting_[count]->failure;
    if (!failure_) batch_.push_back(waiting_[count]->ready);
  }
  if (!batch_.empty()) {
    lock.unlock();
    std::exception_ptr failure;
    try {
      write_(batch_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure)
      failure_ = failure;
    else
      settled_ = batch_.back().frames_end;
  }
  for (; count > 0; --count) {
    auto& slot = *waiting_.front();
    done_bytes_ -= slot.ready.encoded.size();
    --done_;
    slot.memory = {};
    slot.keep.reset();
    waiting_.pop_front();
    free_.push_back(&slot);
  }
  if (waiters_ > 0 && (settled_ >= awaited_ || failure_ || waiting_.empty())) moved_.notify_all();
}

template <class Condition>
void ChunkQueue::wait(std::unique_lock<std::mutex>& lock, std::uint64_t frames, Condition&& condition) {
  if (condition()) return;
  awaited_ = waiters_ == 0 ? frames : std::min(awaited_, frames);
  ++waiters_;
  lock.unlock();
  write_ready();  // what has been held back
  lock.lock();
  moved_.wait(lock, condition);
  --waiters_;
}

void ChunkQueue::settle(std::uint64_t frames) {
  std::unique_lock lock(mutex_);
  wait(lock, frames, [&] { return settled_ >= frames || (failure_ && waiting_.empty() && !writing_); });
  if (settled_ < frames) std::rethrow_exception(failure_);
}

void ChunkQueue::wait_until_empty() {
  std::unique_lock lock(mutex_);
  wait(lock, 0, [&] { return waiting_.empty() && !writing_; });
}

void ChunkQueue::restart(std::uint64_t frames) {
  const std::lock_guard lock(mutex_);
  settled_ = std::min(settled_, frames);
  if (settled_ == frames) failure_ = nullptr;  // else it was met by frames that are kept, and who settles those must be told
}

}  // namespace resonance::frames
