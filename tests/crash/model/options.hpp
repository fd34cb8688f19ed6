/// The options that the programs of this folder share.
#pragma once

#include <cstdint>
#include <string>

#include "crash/common/settings.hpp"

namespace resonance::crash {

struct Options {
  std::uint64_t images = 0;   ///< stop after so many; 0: no limit
  std::uint64_t seconds = 0;  ///< stop after so long; 0: no limit
  std::uint64_t seed = 0;     ///< 0: another one each time
  std::string scenario = {};  ///< only this one
  std::string replay = {};    ///< FILE:POSITION:SURVIVAL:SEED, as a failure prints it
  [[nodiscard]] Clock clock() const { return Clock(seconds > 0 ? std::optional(seconds) : std::nullopt); }
};

/// Prints help and ends the program when asked to, or when it is called wrongly. A seed is chosen when none is given.
[[nodiscard]] Options parse_options(int count, char** arguments, const char* about, const Options& defaults);

}  // namespace resonance::crash
