/// Everything that was done to the watched folder, in order, with the bytes; enough to build what a disk may hold afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "crash/seam/seam.hpp"
#include "crash/seam/timeline.hpp"

namespace resonance::crash {

/// An Operation that happened, with its bytes, and with the folders that it changes.
struct LoggedOperation {
  Kind kind = Kind::write;
  std::uint64_t file = 0;
  std::string path = {}, from = {};
  std::uint64_t offset = 0;
  std::vector<std::byte> bytes = {};
  std::uint64_t folder = 0, from_folder = 0;  ///< whose entry is made, replaced or removed

  [[nodiscard]] bool changes_names() const noexcept {
    return kind == Kind::create || kind == Kind::rename || kind == Kind::unlink || kind == Kind::make_folder;
  }
  /// "rename c/0/0/0", with random parts of names left out: the same in each run of a scenario.
  [[nodiscard]] std::string name() const;
};

/// A file or folder that was there when the log began; all of it counts as being on stable storage.
struct FirstState {
  std::uint64_t number = 0;
  std::uint64_t folder = 0;
  std::string path;
  bool is_folder = false;
  std::vector<std::byte> bytes;
};

class OperationLog final : public Observer, public Timeline {
 public:
  /// The state of `folder`, which is watched from now on by a Watch on this log.
  void take_first_state(const std::filesystem::path& folder);
  void after(const Operation& operation, int error) override;

  std::vector<FirstState> first;
  std::vector<LoggedOperation> operations;
  [[nodiscard]] std::uint64_t position() const noexcept override { return count_.load(); }  ///< operations that have happened

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace resonance::crash
