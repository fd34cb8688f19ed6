/// A file of a backup while it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "archive/sha256.hpp"
#include "io/file_system.hpp"

namespace resonance::archive {

/// Appears under its name at commit(), complete and synced; is removed when that is never reached. Pieces are hashed and
/// written apart, so that two threads can do it; zeros are not written, so that holes stay holes.
class NewFile {
 public:
  NewFile(io::FileSystem& files, std::filesystem::path path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void hash(std::span<const std::byte> piece) { hash_.update(piece); }
  void write(std::span<const std::byte> piece);
  /// The folder is for the caller to sync. \return the SHA-256
  [[nodiscard]] std::string commit();
  [[nodiscard]] std::uint64_t bytes() const noexcept { return end_; }

 private:
  io::FileSystem& files_;
  std::filesystem::path path_, partial_;
  std::unique_ptr<io::File> file_;
  Sha256 hash_;
  std::uint64_t end_ = 0;
  std::uint64_t written_ = 0;  // behind it there are zeros up to end_
};

}  // namespace resonance::archive
