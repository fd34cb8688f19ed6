/// The shard behind the one that is being filled, made before it is needed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/worker_pool.hpp"
#include "frames/shard_file.hpp"

namespace resonance::frames {

/// Makes one shard file at a time on a pool's thread. One that nobody takes is removed. Threads: prepare() and take() from
/// one at a time.
class NextShard final : private WorkerPool::Job {
 public:
  using Make = std::function<std::unique_ptr<ShardFile>(std::uint64_t number, std::uint64_t expected_bytes)>;
  NextShard(WorkerPool& pool, Make make) : pool_(pool), make_(std::move(make)) {}
  ~NextShard() override;

  /// Begin to make shard `number`, unless that was done. What goes wrong shows when the shard is really needed.
  void prepare(std::uint64_t number, std::uint64_t expected_bytes);
  /// The shard that was prepared; null when it is not this one, could not be made, or has not been begun: who takes it may be
  /// on the very thread that would make it.
  [[nodiscard]] std::unique_ptr<ShardFile> take(std::uint64_t number);
  void drop();  ///< remove what was prepared

 private:
  void run() noexcept override;

  WorkerPool& pool_;
  const Make make_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable made_;
  bool waiting_ = false;  // for a thread of the pool
  bool wanted_ = false;
  bool running_ = false;
  std::uint64_t number_ = 0;  // of the shard that is, or was, made; 0: none, for the first one is always made when needed
  std::uint64_t expected_bytes_ = 0;
  std::unique_ptr<ShardFile> shard_;
};

}  // namespace resonance::frames
