/// The records of a beamtime made to agree with each other.
#pragma once

#include <string>
#include <string_view>

#include "repair/context.hpp"
#include "repair/record_statements.hpp"

namespace resonance::repair {

/// Substitutes for rows that others name and that are gone: nothing is dropped for want of what it belonged to.
void mend_parents(RepairContext& context, RecordStatements& statements);

/// A stream for what has lost its event: frames that are there, and those that are not.
[[nodiscard]] std::string recovered_stream(RepairContext& context, RecordStatements& statements, const std::string& run_uid);

/// Side rows that still belong to nothing go.
void drop_orphans(RepairContext& context, RecordStatements& statements);

/// Events are compared with their checksums; gaps in their numbers are put on record; runs get their ends and their counts.
void mend_checksums(RepairContext& context, RecordStatements& statements);
/// \param first_time runs.num_events is still what was recorded, and tells whether events at the end are lost
void mend_runs(RepairContext& context, RecordStatements& statements, bool first_time);

}  // namespace resonance::repair
