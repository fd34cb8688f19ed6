/// Looks at a beamtime as any reader would, and compares it with what its recorders noted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "crash/common/board.hpp"
#include "crash/common/script.hpp"
#include "resonance/catalog.hpp"

namespace resonance::crash {

/// What is known of one run of a recorder that is dead or has left.
struct KnownRun {
  WriterPlan plan;
  std::uint64_t seed = 0;
  std::uint32_t state = RunNotes::none;  // RunNotes::State
  std::uint32_t begun = 0, acknowledged = 0, committed = 0;
  bool recovery_begun = false;    // another writer began to open the beamtime after its recorder died
  bool recovered = false;         // and has opened it
  bool troubled = false;          // the machine failed: the run may have failed for other reasons than a death
  bool must_have_failed = false;  // a sync of what was recorded failed

  [[nodiscard]] static KnownRun of(const WriterPlan& plan, const Board& board, unsigned run);
};

/// How much of a run is there.
struct Seen {
  bool run = false;
  std::uint32_t steps = 0;
  std::uint64_t events = 0, frames = 0;
};

/// Every event and every pixel of a run: nothing acknowledged is missing, what is there is the beginning of its script, each call
/// is there whole or not at all, and its end is told as it was. \throws Broken
Seen check_run(const Catalog& catalog, const KnownRun& known);

/// verify_beamtime() has no fault to tell. \param runs uids; empty: all \param tolerated a kind of fault that is only counted
/// \return how many of these there were \throws Broken
std::uint64_t check_verified(const std::filesystem::path& database, const std::vector<std::string>& runs, bool frames,
                             std::string_view tolerated = {});

}  // namespace resonance::crash
