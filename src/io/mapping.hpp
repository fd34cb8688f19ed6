/// Files as memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace resonance::io {

/// A read-only mapping of a whole file. Only for files that never shrink: shards are replaced by rename, not cut.
class Mapping {
 public:
  explicit Mapping(const std::filesystem::path& path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace resonance::io
