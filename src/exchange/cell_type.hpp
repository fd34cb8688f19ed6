/// What the cells of a text column are, and their values.
#pragma once

#include <string_view>

#include "resonance/json.hpp"

namespace resonance::exchange {

enum class CellType { integer, number, boolean, text };

/// Looks at all cells of a column, then knows the narrowest type that holds them all. Empty cells are nulls and fit any type.
class CellTypeGuess {
 public:
  void see(std::string_view cell);
  /// A column without any value is text.
  [[nodiscard]] CellType type() const noexcept;

 private:
  bool any_ = false;
  bool integer_ = true;
  bool number_ = true;
  bool boolean_ = true;
};

/// The cell as a value of its column's type; null when it is empty.
[[nodiscard]] Json cell_value(std::string_view cell, CellType type);

/// The data key of such a column.
[[nodiscard]] Json cell_key(CellType type, std::string_view source, std::string_view units);

}  // namespace resonance::exchange
