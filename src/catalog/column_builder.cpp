#include "catalog/column_builder.hpp"

#include <algorithm>
#include <cmath>

namespace resonance::catalog {

namespace {

constexpr std::int64_t kExact = std::int64_t{1} << 53;  // doubles hold every integer up to here

bool exact_as_double(std::int64_t value) { return value >= -kExact && value <= kExact; }

/// What the numbers in a list can become.
struct Numbers {
  bool integers = true;  ///< int64, all of them
  bool exact = true;     ///< float64 without loss
};

/// Extents of regular nested lists of numbers; false for ragged ones or other items.
bool measure(const Json& value, std::vector<std::uint64_t>& shape, std::size_t depth, Numbers& numbers) {
  if (!value.is_array()) {
    const auto* integer = std::get_if<std::int64_t>(&value.storage());
    numbers.integers = numbers.integers && integer != nullptr;
    numbers.exact = numbers.exact && (integer == nullptr || exact_as_double(*integer));
    return depth == shape.size() && (integer != nullptr || value.is_double());
  }
  const auto& items = value.as_array();
  if (depth == shape.size())
    shape.push_back(items.size());
  else if (shape[depth] != items.size())
    return false;
  // The first item settles how deep the lists go; a number beside a list is then found to be at the wrong depth.
  return std::all_of(items.begin(), items.end(), [&](const Json& item) {
    return (item.is_array() || depth + 1 == shape.size()) && measure(item, shape, depth + 1, numbers);
  });
}

std::uint64_t items_of(const std::vector<std::uint64_t>& shape) {
  std::uint64_t out = 1;
  for (const auto extent : shape) out *= extent;
  return out;
}

template <class T>
void flatten(const Json& value, std::vector<T>& out) {
  if (value.is_array()) {
    for (const auto& item : value.as_array()) flatten(item, out);
  } else if constexpr (std::is_same_v<T, double>) {
    out.push_back(value.as_double());
  } else {
    out.push_back(value.as_int64());
  }
}

}  // namespace

ColumnBuilder::ColumnBuilder(std::string name, std::string_view declared, std::optional<std::string> units) : declared_(declared) {
  column_.name = std::move(name);
  column_.units = std::move(units);
}

void ColumnBuilder::take_type_of(const Json& value) {
  typed_ = true;
  const auto& storage = value.storage();
  if (value.is_array()) {
    Numbers numbers;
    std::vector<std::uint64_t> shape;
    if (measure(value, shape, 0, numbers) && items_of(shape) > 0 && (numbers.integers || numbers.exact)) {
      column_.shape = shape;
      row_items_ = items_of(shape);
      if (numbers.integers)
        column_.values = std::vector<std::int64_t>();
      else
        column_.values = std::vector<double>();
    } else {
      column_.values = std::vector<Json>();
    }
  } else if (std::holds_alternative<bool>(storage))
    column_.values = std::vector<std::uint8_t>();
  else if (std::holds_alternative<std::int64_t>(storage) && !(declared_ == "number" && exact_as_double(std::get<std::int64_t>(storage))))
    column_.values = std::vector<std::int64_t>();
  else if (std::holds_alternative<std::uint64_t>(storage))
    column_.values = std::vector<std::uint64_t>();
  else if (std::holds_alternative<double>(storage) || std::holds_alternative<std::int64_t>(storage))
    column_.values = std::vector<double>();
  else if (std::holds_alternative<std::string>(storage))
    column_.values = std::vector<std::string>();
  else
    column_.values = std::vector<Json>();
  // Rows before the first value were missing; their places have the new type.
  std::visit([&](auto& values) { values.resize(column_.rows * row_items_); }, column_.values);
}

bool ColumnBuilder::fits(const Json& value) const {
  const auto& storage = value.storage();
  if (!column_.shape.empty()) {
    Numbers numbers;
    auto shape = column_.shape;
    return measure(value, shape, 0, numbers) && shape == column_.shape && value.is_array() &&
           (std::holds_alternative<std::vector<double>>(column_.values) ? numbers.exact : numbers.integers);
  }
  switch (column_.values.index()) {
    case 0:
      return std::holds_alternative<double>(storage) ||
             (std::holds_alternative<std::int64_t>(storage) && exact_as_double(std::get<std::int64_t>(storage)));
    case 1:
      return std::holds_alternative<std::int64_t>(storage);
    case 2:
      return std::holds_alternative<std::uint64_t>(storage) ||
             (std::holds_alternative<std::int64_t>(storage) && std::get<std::int64_t>(storage) >= 0);
    case 3:
      return std::holds_alternative<bool>(storage);
    case 4:
      return std::holds_alternative<std::string>(storage);
    default:
      return true;
  }
}

void ColumnBuilder::widen_for(const Json& value) {
  const auto& storage = value.storage();
  const auto* integers = std::get_if<std::vector<std::int64_t>>(&column_.values);
  if (integers != nullptr && std::holds_alternative<std::uint64_t>(storage) && column_.shape.empty() &&
      std::all_of(integers->begin(), integers->end(), [](std::int64_t x) { return x >= 0; })) {
    column_.values = std::vector<std::uint64_t>(integers->begin(), integers->end());
  } else if (integers != nullptr && std::all_of(integers->begin(), integers->end(), exact_as_double)) {
    auto before = std::move(column_.values);
    const auto& old = std::get<std::vector<std::int64_t>>(before);
    column_.values = std::vector<double>(old.begin(), old.end());
    if (!fits(value)) {  // not a question of float or integer: put it back
      column_.values = std::move(before);
      to_json();
    }
  } else {
    to_json();
  }
}

void ColumnBuilder::to_json() {
  std::vector<Json> out;
  out.reserve(column_.rows + 1);
  for (std::uint64_t row = 0; row < column_.rows; ++row) out.push_back(column_.at(row));
  column_.values = std::move(out);
  column_.shape.clear();
  row_items_ = 1;
}

void ColumnBuilder::push(Json&& value) {
  std::visit(
      [&](auto& values) {
        using Item = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<Item, Json>)
          values.push_back(std::move(value));
        else if constexpr (std::is_same_v<Item, std::string>)
          values.push_back(value.as_string());
        else if constexpr (std::is_same_v<Item, std::uint8_t>)
          values.push_back(value.as_bool() ? 1 : 0);
        else if constexpr (std::is_same_v<Item, std::uint64_t>)
          values.push_back(value.as_uint64());
        else
          flatten(value, values);
      },
      column_.values);
  if (!column_.valid.empty()) column_.valid.push_back(1);
  ++column_.rows;
}

void ColumnBuilder::add_missing() {
  if (column_.valid.empty()) column_.valid.assign(column_.rows, 1);
  column_.valid.push_back(0);
  ++column_.rows;
  if (typed_) std::visit([&](auto& values) { values.resize(values.size() + row_items_); }, column_.values);
}

void ColumnBuilder::pad_to(std::uint64_t row) {
  while (column_.rows < row) add_missing();
}

void ColumnBuilder::add(Json&& value, std::uint64_t row) {
  if (column_.rows > row) {  // a key that stands twice in one event: the last one counts
    --column_.rows;
    if (!column_.valid.empty()) column_.valid.pop_back();
    if (typed_) std::visit([&](auto& values) { values.resize(values.size() - row_items_); }, column_.values);
  }
  pad_to(row);
  if (value.is_null()) return add_missing();
  if (!typed_)
    take_type_of(value);
  else if (!fits(value))
    widen_for(value);
  push(std::move(value));
}

template <class Item, class Value>
bool ColumnBuilder::push_plain(const Value& value, std::uint64_t row) {
  auto* values = std::get_if<std::vector<Item>>(&column_.values);
  if (values == nullptr || !column_.shape.empty()) return false;
  pad_to(row);
  values->emplace_back(value);
  if (!column_.valid.empty()) column_.valid.push_back(1);
  ++column_.rows;
  return true;
}

bool ColumnBuilder::add_plain(const RowScanner::Member& value, std::uint64_t row) {
  if (!typed_ || column_.rows > row) return false;
  switch (value.kind) {
    case RowScanner::Kind::null:
      pad_to(row);
      add_missing();
      return true;
    case RowScanner::Kind::boolean:
      return push_plain<std::uint8_t>(value.boolean ? 1 : 0, row);
    case RowScanner::Kind::integer:
      return push_plain<std::int64_t>(value.integer, row) ||
             (exact_as_double(value.integer) && push_plain<double>(static_cast<double>(value.integer), row));
    case RowScanner::Kind::number:
      return push_plain<double>(value.number, row);
    default:
      return push_plain<std::string>(value.text, row);
  }
}

Column ColumnBuilder::finish(std::uint64_t rows) {
  column_.recorded = seen() || rows == 0;
  pad_to(rows);
  if (!typed_) {  // never a value: the declared type, all missing
    if (declared_ == "number")
      column_.values = std::vector<double>(rows);
    else if (declared_ == "integer")
      column_.values = std::vector<std::int64_t>(rows);
    else if (declared_ == "boolean")
      column_.values = std::vector<std::uint8_t>(rows);
    else if (declared_ == "string")
      column_.values = std::vector<std::string>(rows);
    else
      column_.values = std::vector<Json>(rows);
  }
  return std::move(column_);
}

}  // namespace resonance::catalog
