/// Runs whose writer died.
#pragma once

#include <functional>
#include <string>

#include "record/beamtime_file.hpp"
#include "record/statements.hpp"
#include "resonance/recover.hpp"
#include "schema/write_lock.hpp"

namespace resonance::record {

using schema::lock_byte_of;

/// Close runs that nobody records any more (docs/durability.md, "Recovery"): frames that were not known to be on stable storage
/// are looked at, and those that did not survive taken out of image_refs and written into lost_frames; the others are published
/// and sealed; the run is `failed`, with the time of its last event and the reason. What the writer left behind unfinished goes
/// to quarantine. Idempotent; may be interrupted at any point.
/// \param now    seconds since the Unix epoch
/// \param closed is told of each run that was closed
void close_dead_runs(BeamtimeFile& file, Statements& statements, double now, const std::function<void(const RecoveredRun&)>& closed);

}  // namespace resonance::record
