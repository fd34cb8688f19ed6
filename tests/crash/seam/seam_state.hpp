/// What the seam knows about files; for seam.cpp and system_calls.cpp.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "crash/seam/seam.hpp"

namespace resonance::crash {

class SeamState {
 public:
  static SeamState& instance();

  /// Held from before() to after() of each operation.
  std::recursive_mutex mutex;
  Observer* observer = nullptr;  // set and read with mutex held
  std::atomic<bool> watching = false;

  // All with mutex held, but number_of_descriptor().
  void start(const std::filesystem::path& folder, Observer& observer);
  void stop();
  /// The path below the watched folder, or nothing when it is elsewhere or not to be told.
  [[nodiscard]] std::optional<std::string> relative(const char* path) const;
  [[nodiscard]] std::uint64_t number_of_descriptor(int descriptor) const noexcept;
  [[nodiscard]] std::uint64_t number_of_path(const std::string& path) const;
  [[nodiscard]] std::string name_of(std::uint64_t number) const;
  std::uint64_t adopt(const std::string& path);                  ///< a file or folder that is new to us
  void opened(int descriptor, std::optional<std::string> path);  ///< remember which file this descriptor is of
  void closed(int descriptor) noexcept;
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);

 private:
  static constexpr std::size_t kDescriptors = 1 << 16;
  std::string root_;
  std::uint64_t next_ = 1;
  std::map<std::string, std::uint64_t> numbers_;  // by path
  std::map<std::uint64_t, std::string> names_;
  std::map<std::pair<dev_t, ino_t>, std::uint64_t> inodes_;
  std::array<std::atomic<std::uint64_t>, kDescriptors> descriptors_{};
};

/// While an observer is at work on this thread, its own calls are not told.
extern thread_local bool inside_observer;

}  // namespace resonance::crash
