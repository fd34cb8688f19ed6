/// Runs whose writer died.
#pragma once

#include "record/beamtime_file.hpp"
#include "record/statements.hpp"
#include "schema/write_lock.hpp"

namespace resonance::record {

using schema::lock_byte_of;

/// Close runs that nobody records any more: frames published and sealed as far as events name them, status `failed`, the time
/// of the last event, and the reason. Idempotent.
void close_dead_runs(BeamtimeFile& file, Statements& statements);

}  // namespace resonance::record
