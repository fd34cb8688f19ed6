/// The events of a stream as typed columns.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resonance/json.hpp"

namespace resonance {

/// One column: `size()` rows of one type, and which of them are missing.
struct Column {
  /// `float64` and `int64` columns may be arrays: `shape` gives the extent of one row, values are packed in C order.
  using Values = std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint64_t>,
                              std::vector<std::uint8_t>,  // boolean, 0 or 1
                              std::vector<std::string>,   // text
                              std::vector<Json>>;         // anything else, as it was recorded

  std::string name;  ///< no other column of the table has it
  Values values;
  std::vector<std::uint8_t> valid;   ///< 1 where there is a value, 0 where it is null or absent; empty: all are there
  std::vector<std::uint64_t> shape;  ///< empty for scalars
  std::optional<std::string> units;  ///< from the data key

  [[nodiscard]] std::uint64_t size() const noexcept { return rows; }
  [[nodiscard]] bool is_valid(std::uint64_t row) const noexcept { return valid.empty() || valid[row] != 0; }
  [[nodiscard]] Json at(std::uint64_t row) const;             ///< the value as JSON; null when missing
  [[nodiscard]] std::string_view type_name() const noexcept;  ///< "float64", "int64", "uint64", "bool", "string", "json"

  std::uint64_t rows = 0;
  bool recorded = true;  ///< an event has the key, be its value null; false: it is declared and no more
  std::string data_key;  ///< whose values these are; empty of `seq_num` and `time`
};

/// The columns of these data keys: their own names, with as many "data." in front as it takes for a name that no column before has.
/// Every table begins with `seq_num` and `time`, so that a data key "time" is the column "data.time".
[[nodiscard]] std::vector<std::string> column_names(std::span<const std::string> data_keys);
/// The data key that is meant by the name of a column; `is_key` says which there are.
[[nodiscard]] std::string data_key_of(std::string_view column, const std::function<bool(const std::string&)>& is_key);

/// Columns of equal length. The first two are `seq_num` (int64) and `time` (float64, s).
struct Table {
  std::vector<Column> columns;
  std::uint64_t rows = 0;

  [[nodiscard]] const Column* find(std::string_view name) const noexcept;
  [[nodiscard]] const Column& operator[](std::string_view name) const;  ///< \throws Error(not_found), with the names there are
};

}  // namespace resonance
