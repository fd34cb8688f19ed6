/// Locks between processes that die with their holder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace resonance::io {

/// One file whose bytes are locks (Linux open-file-description locks). They hold between threads and processes alike, are
/// dropped by the kernel when the holder dies, and never touch the locks that SQLite keeps on its own files.
class LockFile {
 public:
  explicit LockFile(const std::filesystem::path& path);  ///< made when missing
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// Lock one byte for this object alone. \return false when another holds it
  [[nodiscard]] bool try_lock(std::uint64_t byte);
  /// Wait at most `timeout`. \throws Error(busy) naming the file
  void lock(std::uint64_t byte, std::chrono::milliseconds timeout);
  void unlock(std::uint64_t byte) noexcept;
  /// Whether somebody else holds the byte now.
  [[nodiscard]] bool held_by_other(std::uint64_t byte);
  /// The same for this byte or any behind it.
  [[nodiscard]] bool held_by_other_from(std::uint64_t byte);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether anybody, this process included, has the byte of a lock file locked. Changes nothing: a file that is not there is not
/// made and has no locks, and one on read-only media will do.
[[nodiscard]] bool byte_is_locked(const std::filesystem::path& path, std::uint64_t byte);

/// Whether the byte is locked in whatever file, one that was deleted included, while another process uses the file `used`: by who holds a
/// byte whose number is given out once only, and has that file open under another name.
[[nodiscard]] bool is_locked_elsewhere(std::uint64_t byte, const std::filesystem::path& used);

}  // namespace resonance::io
