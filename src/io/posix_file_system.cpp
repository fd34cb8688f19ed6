#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "io/direct_copy.hpp"
#include "io/file_system.hpp"
#include "io/posix_error.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

void throw_errno(int error, std::string_view doing, const std::filesystem::path& path, std::optional<std::uint64_t> offset) {
  const auto code = [error] {
    switch (error) {
      case ENOENT:
        return ErrorCode::not_found;
      case EEXIST:
        return ErrorCode::already_exists;
      case ENOSPC:
      case EDQUOT:
        return ErrorCode::no_space;
      default:
        return ErrorCode::io;
    }
  }();
  std::string message = fmt::format("{} {}", doing, path.string());
  if (offset) message += fmt::format(" at byte {}", *offset);
  message += fmt::format(": {}", std::generic_category().message(error));
  throw Error(code, std::move(message), {.os_errno = error, .file = path, .offset = offset, .database = false});
}

namespace {

// Larger writes make the kernel look for larger runs of free memory to cache them in, which takes longer than it saves.
constexpr std::size_t kWritePiece = 512 << 10;
constexpr std::size_t kParts = 64;
constexpr std::uint64_t kShareOfFree = 8;

class PosixFile final : public File {
 public:
  PosixFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~PosixFile() override { ::close(descriptor_); }

  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n == 0) break;
      if (n > 0)
        done += static_cast<std::size_t>(n);
      else if (errno != EINTR)
        throw_errno(errno, "reading", path_, offset + done);
    }
    return done;
  }

  void write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto piece = std::min(bytes.size() - done, kWritePiece);
      const ssize_t n = ::pwrite(descriptor_, bytes.data() + done, piece, static_cast<off_t>(offset + done));
      if (n > 0)
        done += static_cast<std::size_t>(n);
      else if (n == 0)
        throw_errno(EIO, "writing", path_, offset + done);
      else if (errno != EINTR)
        throw_errno(errno, "writing", path_, offset + done);
    }
  }

  void write_all_at(std::uint64_t offset, std::span<const std::span<const std::byte>> parts) override {
    while (!parts.empty()) {
      std::array<iovec, kParts> pieces{};
      std::size_t count = 0, bytes = 0;
      for (; count < pieces.size() && count < parts.size() && (count == 0 || bytes + parts[count].size() <= kWritePiece); ++count) {
        pieces[count] = {const_cast<std::byte*>(parts[count].data()), parts[count].size()};  // pwritev only reads it
        bytes += parts[count].size();
      }
      const ssize_t n =
          bytes > kWritePiece ? -1 : ::pwritev(descriptor_, pieces.data(), static_cast<int>(count), static_cast<off_t>(offset));
      // A large part, a short write or an error: once more part by part, which finishes it or says what is wrong.
      if (n != static_cast<ssize_t>(bytes)) File::write_all_at(offset, parts.first(count));
      offset += bytes;
      parts = parts.subspan(count);
    }
  }

  std::uint64_t size() override {
    struct stat info{};
    if (::fstat(descriptor_, &info) != 0) throw_errno(errno, "asking the size of", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  void resize(std::uint64_t bytes) override {
    while (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0)
      if (errno != EINTR) throw_errno(errno, "resizing", path_, bytes);
  }

  void sync() override {
    // Not repeated after a failure: the kernel marks the pages clean, a second call would succeed without the data.
    if (::fdatasync(descriptor_) != 0) throw_errno(errno, "syncing", path_);
  }

  void start_writeback(std::uint64_t offset, std::uint64_t bytes) override {
    ::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
  }

  void allocate(std::uint64_t offset, std::uint64_t bytes) override {
    // Of a disk that is nearly full nothing is set aside: the rest is for what is really written, the database among it.
    struct statvfs disk{};
    if (::fstatvfs(descriptor_, &disk) != 0 || disk.f_bavail * disk.f_frsize / kShareOfFree < bytes) return;
    // Not posix_fallocate(), which writes zeros where the file system cannot do it.
    ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  }

  void copy_from(File& source, std::uint64_t bytes) override {
    const auto* from = dynamic_cast<const PosixFile*>(&source);
    const auto done = from != nullptr ? copy_past_the_cache(from->descriptor_, descriptor_, bytes) : 0;
    copy_range(source, done, bytes);
  }

  const std::filesystem::path& path() const noexcept override { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<File> open(const std::filesystem::path& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    if (mode == OpenMode::read) flags |= O_RDONLY;
    if (mode == OpenMode::read_write) flags |= O_RDWR;
    if (mode == OpenMode::create_new) flags |= O_RDWR | O_CREAT | O_EXCL;
    int descriptor = -1;
    do descriptor = ::open(path.c_str(), flags, 0666);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) throw_errno(errno, mode == OpenMode::create_new ? "creating" : "opening", path);
    return std::make_unique<PosixFile>(path, descriptor);
  }

  bool exists(const std::filesystem::path& path) override { return ::access(path.c_str(), F_OK) == 0; }

  void make_directory(const std::filesystem::path& path) override {
    if (::mkdir(path.c_str(), 0777) == 0) return;
    const int error = errno;
    std::error_code ignored;
    if (error == EEXIST && std::filesystem::is_directory(path, ignored)) return;
    throw_errno(error, "making the folder", path);
  }

  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) throw_errno(errno, "renaming " + from.filename().string() + " to", to);
  }

  void remove(const std::filesystem::path& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno(errno, "removing", path);
  }

  void sync_directory(const std::filesystem::path& path) override {
    const int descriptor = retried([&] { return ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor < 0) throw_errno(errno, "opening the folder", path);
    const int failed = retried([&] { return ::fsync(descriptor); }) != 0 ? errno : 0;
    ::close(descriptor);
    if (failed != 0) throw_errno(failed, "syncing the folder", path);
  }
};

}  // namespace

const std::shared_ptr<FileSystem>& posix_file_system() {
  static const std::shared_ptr<FileSystem> instance = std::make_shared<PosixFileSystem>();
  return instance;
}

}  // namespace resonance::io
