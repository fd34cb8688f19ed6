#include "sqlite/vfs_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include "resonance/error.hpp"
#include "sqlite/sqlite_error.hpp"

namespace resonance::sqlite {

VfsFile::VfsFile(const std::filesystem::path& path, Kind kind)
    : vfs_(sqlite3_vfs_find(nullptr)),
      name_(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)),
      memory_(static_cast<std::size_t>(vfs_->szOsFile) / sizeof(std::max_align_t) + 1),
      file_(reinterpret_cast<sqlite3_file*>(memory_.data())) {
  if (name_ == nullptr) throw std::bad_alloc();
  const int flags = SQLITE_OPEN_READONLY | (kind == Kind::database ? SQLITE_OPEN_MAIN_DB : SQLITE_OPEN_MAIN_JOURNAL);
  if (const int result = vfs_->xOpen(vfs_, name_, file_, flags, nullptr); result != SQLITE_OK) {
    sqlite3_free_filename(name_);
    throw_sqlite(path.string(), result, 0, "cannot be opened", "reading");
  }
}

VfsFile::~VfsFile() {
  if (file_->pMethods != nullptr) file_->pMethods->xClose(file_);
  sqlite3_free_filename(name_);
}

std::uint64_t VfsFile::bytes() {
  sqlite3_int64 size = 0;
  return file_->pMethods->xFileSize(file_, &size) == SQLITE_OK ? static_cast<std::uint64_t>(size) : 0;
}

void VfsFile::read(std::uint64_t offset, std::span<unsigned char> out) {
  std::fill(out.begin(), out.end(), 0);
  file_->pMethods->xRead(file_, out.data(), static_cast<int>(out.size()), static_cast<sqlite3_int64>(offset));
}

namespace {

using Header = std::array<unsigned char, 20>;

/// All zeros for what is no database.
Header header_of(const std::filesystem::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  Header out{};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return out;  // a pipe would keep us waiting
  try {
    VfsFile(path, VfsFile::Kind::database).read(0, out);
  } catch (const Error&) {
    return {};
  }
  return std::memcmp(out.data(), kMagic.data(), kMagic.size()) == 0 ? out : Header{};
}

}  // namespace

bool is_database(const std::filesystem::path& path) { return header_of(path)[0] != 0; }

bool is_in_log_mode(const std::filesystem::path& database) {
  constexpr std::size_t kReadVersion = 19;  // 2 with a write-ahead log, 1 without
  return header_of(database)[kReadVersion] == 2;
}

}  // namespace resonance::sqlite
