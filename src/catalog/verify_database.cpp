/// The database by itself: pages, foreign keys, tables.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "catalog/verify_context.hpp"
#include "io/file_system.hpp"
#include "schema/log_file.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"

namespace resonance::catalog {

namespace {

constexpr auto kTimeForATransaction = std::chrono::milliseconds(100);

}  // namespace

void check_pages_of_database(VerifyContext& context) {
  for (const auto& line : check_pages(context.connection, context.options.full))
    context.tell({.kind = "database",
                  .file = context.database,
                  .message = fmt::format("SQLite's check of {} says: {}; take the file from a backup, or recover it with the sqlite3 shell",
                                         context.database.string(), line)});
}

void check_for_log(VerifyContext& context) {
  const auto state = schema::log_state(context.connection);
  if (state == schema::LogState::complete) return;
  Fault fault{.kind = "missing_log", .file = schema::log_file_of(context.database)};
  if (const auto message = schema::missing_log(context.connection)) {
    fault.message = *message;
    return state == schema::LogState::missing ? context.tell(fault) : context.note(fault);
  }
  // Other programs leave their files so.
  if (!has_run_of_ours(context.connection) || schema::log_state_later(context.connection) != schema::LogState::doubtful) return;
  fault.message = fmt::format(
      "{} is in log mode, and its log is not there or empty; another program may have left it so, but if it was copied while it was "
      "recorded, what was in the log is missing",
      context.database.string());
  context.note(fault);
}

/// The log of another moment or of another database, as somebody may have put it there. What is read then is neither of the two.
void check_log_belongs(VerifyContext& context) {
  const auto belongs = [&] {
    const auto before = sqlite::changes_on_disk(context.connection.handle());
    const auto log = schema::survey_log_of(*io::posix_file_system(), context.database);
    const auto count = sqlite::changes_on_disk(context.connection.handle());
    return before != count || !log.first_change || (count + 1 >= *log.first_change && count <= *log.last_change);
  };
  if (belongs()) return;
  std::this_thread::sleep_for(kTimeForATransaction);  // the log may be being moved into the database
  if (belongs()) return;
  context.tell(
      {.kind = "log",
       .file = schema::log_file_of(context.database),
       .message = fmt::format("{} does not belong to {} as it is: one of the two was copied at another time, or is that of another "
                              "beamtime; what is read is a mixture of both, so copy both files again",
                              schema::log_file_of(context.database).string(), context.database.string())});
}

/// SQLite itself says nothing when it cannot use a part of the log.
void check_log(VerifyContext& context) {
  const auto& path = context.place.log;
  const auto survey = [&] { return schema::survey_log_of(*io::posix_file_system(), context.database); };
  const auto found = survey();
  if (found.state == sqlite::LogSurvey::State::sound) return;
  std::this_thread::sleep_for(kTimeForATransaction);  // one may be being written
  if (const auto again = survey(); again.state == sqlite::LogSurvey::State::sound || again.offset != found.offset) return;
  Fault fault{.kind = "log", .file = path, .offset = found.offset};
  if (found.state == sqlite::LogSurvey::State::damaged) {
    fault.message = fmt::format(
        "{} was changed at byte {} or behind it: SQLite reads the {} transactions before, and passes over {} whole "
        "ones that follow; copy database and log before anybody opens it for writing, and take them from a backup",
        path.string(), found.offset, found.transactions, found.lost);
    return context.tell(fault);
  }
  fault.message = fmt::format(
      "{} ends with a transaction, from byte {} on, that is incomplete or damaged; its writer died or the power "
      "failed before it was acknowledged as durable, unless the bytes were changed since",
      path.string(), found.offset);
  context.note(fault);
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

void check_types(VerifyContext& context) {
  for (const auto& table : schema::beamtime_tables())
    for (const auto& odd : odd_columns(context.connection, table.name))
      context.tell({.kind = "type",
                    .file = context.database,
                    .message = fmt::format("{} rows of {} have a {} that is no {}; they are not found by it, and it is not read as it was "
                                           "recorded: the values were changed",
                                           odd.rows, odd.table, odd.column, odd.type)});
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
  for (const auto& set : schema::side_tables())
    std::copy_if(set.tables.begin(), set.tables.end(), std::back_inserter(wanted),
                 [&](const auto& table) { return schema::has_table(connection, table.name); });
  for (const auto& difference : schema::differences(connection, wanted))
    context.tell({.kind = "schema",
                  .file = context.database,
                  .message = fmt::format("{}; compare with a sound file by 'resonance schema'", difference)});
  return std::all_of(core.begin(), core.end(), [&](const auto& table) { return schema::has_table(connection, table.name); });
}

}  // namespace resonance::catalog
