/// Binary tables (FITS standard 4.0, section 7.3), as far as images are kept in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/fits/fits_card.hpp"
#include "exchange/fits/fits_layout.hpp"

namespace resonance::fits {

struct TableColumn {
  std::string name;
  char type = 'B';  ///< letter of TFORM; of variable arrays that of their elements
  bool variable = false;
  bool wide = false;           ///< variable, with 64-bit descriptors
  std::uint64_t repeat = 1;    ///< elements in a row; of variable arrays descriptors
  std::uint64_t offset = 0;    ///< in a row, bytes
  double scale = 1, zero = 0;  ///< TSCAL and TZERO
};

/// A view of the table's bytes. All places are inside them.
class BinaryTable {
 public:
  /// \throws Error(corrupt) columns that the rows have no room for
  BinaryTable(const Hdu& hdu, const std::vector<FitsCard>& cards);

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] const std::vector<TableColumn>& columns() const noexcept { return columns_; }
  [[nodiscard]] const TableColumn* find(std::string_view name) const noexcept;
  /// The bytes of a variable array. \throws Error(corrupt) outside the heap
  [[nodiscard]] std::span<const std::byte> array(std::uint64_t row, const TableColumn& column) const;
  /// Element `i` of a fixed array as the number that it stands for; nothing for text, bits, complex numbers and variable arrays.
  [[nodiscard]] std::optional<double> number(std::uint64_t row, const TableColumn& column, std::uint64_t i = 0) const;

 private:
  [[nodiscard]] std::span<const std::byte> field(std::uint64_t row, const TableColumn& column) const;

  std::span<const std::byte> data_, heap_;
  std::uint64_t rows_ = 0, width_ = 0;
  std::vector<TableColumn> columns_;
};

/// The card's number; nothing without the card. \throws Error(corrupt) it is no number
[[nodiscard]] std::optional<double> number_of(const std::vector<FitsCard>& cards, std::string_view name);
/// The card's integer; nothing without the card. \throws Error(corrupt) it is no integer of 64 bits
[[nodiscard]] std::optional<std::int64_t> integer_of(const std::vector<FitsCard>& cards, std::string_view name);
/// The card's text; empty without one.
[[nodiscard]] std::string text_of(const std::vector<FitsCard>& cards, std::string_view name);

}  // namespace resonance::fits
