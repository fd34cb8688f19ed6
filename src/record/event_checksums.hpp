/// Checksums over the events of one transaction.
#pragma once

#include <span>

#include "record/statements.hpp"

namespace resonance::record {

/// A row for each stream, or several when there are more events than one checksum covers. So a transaction of one event has
/// one row more, and a transaction of many hardly costs more than before.
void insert_event_checksums(Statements& statements, std::span<const EventRow> events);

}  // namespace resonance::record
