/// A reader of a beamtime that is being recorded.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace resonance::crash {

struct FollowOptions {
  std::uint64_t seed = 0;
  unsigned threads = 1;  ///< of its catalog
};

/// What all readers saw together.
struct FollowTotals {
  std::atomic<std::uint64_t> looks{0}, events{0}, frames{0};
};

/// Open the beamtime and follow its newest run for a while: events 1 to n without a gap and with the values of their script, n never
/// smaller than before, each frame that is named with its own pixels. The script is found by the run's metadata.
/// \throws Broken; and whatever the catalog throws, which is broken, too: readers are never told to wait
void follow_once(const std::filesystem::path& database, const FollowOptions& options, FollowTotals& totals);

}  // namespace resonance::crash
