/// The rows of a table of a database that may be damaged anywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "repair/row_check.hpp"
#include "sqlite/connection.hpp"

namespace resonance::repair {

/// Rows that cannot be read.
struct RowGap {
  std::int64_t first = 0, last = 0;  ///< rowids; last is INT64_MAX when nobody knows where the table ends
};

struct Salvaged {
  bool there = true;         ///< the database has such a table
  std::uint64_t rows = 0;    ///< handed out
  std::vector<RowGap> gaps;  ///< at most kMostGaps
  std::string damage = {};   ///< what SQLite said first; empty: it read all there is
};

inline constexpr std::size_t kMostGaps = 1000;

/// Hand out each row that can be read, once. In the order of the table; behind damage, rows are found by their rowids, which
/// the table's indexes know, and from the table's end. `most_rows` bounds what a file whose pages go in circles can claim.
Salvaged salvage_table(sqlite::Connection& connection, const TableSpec& table, std::uint64_t most_rows,
                       const std::function<void(Row&)>& visit);

}  // namespace resonance::repair
