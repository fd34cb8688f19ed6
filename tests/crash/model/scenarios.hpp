/// The stories that are recorded: each writes what a crash then interrupts.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "crash/model/expected.hpp"
#include "crash/seam/operation_log.hpp"

namespace resonance::crash {

/// What a scenario gets: the folder it works in, with x.db, and the log that its operations go to.
struct Stage {
  std::filesystem::path folder;
  OperationLog& log;
  Expected& expected;
  bool early = false;      ///< a broken protocol: acknowledged before it is done
  std::uint64_t seed = 1;  ///< for stories that are made up
  [[nodiscard]] std::filesystem::path database() const { return folder / "x.db"; }
};

/// What else is checked in the folder that a crash left, behind the beamtime itself. \return one line for each fault
using AlsoCheck = std::vector<std::string> (*)(const std::filesystem::path& folder);

struct Scenario {
  std::string name;
  unsigned weight;                            ///< share of the images
  std::function<void(const Stage&)> prepare;  ///< before the log begins; may be empty
  std::function<void(const Stage&)> act;      ///< what is recorded
  AlsoCheck also = nullptr;
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

/// A story made up from stage.seed: any level, codec and order of calls.
void play_at_random(const Stage& stage);

/// A scenario that was played, in a folder that is gone.
struct Recording {
  std::string name;
  unsigned weight = 1;
  OperationLog log;
  Expected expected;
  AlsoCheck also = nullptr;
};

/// Play it below `room`, an existing folder.
void play(const Scenario& scenario, const std::filesystem::path& room, Recording& out, bool early = false, std::uint64_t seed = 1);

}  // namespace resonance::crash
