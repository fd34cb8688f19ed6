/// A disk in memory that notes what is written to it: one file, served by FUSE from a process of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "crash/block/block_log.hpp"

namespace resonance::crash {

class FuseDisk {
 public:
  /// Mount it at `folder`, which is empty. \throws std::runtime_error when that is not allowed
  FuseDisk(BlockLog& log, const std::filesystem::path& folder);
  ~FuseDisk();
  FuseDisk(const FuseDisk&) = delete;
  FuseDisk& operator=(const FuseDisk&) = delete;

  [[nodiscard]] std::filesystem::path file() const { return folder_ / "disk"; }

 private:
  std::filesystem::path folder_;
  pid_t server_ = -1;
};

}  // namespace resonance::crash
