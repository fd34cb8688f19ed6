/// What the tests of this layer share: a database compared part by part, old files, rows of one recorded frame.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "resonance/schema.hpp"
#include "support/fails.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"
#include "unit/schema/expected_schema.hpp"

namespace resonance::test {

inline void expect_table(RawDatabase& database, const ExpectedTable& table) {
  SCOPED_TRACE("table " + table.name);
  using testing::ElementsAreArray;
  RawDatabase::Rows columns;
  for (const auto& c : table.columns) columns.push_back({c.name, c.type, c.not_null, c.default_value, c.primary_key});
  EXPECT_THAT(database.query("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('" + table.name + "')"),
              ElementsAreArray(columns));
  RawDatabase::Rows keys;
  for (const auto& k : table.foreign_keys) keys.push_back({k.column, k.table, k.references, k.on_delete, "NO ACTION"});
  EXPECT_THAT(database.query("SELECT \"from\", \"table\", \"to\", on_delete, on_update FROM pragma_foreign_key_list('" + table.name +
                             "') ORDER BY \"from\""),
              ElementsAreArray(keys));
  RawDatabase::Rows indexes;
  for (const auto& i : table.indexes)
    for (std::size_t n = 0; n < i.columns.size(); ++n) indexes.push_back({i.name, i.unique, "0", std::to_string(n), i.columns[n]});
  EXPECT_THAT(database.query("SELECT l.name, l.\"unique\", l.partial, i.seqno, i.name FROM pragma_index_list('" + table.name +
                             "') l, pragma_index_info(l.name) i WHERE l.origin = 'c' ORDER BY l.name, i.seqno"),
              ElementsAreArray(indexes));
  const auto sql = database.value("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '" + table.name + "'");
  EXPECT_EQ(sql.find("AUTOINCREMENT") != std::string::npos, table.autoincrement) << sql;
}

inline void expect_tables(RawDatabase& database, const std::vector<ExpectedTable>& tables, int version) {
  for (const auto& table : tables) expect_table(database, table);
  EXPECT_EQ(database.value("PRAGMA user_version"), std::to_string(version));
  EXPECT_EQ(database.value("PRAGMA integrity_check"), "ok");
  EXPECT_THAT(database.query("PRAGMA foreign_key_check"), testing::IsEmpty());
}

/// One sample, run, stream, event and frame reference, as the shell would insert them.
inline void insert_one_of_each(RawDatabase& database) {
  database.query(
      "INSERT INTO samples(name) VALUES('ZnPc');"
      "INSERT INTO runs(uid, sample_id, plan_name, time_start) VALUES('r', 1, 'nexafs', 1.5);"
      "INSERT INTO streams VALUES('s', 'r', 'primary', '{}', 1.5);"
      "INSERT INTO events VALUES('e', 's', 1, 1.75, '{\"energy\": 285.1}', '{}');"
      "INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype)"
      " VALUES('e', 'ccd', 'runs/r/ccd', 0, 500, 600, 'uint16')");
}

/// A beamtime of version 1 with one frame, made by the shell and not by the library.
inline void make_version_1(const std::filesystem::path& path, int stamped = 1) {
  RawDatabase old(path);
  std::string sql = "BEGIN;";
  for (const auto& table : expected_beamtime_version_1()) {
    std::string columns;
    for (const auto& c : table.columns) {
      columns += (columns.empty() ? "" : ", ") + c.name + " " + c.type;
      if (c.primary_key == "1") columns += std::string(" PRIMARY KEY") + (table.autoincrement ? " AUTOINCREMENT" : "");
      if (c.not_null == "1") columns += " NOT NULL";
      if (c.default_value != "NULL") columns += " DEFAULT " + c.default_value;
      for (const auto& k : table.foreign_keys)
        if (k.column == c.name) columns += " REFERENCES " + k.table + "(" + k.references + ") ON DELETE " + k.on_delete;
    }
    sql += "CREATE TABLE " + table.name + "(" + columns + ");";
    for (const auto& i : table.indexes) {
      std::string names;
      for (const auto& name : i.columns) names += (names.empty() ? "" : ", ") + name;
      sql += std::string("CREATE ") + (i.unique == "1" ? "UNIQUE " : "") + "INDEX " + i.name + " ON " + table.name + "(" + names + ");";
    }
  }
  old.query(sql + "PRAGMA user_version = " + std::to_string(stamped) + "; COMMIT");
  insert_one_of_each(old);
}

inline std::string file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_content(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace resonance::test
