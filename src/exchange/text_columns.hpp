/// The columns of a table of text: what they are, by all their cells and by what the caller says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/cell_type.hpp"
#include "resonance/exchange.hpp"

namespace resonance::exchange {

/// "energy (eV)", "Energy [eV]" and, for units that are known, "energy/eV" tell the unit.
[[nodiscard]] std::string units_in(std::string_view name);
/// The name without the unit that units_in() finds.
[[nodiscard]] std::string_view name_without_units(std::string_view name);

class TextColumns {
 public:
  /// `names`: as the file has them; `units`: one each, may be empty.
  /// \throws Error(invalid_argument) the reading names a column that is not there, or two of one name, or two for the time
  TextColumns(const std::vector<std::string>& names, const std::vector<std::string>& units, const TableReading& reading);

  /// One cell, in the order of the rows.
  void see(std::size_t column, std::string_view cell, std::uint64_t line) { guesses_[column].see(cell, line); }
  [[nodiscard]] CellTypeGuess& guess(std::size_t column) { return guesses_[column]; }

  /// After the last row: types, and notes about them.
  /// \throws Error(invalid_argument) a column is not what it was said to be, with line and cell
  void settle(std::vector<std::string>& notes);

  [[nodiscard]] const ColumnType& type(std::size_t column) const { return types_[column]; }
  [[nodiscard]] ColumnType& type(std::size_t column) { return types_[column]; }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }  ///< for data keys: no two the same
  [[nodiscard]] const std::vector<std::string>& units() const noexcept { return units_; }
  [[nodiscard]] std::optional<ColumnKind> said(std::size_t column) const { return said_[column]; }
  [[nodiscard]] std::optional<std::size_t> time_column() const noexcept { return time_column_; }  ///< that was said to be it
  [[nodiscard]] Json value(std::size_t column, std::string_view cell) const { return cell_value(cell, types_[column]); }

 private:
  [[nodiscard]] std::size_t column_named(const std::vector<std::string>& raw, const std::string& name) const;
  void require_kind(std::size_t column) const;
  void settle_type(std::size_t column, const DecimalEvidence& evidence);

  std::vector<std::string> names_, units_;
  std::vector<std::optional<ColumnKind>> said_;
  std::optional<std::size_t> time_column_;
  std::optional<char> decimal_;
  std::vector<CellTypeGuess> guesses_;
  std::vector<ColumnType> types_;
};

}  // namespace resonance::exchange
