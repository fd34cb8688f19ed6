/// Chunks of one array on their way to disk: encoded on several threads, written in the order in which they came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/worker_pool.hpp"
#include "frames/frame_memory.hpp"
#include "zarr/codec.hpp"

namespace resonance::frames {

/// What happens to the caller's memory.
enum class Lifetime : std::uint8_t {
  now,     ///< encoded on the calling thread before the call returns, unless others are waiting
  borrow,  ///< not copied; must stay as it is until settle()
  copy,    ///< free again when the call returns
};

/// The bytes of a frame, and who keeps them alive.
struct FrameSource {
  std::span<const std::byte> bytes;
  Lifetime lifetime = Lifetime::now;
  std::shared_ptr<const void> keep;  ///< when set, the bytes live as long as this: nothing is copied
};

/// Threads: put() from one thread at a time; the rest from any.
class ChunkQueue {
 public:
  /// A chunk that is ready. `checksum`: crc32c of the decoded bytes.
  struct Ready {
    std::uint64_t chunk = 0;
    std::uint64_t frames_end = 0;
    std::span<const std::byte> encoded;
    std::uint32_t checksum = 0;
  };
  /// Called in order, by one thread at a time, with one chunk or several.
  using Write = std::function<void(std::span<const Ready>)>;

  ChunkQueue(WorkerPool& pool, FrameMemory& memory, const zarr::CodecChain& codecs, Write write);
  ~ChunkQueue();  ///< waits for what is on its way
  ChunkQueue(const ChunkQueue&) = delete;
  ChunkQueue& operator=(const ChunkQueue&) = delete;

  /// Encode a chunk. `frames_end`: the first frame number behind the frames in it. Waits while the memory is used up.
  void put(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source);
  /// Take a chunk that is encoded already; it is decoded to see that it holds what it should.
  void put_encoded(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source);

  /// Wait until all frames below `frames` are written. \throws what went wrong, again at each call until forget_failure()
  void settle(std::uint64_t frames);
  void wait_until_empty();  ///< also when something went wrong
  /// After wait_until_empty(), and while nobody puts: forget the frames behind the first `frames`.
  void restart(std::uint64_t frames);

  /// Memory that a chunk takes up on its way, at most.
  [[nodiscard]] std::size_t bytes_on_the_way(bool copied) const noexcept;

 private:
  class Slot;
  enum class Task : std::uint8_t { encode, check };
  void submit(std::uint64_t chunk, std::uint64_t frames_end, const FrameSource& source, Task task);
  Slot& free_slot();
  void write_ready();
  bool worth_writing() const noexcept;
  void write_first(std::unique_lock<std::mutex>& lock);
  template <class Condition>
  void wait(std::unique_lock<std::mutex>& lock, std::uint64_t frames, Condition&& condition);

  WorkerPool& pool_;
  FrameMemory& memory_;
  const zarr::CodecChain& codecs_;
  const Write write_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable moved_;
  std::deque<Slot*> waiting_;  // in order; the first is written next
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::uint64_t settled_ = 0;  // all frames below are written
  unsigned waiters_ = 0;       // for chunks to be written
  std::uint64_t awaited_ = 0;  // the least that one of them waits for
  std::size_t done_ = 0;       // chunks that are encoded and not written
  std::size_t done_bytes_ = 0;
  std::vector<Ready> batch_;  // for the thread in write_ready()
  bool writing_ = false;      // a thread is in write_ready()
  std::exception_ptr failure_;
};

}  // namespace resonance::frames
