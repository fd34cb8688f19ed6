/// A file system that tells what is done to it and can be made to fail.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/file_system.hpp"

namespace resonance::test {

/// One call that reached the file system. `path` is the new name of a rename, `from` the old one.
struct FileCall {
  std::string what;  ///< create, open, write, resize, sync, rename, remove, make_directory, sync_directory
  std::filesystem::path path;
  std::filesystem::path from;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// The real file system with hooks around every call that changes something. Hooks may throw.
/// Threads: any may call it; hooks are set by watch() while others do, and may be assigned while nobody does.
class WatchedFiles final : public io::FileSystem, public std::enable_shared_from_this<WatchedFiles> {
 public:
  using Hook = std::function<void(const FileCall&)>;
  Hook before;  ///< throws: the call does not happen
  Hook after;
  std::vector<FileCall> calls;

  /// From now on tell `hook` what is about to be done, and to what.
  void watch(std::function<void(std::string_view what, const std::filesystem::path& path)> hook) {
    const std::lock_guard lock(mutex_);
    if (hook)
      before = [hook = std::move(hook)](const FileCall& call) { hook(call.what, call.path); };
    else
      before = nullptr;
  }

  std::unique_ptr<io::File> open(const std::filesystem::path& path, io::OpenMode mode) override {
    std::unique_ptr<io::File> file;
    around({mode == io::OpenMode::create_new ? "create" : "open", path, {}}, [&] { file = real_->open(path, mode); });
    return std::make_unique<Watched>(shared_from_this(), std::move(file));
  }
  bool exists(const std::filesystem::path& path) override { return real_->exists(path); }
  void make_directory(const std::filesystem::path& path) override {
    around({"make_directory", path, {}}, [&] { real_->make_directory(path); });
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    around({"rename", to, from}, [&] { real_->rename(from, to); });
  }
  void remove(const std::filesystem::path& path) override {
    around({"remove", path, {}}, [&] { real_->remove(path); });
  }
  void sync_directory(const std::filesystem::path& path) override {
    around({"sync_directory", path, {}}, [&] { real_->sync_directory(path); });
  }

 private:
  class Watched final : public io::File {
   public:
    Watched(std::shared_ptr<WatchedFiles> owner, std::unique_ptr<io::File> file) : owner_(std::move(owner)), file_(std::move(file)) {}
    std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override { return file_->read_at(offset, out); }
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
      owner_->around({"write", path(), {}, offset, bytes.size()}, [&] { file_->write_at(offset, bytes); });
    }
    std::uint64_t size() override { return file_->size(); }
    void resize(std::uint64_t bytes) override {
      owner_->around({"resize", path(), {}, 0, bytes}, [&] { file_->resize(bytes); });
    }
    void sync() override {
      owner_->around({"sync", path(), {}}, [&] { file_->sync(); });
    }
    void start_writeback(std::uint64_t offset, std::uint64_t bytes) override { file_->start_writeback(offset, bytes); }
    void allocate(std::uint64_t offset, std::uint64_t bytes) override { file_->allocate(offset, bytes); }
    const std::filesystem::path& path() const noexcept override { return file_->path(); }

   private:
    std::shared_ptr<WatchedFiles> owner_;  // the file outlives whoever opened it
    std::unique_ptr<io::File> file_;
  };

  template <class Work>
  void around(FileCall call, Work&& work) {
    const auto copy_of = [this](const Hook& hook) {
      const std::lock_guard lock(mutex_);
      return hook;
    };
    if (const auto hook = copy_of(before)) hook(call);
    work();
    {
      const std::lock_guard lock(mutex_);
      calls.push_back(call);
    }
    if (const auto hook = copy_of(after)) hook(call);
  }

  std::shared_ptr<io::FileSystem> real_ = io::posix_file_system();  // shared with everybody
  std::mutex mutex_;                                                // guards the hooks and calls
};

}  // namespace resonance::test
