/// Files in a bag that no backup put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "archive/file_records.hpp"
#include "archive/teller.hpp"
#include "io/file_system.hpp"

namespace resonance::archive {

/// Lines for the manifests, so that the bag is a valid one with them.
struct Strangers {
  std::string manifest;                ///< of files in data/
  std::string tags;                    ///< of files beside it
  std::uint64_t files = 0, bytes = 0;  ///< in data/
};

/// Look at all files of the bag but those in `ours` and `going` (by path), and our own tag files. They are hashed, stay as they are, and
/// are told of in a note; what a manifest cannot hold is a fault. Manifests by other checksums than ours, which what we write makes
/// wrong, are removed.
[[nodiscard]] Strangers find_strangers(io::FileSystem& files, const std::filesystem::path& bag, const FileRecords& ours,
                                       const FileRecords& going, Teller& teller);

/// Lines of a bag-info.txt that somebody added to those which we write.
[[nodiscard]] std::string added_info(const std::filesystem::path& bag);

}  // namespace resonance::archive
