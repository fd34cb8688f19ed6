/// The only way to the file system: an interface, so that faults can be injected under everything above it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::io {

enum class OpenMode { read, read_write, create_new };  // create_new: fails when the file is there

/// An open file. Offsets are explicit, so several threads may use one File. Errors are Error(io, no_space) with path,
/// offset and errno. Closing never reports: whoever needs the bytes calls sync() first.
class File {
 public:
  virtual ~File() = default;
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Read up to out.size() bytes. \return bytes read; fewer only at the end of the file
  virtual std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
  /// Write all bytes or throw.
  virtual void write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// The same for parts that come one behind the other in the file.
  virtual void write_all_at(std::uint64_t offset, std::span<const std::span<const std::byte>> parts);
  [[nodiscard]] virtual std::uint64_t size() = 0;
  virtual void resize(std::uint64_t bytes) = 0;  ///< growing makes a hole
  virtual void sync() = 0;                       ///< data and what is needed to read it back, on stable storage
  /// Ask the kernel to start writing a range; a hint, no promise.
  virtual void start_writeback(std::uint64_t offset, std::uint64_t bytes) = 0;
  /// Have the disk blocks of a range ready, which makes writing it cheaper; a hint, no promise. The length stays as it is.
  virtual void allocate(std::uint64_t offset, std::uint64_t bytes) = 0;
  /// Make the first `bytes` of this file, which is new, those of `source`.
  virtual void copy_from(File& source, std::uint64_t bytes);
  [[nodiscard]] virtual const std::filesystem::path& path() const noexcept = 0;

  /// Fill `out` or throw Error(corrupt) "ends early".
  void read_exact(std::uint64_t offset, std::span<std::byte> out);

 protected:
  /// copy_from() for [begin, end), through memory.
  void copy_range(File& source, std::uint64_t begin, std::uint64_t end);
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual std::unique_ptr<File> open(const std::filesystem::path& path, OpenMode mode) = 0;
  [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
  virtual void make_directory(const std::filesystem::path& path) = 0;                           ///< fine when it is there
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;  ///< replaces `to`
  virtual void remove(const std::filesystem::path& path) = 0;                                   ///< fine when it is not there
  virtual void sync_directory(const std::filesystem::path& path) = 0;                           ///< names in it, on stable storage
};

/// The real one. Shared by everybody that was given none.
[[nodiscard]] const std::shared_ptr<FileSystem>& posix_file_system();

/// Make `path` and its missing parents; with `durable` each new name is on stable storage.
void make_directories(FileSystem& files, const std::filesystem::path& path, bool durable);

/// Put `bytes` at `path`, whole or not at all, also when the power fails: temporary file beside it, synced, then renamed. With
/// `durable` the new name is on stable storage, too.
void replace_file(FileSystem& files, const std::filesystem::path& path, std::span<const std::byte> bytes, bool durable);
void replace_file(FileSystem& files, const std::filesystem::path& path, std::string_view text, bool durable);

/// Name for a temporary file beside `path`, unlike any other in use. Ends in ".partial".
[[nodiscard]] std::filesystem::path partial_name(const std::filesystem::path& path);
/// Whether a file name was made by partial_name(), or is a side file of SQLite's beside such a file.
[[nodiscard]] bool is_partial_name(std::string_view name) noexcept;

/// A file that appears under its name at commit(), and not at all when that is never reached.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, std::shared_ptr<FileSystem> files = posix_file_system());
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);                            ///< append
  void write_all(std::uint64_t offset, std::span<const std::byte> bytes);  ///< at an offset, for formats that go back
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out);     ///< what was written, as File::read_at
  [[nodiscard]] std::uint64_t size() const noexcept { return end_; }
  void commit();  ///< sync, then rename into place

 private:
  std::filesystem::path path_;
  std::shared_ptr<FileSystem> files_;  // shared with the caller, who may inject faults
  std::filesystem::path partial_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
};

/// Copy a file that nobody changes; the copy appears whole, on stable storage, or not at all.
void copy_file(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

/// A whole file. \throws Error(not_found); Error(invalid_argument) for a folder or a device; Error(unsupported) over max_bytes
[[nodiscard]] std::vector<std::byte> read_bytes(const std::filesystem::path& path, std::uint64_t max_bytes);
[[nodiscard]] std::string read_text(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Regular files below `root`, sorted; `max_depth` 0: only in root itself. Symbolic links to folders are not followed.
[[nodiscard]] std::vector<std::filesystem::path> list_files(const std::filesystem::path& root, int max_depth);

/// Bytes that the disk holds for a file or for all files of a tree (allocated blocks, so holes do not count); 0 when absent.
[[nodiscard]] std::uint64_t allocated_bytes(const std::filesystem::path& path);
[[nodiscard]] std::uint64_t file_bytes(const std::filesystem::path& path);  ///< length; 0 when absent

/// Seconds since the Unix epoch.
[[nodiscard]] double modification_time(const std::filesystem::path& path);

/// Move a file or folder out of the way. The new name is durable.
void move_aside(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

/// Name of the network file system that `path` (or its nearest existing parent) is on; empty when it is local.
[[nodiscard]] std::string network_file_system(const std::filesystem::path& path);

}  // namespace resonance::io
