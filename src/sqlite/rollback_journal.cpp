#include "sqlite/rollback_journal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "sqlite/vfs_file.hpp"

namespace resonance::sqlite {

namespace {

constexpr std::array<unsigned char, 8> kMagic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
constexpr std::size_t kHeaderBytes = 28, kPagesAt = 16, kSectorAt = 20, kPageAt = 24;

std::uint64_t number_at(std::span<const unsigned char> bytes, std::size_t at) {
  return std::uint64_t{bytes[at]} << 24 | std::uint64_t{bytes[at + 1]} << 16 | std::uint64_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

}  // namespace

JournalContent journal_content(const std::filesystem::path& database) {
  const std::filesystem::path path = std::filesystem::absolute(database).string() + "-journal";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) || std::filesystem::file_size(path, ignored) < kHeaderBytes) return JournalContent::nothing;
  VfsFile file(path, VfsFile::Kind::journal);
  std::array<unsigned char, kHeaderBytes> header{};
  file.read(0, header);
  if (!std::equal(kMagic.begin(), kMagic.end(), header.begin())) return JournalContent::nothing;
  const auto begin = number_at(header, kSectorAt), record = number_at(header, kPageAt) + 8;  // page number, page, checksum
  if (file.bytes() < begin + record) return JournalContent::nothing;
  const bool grew = std::filesystem::file_size(database, ignored) != number_at(header, kPagesAt) * number_at(header, kPageAt);
  std::array<unsigned char, 4> first_page{};
  file.read(begin, first_page);
  const bool one_page = !grew && file.bytes() < begin + 2 * record && number_at(first_page, 0) == 1;
  return one_page ? JournalContent::page_one : JournalContent::more_pages;
}

}  // namespace resonance::sqlite
