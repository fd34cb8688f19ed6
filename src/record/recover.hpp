/// Runs whose writer died.
#pragma once

#include <cstdint>
#include <string_view>

#include "record/beamtime_file.hpp"
#include "record/statements.hpp"

namespace resonance::record {

/// The byte of the lock file that the writer of this run holds as long as it lives.
[[nodiscard]] std::uint64_t lock_byte_of(std::string_view run_uid) noexcept;

/// Close runs that nobody records any more: frames published and sealed as far as events name them, status `failed`, the time
/// of the last event, and the reason. Idempotent.
void close_dead_runs(BeamtimeFile& file, Statements& statements);

}  // namespace resonance::record
