/// Opens what a crash left, as a user would, and compares it with what was promised.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crash/model/expected.hpp"

namespace resonance::crash {

/// What is checked, and what each image costs.
struct CheckOptions {
  bool before = true;         ///< read what the crash left, before it is recovered
  bool verify = true;         ///< also by verify_beamtime(), which is a third of the time
  bool again = false;         ///< recover a second time, which changes nothing, and record a new run
  bool torn_sectors = false;  ///< parts of pages were lost, which readers of raw frames may not notice before recovery
};

/// Read the beamtime as it is, open it for writing, which recovers it, read it again, verify it. Numbers of the invariants:
///   1 everything promised is there          2 events of a stream are a prefix without a hole
///   3 a frame reads right, or is recorded as lost, and is never wrong or black
///   4 an event and its references are both there or neither        5 verify finds no fault
///   6 zarr.json counts no frame that is not there                  7 recovering again changes nothing; a new run can be recorded
/// \return one line for each thing that is wrong; empty: all is well
[[nodiscard]] std::vector<std::string> check_beamtime(const std::filesystem::path& database, const Expected& expected, const Crash& crash,
                                                      const CheckOptions& options);

}  // namespace resonance::crash
