/// One column of a table while its rows arrive; its type is found from the values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/row_scanner.hpp"
#include "resonance/table.hpp"

namespace resonance::catalog {

/// Starts without a type and takes that of the first value. A value that does not fit widens the column without loss:
/// int64 → uint64 or float64 where every integer stays exact, anything else → JSON.
class ColumnBuilder {
 public:
  /// `declared`: dtype of the data key ("number", "integer", …), empty when it has none
  ColumnBuilder(std::string name, std::string_view declared, std::optional<std::string> units);

  void add(Json&& value, std::uint64_t row);  ///< rows between the last one and this are missing
  /// The same for a plain value that the column has the type for; false when add() has to see to it, also of this row's earlier keys.
  bool add_plain(const RowScanner::Member& value, std::uint64_t row);
  [[nodiscard]] Column finish(std::uint64_t rows);  ///< with `rows` rows
  [[nodiscard]] const std::string& name() const noexcept { return column_.name; }
  [[nodiscard]] bool seen() const noexcept { return column_.rows > 0; }  ///< an event had it, be it null; before finish()

 private:
  void add_missing();
  void pad_to(std::uint64_t row);
  void take_type_of(const Json& value);
  [[nodiscard]] bool fits(const Json& value) const;
  void widen_for(const Json& value);
  void push(Json&& value);
  template <class Item, class Value>
  bool push_plain(const Value& value, std::uint64_t row);
  void to_json();

  Column column_;
  std::string declared_;
  bool typed_ = false;
  std::uint64_t row_items_ = 1;  // of an array column
};

}  // namespace resonance::catalog
