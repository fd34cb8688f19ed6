/// The process that records until it is killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "crash/common/board.hpp"
#include "crash/common/script.hpp"

namespace resonance::crash {

/// Steady time that parent and child read alike.
[[nodiscard]] std::int64_t now_ns();

struct RecorderOptions {
  std::chrono::microseconds pause{0};  ///< between two steps
  unsigned most_runs = Board::kRuns;   ///< then it closes the beamtime and leaves
  bool dies_before_closing = false;    ///< kills itself when all steps of its first run are done
  unsigned most_steps_in_all = 0;      ///< 0: no limit
};

/// Record runs one after another, in this process, and note on the board what was acknowledged.
void record(const std::filesystem::path& database, const WriterPlan& plan, const RecorderOptions& options, Board& board);

/// The same in a child, which leaves with 0, or with 3 and words on the board when something was thrown.
[[nodiscard]] pid_t start_recorder(const std::filesystem::path& database, const WriterPlan& plan, const RecorderOptions& options,
                                   Board& board);

/// Kill and wait. \return whether it was still alive
bool kill_and_wait(pid_t child);
/// Wait for a child to leave by itself. \return its exit status; -signal when one ended it
int wait_for(pid_t child);
/// Whether it has left; then `status` is as wait_for() gives it.
bool has_left(pid_t child, int& status);

}  // namespace resonance::crash
