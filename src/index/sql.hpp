/// A piece of SQL with the values that belong to its question marks. Values are bound, never pasted (docs/architecture.md, The house).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sqlite/connection.hpp"

namespace resonance::index {

using SqlValue = std::variant<std::int64_t, double, std::string>;

struct Sql {
  std::string text;  ///< fixed by this program: never anything that a user wrote
  std::vector<SqlValue> values;

  Sql() = default;
  explicit Sql(std::string_view sql) : text(sql) {}
  Sql(std::string_view sql, SqlValue value) : text(sql) { values.push_back(std::move(value)); }

  Sql& operator+=(std::string_view sql) {
    text += sql;
    return *this;
  }
  Sql& operator+=(const Sql& other) {
    text += other.text;
    values.insert(values.end(), other.values.begin(), other.values.end());
    return *this;
  }
  /// "?, ?, ?"
  Sql& list(const std::vector<std::int64_t>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      text += i == 0 ? "?" : ", ?";
      values.emplace_back(ids[i]);
    }
    return *this;
  }

  [[nodiscard]] sqlite::Statement prepare(sqlite::Connection& connection) const {
    auto statement = connection.prepare(text);
    for (std::size_t i = 0; i < values.size(); ++i)
      std::visit([&](const auto& value) { statement.bind(static_cast<int>(i) + 1, value); }, values[i]);
    return statement;
  }
};

/// "(a) AND (b)"; what is empty is left out.
[[nodiscard]] inline Sql joined(const std::vector<Sql>& parts, std::string_view between) {
  Sql out;
  for (const auto& part : parts) {
    if (!out.text.empty()) out += between;
    out += "(";
    out += part;
    out += ")";
  }
  return out;
}

}  // namespace resonance::index
