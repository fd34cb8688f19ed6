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
void mend_runs(RepairContext& context, RecordStatements& statements);

}  // namespace resonance::repair
