/// Whether a shard that was changed since it was copied is worth more than its copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "archive/snapshot_statements.hpp"

namespace resonance::archive {

/// Reads the frames of one array in two stores and compares them with the checksums that were recorded. Costs decoding them: for
/// shards of runs that are closed, which do not change by themselves.
class FrameJudge {
 public:
  FrameJudge(std::filesystem::path source, std::filesystem::path copy, SnapshotQueries& snapshot)
      : source_(std::move(source)), copy_(std::move(copy)), snapshot_(snapshot) {}

  /// Frames `first` to `last` that are not as recorded in the source, if the copy has no more of that kind; empty: copy the source.
  [[nodiscard]] FrameRanges worse_in_source(const std::string& run_uid, const std::string& group, std::uint64_t first, std::uint64_t last);

 private:
  using Checksums = std::map<std::uint64_t, std::uint32_t>;
  [[nodiscard]] FrameRanges bad_frames(const std::filesystem::path& store, const std::string& group, Checksums::const_iterator begin,
                                       Checksums::const_iterator end) const;

  const std::filesystem::path source_, copy_;
  SnapshotQueries& snapshot_;
  std::string group_;  // whose checksums are here
  Checksums checksums_;
};

}  // namespace resonance::archive
