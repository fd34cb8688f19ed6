/// The database by itself: pages, foreign keys, tables.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/verify_context.hpp"
#include "schema/structure.hpp"

namespace resonance::catalog {

void check_pages_of_database(VerifyContext& context) {
  for (const auto& line : check_pages(context.connection, context.options.full))
    context.tell({.kind = "database",
                  .file = context.database,
                  .message = fmt::format("SQLite's check of {} says: {}; take the file from a backup, or recover it with the sqlite3 shell",
                                         context.database.string(), line)});
}

void check_foreign_keys(VerifyContext& context) {
  for (const auto& orphan : orphans(context.connection))
    context.tell({.kind = "foreign_key",
                  .file = context.database,
                  .message = fmt::format("{} rows of {} belong to rows of {} that are not there{}; somebody deleted those without "
                                         "'PRAGMA foreign_keys = ON'",
                                         orphan.rows, orphan.table, orphan.parent,
                                         orphan.first_rowid ? fmt::format(" (the first: rowid {})", *orphan.first_rowid) : "")});
}

bool check_schema(VerifyContext& context) {
  auto& connection = context.connection;
  const auto core = schema::beamtime_tables();
  std::vector<schema::TableDefinition> wanted(core.begin(), core.end());
  const bool refs = schema::has_table(connection, "image_refs");
  if (refs && !schema::has_column(connection, "image_refs", "compression_codec")) {
    wanted.back() = schema::image_refs_version_1();
    if (connection.user_version() > 1)
      context.note({.kind = "schema",
                    .file = context.database,
                    .message = fmt::format("{} says that it is of version 2 and lacks image_refs.compression_codec, as files that were "
                                           "opened by the Python package may; 'resonance migrate' mends it",
                                           context.database.string())});
  }
  for (const auto& difference : schema::differences(connection, wanted))
    context.tell({.kind = "schema",
                  .file = context.database,
                  .message = fmt::format("{}; compare with a sound file by 'resonance schema'", difference)});
  return std::all_of(core.begin(), core.end(), [&](const auto& table) { return schema::has_table(connection, table.name); });
}

}  // namespace resonance::catalog
