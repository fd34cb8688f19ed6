/// A table that came from the library; its columns are seen by NumPy and Arrow where they lie.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "resonance/table.hpp"

namespace resonance::python {

struct TableData {
  std::shared_ptr<const Table> table;  // shared with the arrays that are views of it
};

/// A capsule `arrow_schema` and one `arrow_array` (the Arrow C data interface): a struct of the columns, as RecordBatches are
/// exchanged. Numbers are not copied; texts and bits are laid out as Arrow wants them.
[[nodiscard]] nanobind::object arrow_schema(const Table& table);
[[nodiscard]] nanobind::object arrow_array(const std::shared_ptr<const Table>& table);

}  // namespace resonance::python
