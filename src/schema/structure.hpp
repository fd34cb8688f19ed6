/// What tables a database really has, and how that differs from what it should have.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "schema/tables.hpp"
#include "sqlite/connection.hpp"

namespace resonance::schema {

[[nodiscard]] bool has_table(sqlite::Connection& connection, std::string_view table);
[[nodiscard]] std::vector<std::string> column_names(sqlite::Connection& connection, std::string_view table);
[[nodiscard]] bool has_column(sqlite::Connection& connection, std::string_view table, std::string_view column);

void create_tables(sqlite::Connection& connection, std::span<const TableDefinition> tables);

/// Each difference from `tables` in words: missing tables, and columns, foreign keys and indexes that are not as defined.
[[nodiscard]] std::vector<std::string> differences(sqlite::Connection& connection, std::span<const TableDefinition> tables);

/// \throws Error(invalid_argument) when the file has tables of `others` and none of `tables`: it is of the other kind, `what`
void require_kind(sqlite::Connection& connection, std::span<const TableDefinition> tables, std::span<const TableDefinition> others,
                  std::string_view what);

/// \throws Error(corrupt) when a table of `tables` is there with other columns than defined
void require_columns(sqlite::Connection& connection, std::span<const TableDefinition> tables);

}  // namespace resonance::schema
