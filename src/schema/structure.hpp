/// What tables a database really has, and how that differs from what it should have.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "schema/session.hpp"
#include "schema/tables.hpp"

namespace resonance::schema {

[[nodiscard]] bool has_table(SqlSession& session, std::string_view table);
[[nodiscard]] std::vector<std::string> column_names(SqlSession& session, std::string_view table);
[[nodiscard]] bool has_column(SqlSession& session, std::string_view table, std::string_view column);

void create_tables(SqlSession& session, std::span<const TableDefinition> tables);

/// Each difference from `tables` in words: missing tables, and columns, foreign keys and indexes that are not as defined.
[[nodiscard]] std::vector<std::string> differences(sqlite::Connection& connection, std::span<const TableDefinition> tables);

/// \throws Error(corrupt) when the file has tables of `others` and none of `tables`: it is of the other kind, `what`
void require_kind(SqlSession& session, std::span<const TableDefinition> tables, std::span<const TableDefinition> others,
                  std::string_view what);

/// \throws Error(corrupt) when a table of `tables` is there with other columns than defined
void require_columns(SqlSession& session, std::span<const TableDefinition> tables);

// The same on a connection.
[[nodiscard]] inline bool has_table(sqlite::Connection& connection, std::string_view table) {
  ConnectionSession session(connection);
  return has_table(session, table);
}
[[nodiscard]] inline std::vector<std::string> column_names(sqlite::Connection& connection, std::string_view table) {
  ConnectionSession session(connection);
  return column_names(session, table);
}
[[nodiscard]] inline bool has_column(sqlite::Connection& connection, std::string_view table, std::string_view column) {
  ConnectionSession session(connection);
  return has_column(session, table, column);
}
inline void create_tables(sqlite::Connection& connection, std::span<const TableDefinition> tables) {
  ConnectionSession session(connection);
  create_tables(session, tables);
}
inline void require_kind(sqlite::Connection& connection, std::span<const TableDefinition> tables, std::span<const TableDefinition> others,
                         std::string_view what) {
  ConnectionSession session(connection);
  require_kind(session, tables, others, what);
}
inline void require_columns(sqlite::Connection& connection, std::span<const TableDefinition> tables) {
  ConnectionSession session(connection);
  require_columns(session, tables);
}

}  // namespace resonance::schema
