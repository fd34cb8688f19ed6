#include "io/file_system.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <random>
#include <utility>

#include "io/posix_error.hpp"
#include "resonance/error.hpp"

namespace resonance::io {

namespace fs = std::filesystem;

void File::read_exact(std::uint64_t offset, std::span<std::byte> out) {
  const auto got = read_at(offset, out);
  if (got == out.size()) return;
  throw Error(ErrorCode::corrupt,
              fmt::format("{} ends early: {} bytes at byte {} are wanted, {} are there", path().string(), out.size(), offset, got),
              {.os_errno = 0, .file = path(), .offset = offset + got, .database = false});
}

void File::write_all_at(std::uint64_t offset, std::span<const std::span<const std::byte>> parts) {
  for (const auto& part : parts) {
    write_at(offset, part);
    offset += part.size();
  }
}

void File::copy_range(File& source, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(end - begin, 1 << 20));
  for (auto at = begin; at < end; at += buffer.size()) {
    const auto part = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - at));
    source.read_exact(at, part);
    write_at(at, part);
  }
}

void File::copy_from(File& source, std::uint64_t bytes) { copy_range(source, 0, bytes); }

void make_directories(FileSystem& files, const fs::path& path, bool durable) {
  if (path.empty() || files.exists(path)) {
    if (!path.empty()) files.make_directory(path);  // says so when it is no folder
    return;
  }
  make_directories(files, path.parent_path(), durable);
  files.make_directory(path);
  if (durable) files.sync_directory(path.parent_path());
}

fs::path partial_name(const fs::path& path) {
  static std::atomic<std::uint32_t> counter{std::random_device{}()};
  fs::path out = path;
  out += fmt::format(".{}-{:08x}.partial", ::getpid(), counter.fetch_add(1));
  return out;
}

bool is_partial_name(std::string_view name) noexcept {
  constexpr std::string_view kEnd = ".partial", kHex = "0123456789abcdef";
  constexpr std::size_t kCounterDigits = 8;
  for (const std::string_view side : {"-journal", "-wal", "-shm"})
    if (name.ends_with(side)) name.remove_suffix(side.size());
  if (!name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  const auto dash = name.rfind('-'), dot = name.rfind('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot + 1 >= dash) return false;
  const auto process = name.substr(dot + 1, dash - dot - 1), counter = name.substr(dash + 1);
  return counter.size() == kCounterDigits && counter.find_first_not_of(kHex) == std::string_view::npos &&
         process.find_first_not_of("0123456789") == std::string_view::npos;
}

namespace {

/// Let `write` fill a file under a temporary name, sync it, and give it its name.
template <class Write>
void put_in_place(FileSystem& files, const fs::path& path, bool durable, Write&& write) {
  const auto partial = partial_name(path);
  try {
    const auto file = files.open(partial, OpenMode::create_new);
    write(*file);
    file->sync();
    files.rename(partial, path);
  } catch (...) {
    try {
      files.remove(partial);
    } catch (const std::exception&) {  // the first error is the one to tell
    }
    throw;
  }
  if (durable) files.sync_directory(path.parent_path());
}

}  // namespace

void replace_file(FileSystem& files, const fs::path& path, std::span<const std::byte> bytes, bool durable) {
  put_in_place(files, path, durable, [&](File& file) { file.write_at(0, bytes); });
}

void replace_file(FileSystem& files, const fs::path& path, std::string_view text, bool durable) {
  replace_file(files, path, std::as_bytes(std::span(text.data(), text.size())), durable);
}

void copy_file(FileSystem& files, const fs::path& from, const fs::path& to) {
  const auto source = files.open(from, OpenMode::read);
  put_in_place(files, to, true, [&](File& copy) { copy.copy_from(*source, source->size()); });
}

AtomicFile::AtomicFile(fs::path path, std::shared_ptr<FileSystem> files)
    : path_(std::move(path)),
      files_(std::move(files)),
      partial_(partial_name(path_)),
      file_(files_->open(partial_, OpenMode::create_new)) {}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  try {
    files_->remove(partial_);
  } catch (const std::exception&) {  // nothing to be done about a leftover from here
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) { write_all(end_, bytes); }

void AtomicFile::write_all(std::uint64_t offset, std::span<const std::byte> bytes) {
  file_->write_at(offset, bytes);
  end_ = std::max(end_, offset + bytes.size());
}

std::size_t AtomicFile::read_at(std::uint64_t offset, std::span<std::byte> out) { return file_->read_at(offset, out); }

void AtomicFile::commit() {
  file_->sync();
  files_->rename(partial_, path_);
  file_.reset();
  files_->sync_directory(path_.parent_path());
}

std::vector<std::byte> read_bytes(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is not a regular file", path.string()));
  const auto file = posix_file_system()->open(path, OpenMode::read);
  const auto size = file->size();
  if (size > max_bytes)
    throw Error(ErrorCode::unsupported, fmt::format("{} has {} bytes; at most {} are read of such a file", path.string(), size, max_bytes),
                {.os_errno = 0, .file = path, .offset = {}, .database = false});
  std::vector<std::byte> out(size);
  out.resize(file->read_at(0, out));
  return out;
}

std::string read_text(const fs::path& path, std::uint64_t max_bytes) {
  const auto bytes = read_bytes(path, max_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<fs::path> list_files(const fs::path& root, int max_depth) {
  std::vector<fs::path> out;
  std::error_code error;
  fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error);
  if (error) throw_errno(error.value(), "listing", root);
  for (const fs::recursive_directory_iterator end; it != end; it.increment(error)) {
    std::error_code ignored;
    if (it.depth() >= max_depth) it.disable_recursion_pending();
    if (it->is_regular_file(ignored)) out.push_back(it->path());
  }
  if (error) throw_errno(error.value(), "listing", root);  // an iterator that fails goes to its end
  std::sort(out.begin(), out.end());
  return out;
}

std::uint64_t allocated_bytes(const fs::path& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return 0;
  std::uint64_t sum = static_cast<std::uint64_t>(info.st_blocks) * 512;
  if (!S_ISDIR(info.st_mode)) return sum;
  sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, error), end; !error && it != end;
       it.increment(error))
    if (::lstat(it->path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) sum += static_cast<std::uint64_t>(info.st_blocks) * 512;
  return sum;
}

std::uint64_t file_bytes(const fs::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

double modification_time(const fs::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) throw_errno(errno, "asking the time of", path);
  return static_cast<double>(info.st_mtim.tv_sec) + static_cast<double>(info.st_mtim.tv_nsec) * 1e-9;
}

void move_aside(FileSystem& files, const fs::path& from, const fs::path& to) {
  make_directories(files, to.parent_path(), true);
  files.rename(from, to);
  files.sync_directory(to.parent_path());
  files.sync_directory(from.parent_path());
}

std::string network_file_system(const fs::path& path) {
  std::error_code ignored;
  fs::path place = fs::absolute(path, ignored);
  while (place.has_parent_path() && place != place.parent_path() && !fs::exists(place, ignored)) place = place.parent_path();
  struct statfs info{};
  if (::statfs(place.c_str(), &info) != 0) return {};
  static constexpr std::pair<std::uint32_t, const char*> kinds[] = {
      {0x6969, "NFS"},        {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB"},  {0x517B, "SMB"},      {0x5346414F, "AFS"}, {0x01021997, "9p"},
      {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x00C36400, "Ceph"}, {0x73757245, "Coda"}, {0x65735546, "FUSE"}};
  for (const auto& [magic, name] : kinds)
    if (static_cast<std::uint32_t>(info.f_type) == magic) return name;
  return {};
}

}  // namespace resonance::io
