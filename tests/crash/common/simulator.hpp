/// `resonance simulate --live --json`, killed: its lines are acknowledgements.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "resonance/catalog.hpp"

namespace resonance::crash {

/// A run that the command recorded.
struct SimulatedRun {
  std::string uid;
  std::uint64_t acknowledged = 0;  // events, by the lines it wrote
  bool queued = false;             // they were acknowledged when they were queued: level group
  bool recovered = false;          // a writer has come since

  /// The events acknowledged are there, without a gap, and `counts` is the sum of the pixels. \throws Broken
  void check(const Catalog& catalog, bool closed) const;
};

/// Start it, kill it `after` the first line, or when it has ended. \param killed counts it when it was alive
/// \return the runs whose lines came out
std::vector<SimulatedRun> simulate_and_kill(const std::filesystem::path& command, const std::filesystem::path& database, std::uint64_t seed,
                                            std::chrono::microseconds after, std::uint64_t& killed);

}  // namespace resonance::crash
