/// The part of the check that reads frames.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "crash/model/expected.hpp"
#include "resonance/catalog.hpp"

namespace resonance::crash {

struct FrameCheck {
  Crash crash;
  bool recovered = false;  ///< then every reference reads
  bool torn_sectors = false;
  bool lost_before = false;
  bool shared_chunks = false;
};

/// Every frame of the events that are there reads as it was written, is recorded as lost, or, before recovery, is refused.
/// `events`: how many each stream has.
[[nodiscard]] std::vector<std::string> check_frames(const Run& run, const ExpectedRun& expected,
                                                    const std::map<std::string, std::uint64_t>& events, const FrameCheck& check);

/// zarr.json of each array of the run counts no frame that no event names, and all that it counts are there.
[[nodiscard]] std::vector<std::string> check_arrays(const std::filesystem::path& database, const Run& run);

}  // namespace resonance::crash
