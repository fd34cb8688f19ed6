/// What the rows of a beamtime's tables may hold, and what becomes of a row that holds something else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sqlite/connection.hpp"

namespace resonance::repair {

enum class Kind : std::uint8_t {
  key,      ///< text that other rows name: not empty, UTF-8
  text,     ///< UTF-8
  object,   ///< a JSON object
  keys,     ///< streams.data_keys: a JSON object of objects
  json,     ///< any JSON
  integer,  ///< from `least` on
  number,   ///< finite
  status,   ///< runs.exit_status
};

struct ColumnSpec {
  const char* name;
  Kind kind = Kind::text;
  bool optional = false;  ///< may be null, and becomes null when it makes no sense
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
};

struct TableSpec {
  const char* name;
  std::span<const ColumnSpec> columns;
  int key_columns = 0;                        ///< of a table without rowids; 0: it has rowids
  std::span<const char* const> indexes = {};  ///< which hold a rowid for each row
  [[nodiscard]] bool has_rowid() const noexcept { return key_columns == 0; }
};

/// All tables that a beamtime may have, parents before their children.
[[nodiscard]] std::span<const TableSpec> beamtime_rows() noexcept;

struct Value {
  sqlite::ColumnType type = sqlite::ColumnType::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string text = {};
  bool operator==(const Value&) const = default;
};

struct Row {
  std::int64_t rowid = 0;
  std::vector<Value> values;
};

struct RowVerdict {
  bool taken = true;     ///< false: it cannot be kept
  std::string why = {};  ///< what was changed in it, or why it cannot be kept; empty: it is as it should be
};

/// Compare a row with what its table may hold. What makes no sense and can be replaced is: JSON that is none is kept as a text
/// in JSON, other text without the bytes that are no UTF-8, and optional values become null.
[[nodiscard]] RowVerdict check_row(const TableSpec& table, Row& row);

}  // namespace resonance::repair
