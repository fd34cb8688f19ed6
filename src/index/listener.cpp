/// Keeps the runs of a writer indexed, behind its back.
#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "index/data_root.hpp"
#include "index/index_file.hpp"
#include "index/single_run.hpp"
#include "io/file_stamp.hpp"
#include "resonance/error.hpp"
#include "resonance/fork.hpp"
#include "resonance/index.hpp"

namespace resonance {

namespace {

/// Another process's transaction takes milliseconds; whoever holds the lock for longer is left to sync().
constexpr std::chrono::milliseconds kPatience{2000};
/// Runs that wait to be indexed. A writer never makes as many before the first is done, unless the index is stuck.
constexpr std::size_t kMostWaiting = 1000;

class IndexListener final : public RunListener {
 public:
  IndexListener(std::filesystem::path root, std::function<void(std::string_view)> log)
      : root_(std::move(root)), log_(std::move(log)), thread_([this] { work(); }) {}

  ~IndexListener() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void run_changed(const std::filesystem::path& database, std::string_view uid) noexcept override {
    try {
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() < kMostWaiting) waiting_.push_back({database, std::string(uid)});
      }
      changed_.notify_one();
    } catch (const std::exception&) {  // no memory; sync() finds the run
    }
  }

 private:
  struct Change {
    std::filesystem::path database;
    std::string uid;
  };

  void work() noexcept {
    std::optional<index::IndexFile> index;
    for (;;) {
      Change change;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        change = std::move(waiting_.front());
        waiting_.pop_front();
      }
      if (!put(index, change) && stopping()) return;  // nobody is kept waiting for an index that is stuck
    }
  }

  bool put(std::optional<index::IndexFile>& index, const Change& change) noexcept {
    const InsideLibrary inside;
    try {
      // An index that was deleted is not made again here: that is a person's decision.
      const auto path = index::index_of(root_);
      const auto file = io::stamp_of(path);
      if (!file) index.reset();
      if (!file) throw Error(ErrorCode::not_found, fmt::format("there is no {}", path.string()));
      if (!index || file->inode != inode_) {  // another one: made again, or put in place of a damaged one
        index.reset();
        index.emplace(path, kPatience);
        inode_ = file->inode;
      }
      index::index_run(root_, *index, change.database, change.uid);
      return true;
    } catch (const std::exception& error) {
      index.reset();
      tell(change, error.what());
      return false;
    }
  }

  void tell(const Change& change, std::string_view why) noexcept {
    if (!log_) return;
    try {
      log_(fmt::format("run {} of {} is not indexed yet, 'resonance index sync {}' will do it: {}", change.uid, change.database.string(),
                       root_.string(), why));
    } catch (const std::exception&) {  // a log that fails must not end the recording
    }
  }

  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stop_;
  }

  const std::filesystem::path root_;
  const std::function<void(std::string_view)> log_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Change> waiting_;
  bool stop_ = false;
  std::int64_t inode_ = 0;  // of the index that is open; the thread's own
  std::thread thread_;      // last: it uses the rest
};

}  // namespace

std::shared_ptr<RunListener> index_listener(const std::filesystem::path& root, std::function<void(std::string_view)> log) {
  return std::make_shared<IndexListener>(std::filesystem::absolute(root), std::move(log));
}

}  // namespace resonance
