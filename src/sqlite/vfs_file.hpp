/// A file of SQLite's, read by SQLite's own means, beside its locks: closing a descriptor of ours would drop those of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

struct sqlite3_vfs;
struct sqlite3_file;

namespace resonance::sqlite {

class VfsFile {
 public:
  enum class Kind : std::uint8_t { database, journal };
  VfsFile(const std::filesystem::path& path, Kind kind);  ///< \throws Error(io) it cannot be opened
  ~VfsFile();
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;

  [[nodiscard]] std::uint64_t bytes();
  void read(std::uint64_t offset, std::span<unsigned char> out);  ///< what is behind the end is 0

 private:
  sqlite3_vfs* vfs_;
  const char* name_;  // of SQLite's making
  std::vector<std::max_align_t> memory_;
  sqlite3_file* file_;
};

/// Whether a file says that it is an SQLite database. False for what cannot be read.
[[nodiscard]] bool is_database(const std::filesystem::path& path);

/// Whether a database says of itself that what is in it is complete only with the log beside it. False for what is no database,
/// and for what cannot be read.
[[nodiscard]] bool is_in_log_mode(const std::filesystem::path& database);

}  // namespace resonance::sqlite
