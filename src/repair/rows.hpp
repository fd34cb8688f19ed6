/// From a damaged database into a new one, row by row.
#pragma once

#include "repair/context.hpp"
#include "sqlite/connection.hpp"

namespace resonance::repair {

/// `target` has all tables and no rows. What is refused, changed or cannot be read is told.
void rescue_rows(RepairContext& context, sqlite::Connection& source, sqlite::Connection& target, std::uint64_t file_bytes);

}  // namespace resonance::repair
