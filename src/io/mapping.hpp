/// Files as memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/store_folder.hpp"

namespace resonance::io {

/// A read-only mapping of a whole file. Only for files that never shrink: shards are replaced by rename, not cut.
/// No page is read before it is touched. The pages stay when the file is closed, renamed or removed.
class Mapping {
 public:
  explicit Mapping(const StoreFile& file);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// A piece of a file.
struct FileRange {
  const StoreFile* file = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// Pieces of files as memory, in their order; as Mapping otherwise. Where one piece ends and the next begins at the edge of a
/// page they lie side by side, so that the shards of a stack are one array.
class MappedRanges {
 public:
  /// The bytes of ranges [first_range, first_range + ranges).
  struct Part {
    std::size_t first_range = 0;
    std::size_t ranges = 0;
    std::span<const std::byte> bytes;
  };

  /// Ranges are inside their files and not empty.
  explicit MappedRanges(std::span<const FileRange> ranges);
  ~MappedRanges();
  MappedRanges(const MappedRanges&) = delete;
  MappedRanges& operator=(const MappedRanges&) = delete;
  [[nodiscard]] const std::vector<Part>& parts() const noexcept { return parts_; }

 private:
  void map(std::span<const FileRange> ranges, std::size_t first_range);
  void unmap() noexcept;

  std::vector<std::span<std::byte>> places_;  // whole pages, one place a part
  std::vector<Part> parts_;
};

}  // namespace resonance::io
