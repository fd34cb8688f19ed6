#include "resonance/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "resonance/error.hpp"

namespace resonance {

namespace {

constexpr std::string_view kData = "data.";

template <class T>
Json nested(const std::vector<T>& values, const std::vector<std::uint64_t>& shape, std::size_t depth, std::uint64_t& at) {
  if (depth == shape.size()) return Json(values[at++]);
  Json::Array out;
  for (std::uint64_t i = 0; i < shape[depth]; ++i) out.push_back(nested(values, shape, depth + 1, at));
  return Json(std::move(out));
}

}  // namespace

Json Column::at(std::uint64_t row) const {
  if (!is_valid(row)) return {};
  std::uint64_t items = 1;
  for (const auto extent : shape) items *= extent;
  auto at = row * items;
  return std::visit(
      [&](const auto& all) -> Json {
        using Item = typename std::decay_t<decltype(all)>::value_type;
        if constexpr (std::is_same_v<Item, std::uint8_t>)
          return Json(all[row] != 0);
        else if constexpr (std::is_same_v<Item, double> || std::is_same_v<Item, std::int64_t>)
          return nested(all, shape, 0, at);
        else
          return Json(all[row]);
      },
      values);
}

std::string_view Column::type_name() const noexcept {
  static constexpr std::string_view names[] = {"float64", "int64", "uint64", "bool", "string", "json"};
  return names[values.index()];
}

std::vector<std::string> column_names(std::span<const std::string> data_keys) {
  std::unordered_set<std::string> taken{"seq_num", "time"};
  std::vector<std::string> out;
  out.reserve(data_keys.size());
  for (std::string name : data_keys) {
    while (!taken.insert(name).second) name.insert(0, kData);
    out.push_back(std::move(name));
  }
  return out;
}

std::string data_key_of(std::string_view column, const std::function<bool(const std::string&)>& is_key) {
  std::string name(column);
  if (name != "data.time" && name != "data.seq_num") return name;
  std::string key = name.substr(kData.size());
  return is_key(key) || !is_key(name) ? key : name;
}

const Column* Table::find(std::string_view name) const noexcept {
  const auto it = std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

const Column& Table::operator[](std::string_view name) const {
  if (const auto* column = find(name)) return *column;
  std::string known;
  for (const auto& column : columns) known += (known.empty() ? "" : ", ") + column.name;
  throw Error(ErrorCode::not_found, fmt::format("there is no column '{}'; there are: {}", name, known));
}

}  // namespace resonance
