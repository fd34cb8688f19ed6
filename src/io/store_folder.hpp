/// The files of a frame store, opened for reading, and nothing outside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace resonance::io {

/// A regular file that is read. Offsets are explicit: any number of threads may use it.
class StoreFile {
 public:
  /// What tells a file from one that took its name, and from itself after it was changed.
  struct Identity {
    std::uint64_t device = 0, inode = 0, bytes = 0;
    std::int64_t changed_s = 0, changed_ns = 0;
    bool operator==(const Identity&) const = default;
  };

  StoreFile(std::filesystem::path path, int descriptor, const Identity& identity) noexcept
      : path_(std::move(path)), descriptor_(descriptor), identity_(identity) {}
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  /// Fill `out` or throw Error(corrupt) "ends early". A file that was cut, or a disk that fails, is an error, not a signal.
  void read_exact(std::uint64_t offset, std::span<std::byte> out) const;

  [[nodiscard]] std::uint64_t bytes() const noexcept { return identity_.bytes; }  ///< its length when it was opened
  [[nodiscard]] const Identity& identity() const noexcept { return identity_; }   ///< when it was opened
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
  Identity identity_;
};

/// A store that somebody else may have made. Its own path may be a symbolic link; below it every name is resolved by the
/// kernel (openat2) so that no link, "..", or mount in /proc leads out of it. Where the kernel cannot, paths are compared.
/// Threads: any number.
class StoreFolder {
 public:
  enum class Resolve : std::uint8_t { by_kernel, by_paths };

  /// A folder that is not there is one without files.
  explicit StoreFolder(std::filesystem::path root, Resolve resolve = Resolve::by_kernel);
  ~StoreFolder();
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

  /// \return nothing when there is no such file
  /// \throws Error(corrupt) it leads out of the store, or is a folder, pipe or device; never waits for one
  [[nodiscard]] std::unique_ptr<StoreFile> open(const std::string& relative) const;

  /// Still the file of that name, and unchanged since it was opened.
  [[nodiscard]] bool is_current(const std::string& relative, const StoreFile& file) const noexcept;

  /// For files that are opened elsewhere: what has this name, if anything, is a regular file inside the store. \throws Error(corrupt)
  void require_inside(const std::string& relative) const;

 private:
  [[nodiscard]] int resolve(const std::string& relative, int flags) const;
  [[nodiscard]] int resolve_by_paths(const std::string& relative, int flags) const;
  [[noreturn]] void throw_outside(const std::string& relative) const;

  std::filesystem::path root_;
  Resolve resolve_;
  int descriptor_;  // of the root; -1 when it is not there
};

}  // namespace resonance::io
