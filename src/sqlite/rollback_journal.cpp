#include "sqlite/rollback_journal.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sqlite/sqlite_error.hpp"

namespace resonance::sqlite {

namespace {

constexpr std::array<unsigned char, 8> kMagic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
constexpr std::size_t kHeaderBytes = 28, kPagesAt = 16, kSectorAt = 20, kPageAt = 24;

std::uint64_t number_at(std::span<const unsigned char> bytes, std::size_t at) {
  return std::uint64_t{bytes[at]} << 24 | std::uint64_t{bytes[at + 1]} << 16 | std::uint64_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

/// Read by SQLite's own means, beside its locks.
class JournalFile {
 public:
  explicit JournalFile(const std::string& name)
      : vfs_(sqlite3_vfs_find(nullptr)),
        memory_(static_cast<std::size_t>(vfs_->szOsFile) / sizeof(std::max_align_t) + 1),
        file_(reinterpret_cast<sqlite3_file*>(memory_.data())) {
    const int result = vfs_->xOpen(vfs_, name.c_str(), file_, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, nullptr);
    if (result != SQLITE_OK) throw_sqlite(name, result, 0, "cannot be opened", "reading");
  }
  ~JournalFile() {
    if (file_->pMethods != nullptr) file_->pMethods->xClose(file_);
  }
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  [[nodiscard]] std::uint64_t bytes() {
    sqlite3_int64 size = 0;
    return file_->pMethods->xFileSize(file_, &size) == SQLITE_OK ? static_cast<std::uint64_t>(size) : 0;
  }
  template <std::size_t N>
  [[nodiscard]] std::array<unsigned char, N> read(std::uint64_t offset) {
    std::array<unsigned char, N> out{};  // what is behind the end stays 0
    file_->pMethods->xRead(file_, out.data(), N, static_cast<sqlite3_int64>(offset));
    return out;
  }

 private:
  sqlite3_vfs* vfs_;
  std::vector<std::max_align_t> memory_;
  sqlite3_file* file_;
};

}  // namespace

JournalContent journal_content(const std::filesystem::path& database) {
  const std::filesystem::path path = std::filesystem::absolute(database).string() + "-journal";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) || std::filesystem::file_size(path, ignored) < kHeaderBytes) return JournalContent::nothing;
  JournalFile file(path.string());
  const auto header = file.read<kHeaderBytes>(0);
  if (!std::equal(kMagic.begin(), kMagic.end(), header.begin())) return JournalContent::nothing;
  const auto begin = number_at(header, kSectorAt), record = number_at(header, kPageAt) + 8;  // page number, page, checksum
  if (file.bytes() < begin + record) return JournalContent::nothing;
  const bool grew = std::filesystem::file_size(database, ignored) != number_at(header, kPagesAt) * number_at(header, kPageAt);
  const bool one_page = !grew && file.bytes() < begin + 2 * record && number_at(file.read<4>(begin), 0) == 1;
  return one_page ? JournalContent::page_one : JournalContent::more_pages;
}

}  // namespace resonance::sqlite
