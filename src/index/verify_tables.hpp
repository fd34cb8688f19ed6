/// Whether the tables of an index agree with each other.
#pragma once

#include <vector>

#include "resonance/index.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// What is made of other rows of the index, and differs from what it would be made of them now: tags, days, names with their case
/// folded, times of beamtimes; rows that lack their counterpart; SQL indexes; pages that SQLite finds at fault.
[[nodiscard]] std::vector<IndexDifference> verify_tables(sqlite::Connection& connection);

}  // namespace resonance::index
