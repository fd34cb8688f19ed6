#include "schema/structure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "resonance/error.hpp"

namespace resonance::schema {

namespace {

/// One part of a table ("column uid", "foreign keys", "index idx_…") as text that can be compared.
using Parts = std::map<std::string, std::string>;

std::string rows_as_text(sqlite::Statement statement, int columns) {
  std::vector<std::string> rows;
  while (statement.step()) {
    std::vector<std::string> cells;
    for (int i = 0; i < columns; ++i) cells.push_back(statement.is_null(i) ? "null" : statement.string(i));
    rows.push_back(fmt::format("({})", fmt::join(cells, " ")));
  }
  return fmt::format("{}", fmt::join(rows, ", "));
}

sqlite::Statement about(sqlite::Connection& connection, std::string_view sql, std::string_view name) {
  auto statement = connection.prepare(sql);
  statement.bind(1, name);
  return statement;
}

Parts parts_of(sqlite::Connection& connection, std::string_view table) {
  Parts out;
  auto columns = about(connection, "SELECT name, upper(type), \"notnull\", dflt_value, pk FROM pragma_table_info(?)", table);
  while (columns.step()) {
    out["column " + columns.string(0)] =
        fmt::format("{}{}{}{}", columns.text(1), columns.int64(2) != 0 ? " NOT NULL" : "",
                    columns.is_null(3) ? "" : " DEFAULT " + columns.string(3), columns.int64(4) != 0 ? " PRIMARY KEY" : "");
  }
  out["foreign keys"] = rows_as_text(
      about(connection, "SELECT \"from\", \"table\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY 1", table), 5);
  auto indexes = about(connection, "SELECT name, \"unique\", partial FROM pragma_index_list(?) WHERE origin = 'c'", table);
  while (indexes.step()) {
    const auto name = indexes.string(0);
    out["index " + name] = fmt::format("unique {}, partial {}: {}", indexes.int64(1), indexes.int64(2),
                                       rows_as_text(about(connection, "SELECT name FROM pragma_index_info(?)", name), 1));
  }
  return out;
}

}  // namespace

bool has_table(SqlSession& session, std::string_view table) {
  return !session.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", {std::string(table)}).empty();
}

std::vector<std::string> column_names(SqlSession& session, std::string_view table) {
  std::vector<std::string> out;
  for (auto& row : session.query("SELECT name FROM pragma_table_info(?)", {std::string(table)}))
    out.push_back(std::move(row.at(0)).value_or(std::string()));
  return out;
}

bool has_column(SqlSession& session, std::string_view table, std::string_view column) {
  const auto names = column_names(session, table);
  return std::find(names.begin(), names.end(), column) != names.end();
}

void create_tables(SqlSession& session, std::span<const TableDefinition> tables) {
  for (const auto& table : tables) {
    session.execute(table.sql);
    for (const auto* index : table.indexes) session.execute(index);
  }
}

std::vector<std::string> differences(sqlite::Connection& connection, std::span<const TableDefinition> tables) {
  auto reference = sqlite::Connection::in_memory();
  create_tables(reference, tables);
  std::vector<std::string> out;
  for (const auto& table : tables) {
    if (!has_table(connection, table.name)) {
      out.push_back(fmt::format("table {} is missing", table.name));
      continue;
    }
    const auto found = parts_of(connection, table.name);
    auto wanted = parts_of(reference, table.name);
    for (const auto& [part, text] : wanted) {
      const auto it = found.find(part);
      if (it == found.end())
        out.push_back(fmt::format("table {}: {} is missing", table.name, part));
      else if (it->second != text)
        out.push_back(fmt::format("table {}: {}: {} instead of {}", table.name, part, it->second, text));
    }
    for (const auto& [part, text] : found)
      if (!wanted.contains(part)) out.push_back(fmt::format("table {}: {} is not part of the format", table.name, part));
    const auto names = column_names(connection, table.name);
    const auto right = column_names(reference, table.name);
    if (names != right && std::is_permutation(names.begin(), names.end(), right.begin(), right.end()))
      out.push_back(fmt::format("table {}: its columns are in another order", table.name));
  }
  return out;
}

void require_kind(SqlSession& session, std::span<const TableDefinition> tables, std::span<const TableDefinition> others,
                  std::string_view what) {
  const auto any = [&](std::span<const TableDefinition> all) {
    return std::any_of(all.begin(), all.end(), [&](const auto& table) { return has_table(session, table.name); });
  };
  if (any(tables) || !any(others)) return;
  throw Error(ErrorCode::corrupt, fmt::format("{} is a {}", session.file().string(), what),
              {.os_errno = 0, .file = session.file(), .offset = {}, .database = true});
}

void require_columns(SqlSession& session, std::span<const TableDefinition> tables) {
  auto reference = sqlite::Connection::in_memory();
  create_tables(reference, tables);
  for (const auto& table : tables) {
    const auto found = column_names(session, table.name);
    const auto wanted = column_names(reference, table.name);
    if (found.empty() || found == wanted) continue;
    throw Error(ErrorCode::corrupt,
                fmt::format("{}: table {} has the columns ({}) instead of ({}); this is no file of Resonance, or a damaged one",
                            session.file().empty() ? "the database in memory" : session.file().string(), table.name, fmt::join(found, ", "),
                            fmt::join(wanted, ", ")),
                {.os_errno = 0, .file = session.file(), .offset = {}, .database = true});
  }
}

}  // namespace resonance::schema
