#include "table.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "bindings.hpp"
#include "json.hpp"
#include "pixels.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

template <class T>
nb::object view(const std::shared_ptr<const Table>& table, const std::vector<T>& values, const std::vector<std::uint64_t>& row_shape,
                std::uint64_t rows, DType dtype) {
  std::vector<std::size_t> shape{rows};
  shape.insert(shape.end(), row_shape.begin(), row_shape.end());
  static const T none{};  // NumPy wants an address also of nothing
  return to_view(values.empty() ? &none : values.data(), shape, dtype, table);
}

nb::object values_of(const std::shared_ptr<const Table>& table, const Column& column) {
  return std::visit(
      [&](const auto& values) -> nb::object {
        using Item = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<Item, double>)
          return view(table, values, column.shape, column.rows, DType::float64);
        else if constexpr (std::is_same_v<Item, std::int64_t>)
          return view(table, values, column.shape, column.rows, DType::int64);
        else if constexpr (std::is_same_v<Item, std::uint64_t>)
          return view(table, values, column.shape, column.rows, DType::uint64);
        else if constexpr (std::is_same_v<Item, std::uint8_t>)
          return view(table, values, column.shape, column.rows, DType::boolean);
        else {
          nb::list out;
          for (std::uint64_t row = 0; row < column.rows; ++row) {
            if (!column.is_valid(row))
              out.append(nb::none());
            else if constexpr (std::is_same_v<Item, std::string>)
              out.append(to_python(std::string_view(values[row])));
            else
              out.append(to_python(values[row]));
          }
          return out;
        }
      },
      column.values);
}

/// (name, type, values, valid or None, units or None, data key if an event has it, else None)
nb::list columns(const TableData& self) {
  nb::list out;
  for (const auto& column : self.table->columns) {
    const nb::object valid =
        column.valid.empty() ? nb::object(nb::none()) : view(self.table, column.valid, {}, column.rows, DType::boolean);
    const nb::object units = column.units ? to_python(std::string_view(*column.units)) : nb::object(nb::none());
    const nb::object recorded =
        column.recorded ? to_python(std::string_view(column.data_key.empty() ? column.name : column.data_key)) : nb::object(nb::none());
    out.append(nb::make_tuple(to_python(std::string_view(column.name)), to_python(column.type_name()), values_of(self.table, column), valid,
                              units, recorded));
  }
  return out;
}

}  // namespace

void bind_table(nb::module_& module) {
  nb::class_<TableData>(module, "Table")
      .def("__len__", [](const TableData& self) { return self.table->rows; })
      .def("columns", &columns)
      .def("arrow_schema", [](const TableData& self) { return arrow_schema(*self.table); })
      .def("arrow_array", [](const TableData& self) { return arrow_array(self.table); });
}

}  // namespace resonance::python
