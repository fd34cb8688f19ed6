#include "resonance/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/names.hpp"
#include "catalog/verify_context.hpp"
#include "io/file_system.hpp"
#include "resonance/catalog.hpp"
#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace catalog {

namespace {

void require_beamtime(sqlite::Connection& connection) {
  const ErrorDetail detail{.os_errno = 0, .file = connection.path(), .offset = {}, .database = true};
  const auto tables = schema::beamtime_tables();
  if (std::none_of(tables.begin(), tables.end(), [&](const auto& table) { return schema::has_table(connection, table.name); }))
    throw Error(ErrorCode::corrupt, fmt::format("{} is no beamtime: it has none of its tables", connection.path().string()), detail);
  schema::require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
}

/// Whether the file says that it is an SQLite database. Only of a file that could not be opened as one: closing it drops the
/// locks that SQLite holds on it in this process.
bool says_database(const std::filesystem::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<std::byte, 16> begin{};
  const auto file = io::posix_file_system()->open(path, io::OpenMode::read);
  return file->read_at(0, begin) == begin.size() && std::memcmp(begin.data(), kMagic.data(), begin.size()) == 0;
}

/// Open it, or tell that it is too damaged for that. What never was a database is the caller's error.
std::optional<sqlite::Connection> open_database(const std::filesystem::path& database, const std::function<void(const Fault&)>& tell) {
  try {
    return sqlite::Connection(database, sqlite::Access::read);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt || !error.detail().database || !says_database(database)) throw;
    tell({.kind = "database",
          .file = database,
          .message = fmt::format("{}; nothing in it can be read; take it from a backup, or recover it with the sqlite3 shell (.recover)",
                                 error.what())});
    return std::nullopt;
  }
}

std::vector<std::string> resolved(const std::filesystem::path& database, const std::vector<std::string>& references) {
  const Catalog catalog(database);
  std::vector<std::string> out;
  for (const auto& reference : references)
    if (auto uid = catalog.run(reference).uid(); std::find(out.begin(), out.end(), uid) == out.end()) out.push_back(std::move(uid));
  return out;
}

void check_run(VerifyContext& context, VerifyQueries& queries, const std::string& uid) {
  const auto facts = queries.facts(uid);
  if (!facts) return;  // it was taken out meanwhile
  ++context.report.runs;
  if (!facts->run.closed) ++context.report.open_runs;
  context.report.events += static_cast<std::uint64_t>(facts->events());
  check_writer(context, queries, *facts);
  check_texts(context, queries, *facts);
  check_counts(context, *facts);
  check_seq_nums(context, queries, *facts);
  check_events(context, queries, *facts);
  check_frame_stores(context, *facts);
  check_arrays(context, *facts);
  check_frames(context, queries, *facts);
}

void check_runs(VerifyContext& context) {
  VerifyQueries queries(context.connection);
  const bool all = context.options.runs.empty();
  const auto uids = all ? queries.run_uids() : resolved(context.database, context.options.runs);
  context.attempt({}, [&] {
    if (all) context.frames_in_all = queries.count_frames();
    for (const auto& uid : uids) context.frames_in_all += all ? 0 : queries.count_frames(uid);
  });
  for (const auto& uid : uids) context.attempt(uid, [&] { check_run(context, queries, uid); });
  context.attempt({}, [&] { check_leftovers(context, queries, all ? std::vector<std::string>() : uids); });
}

}  // namespace

}  // namespace catalog

std::string_view to_string(Severity severity) noexcept { return severity == Severity::fault ? "fault" : "note"; }

VerifyReport verify_beamtime(const std::filesystem::path& database, const VerifyOptions& options,
                             const std::function<void(const Fault&)>& visit) {
  auto connection = catalog::open_database(database, visit);
  if (!connection) {
    VerifyReport report;
    report.num_faults = 1;
    return report;
  }
  catalog::require_beamtime(*connection);
  WorkerPool pool(options.threads);
  catalog::VerifyContext context{options, visit, database, frame_store_of(database), *connection, pool};
  context.attempt({}, [&] { catalog::check_log(context); });
  context.attempt({}, [&] { catalog::check_pages_of_database(context); });
  context.attempt({}, [&] { catalog::check_foreign_keys(context); });
  bool complete = false;
  context.attempt({}, [&] { complete = catalog::check_schema(context); });
  if (complete) context.attempt({}, [&] { catalog::check_types(context); });
  if (complete) context.attempt({}, [&] { catalog::check_runs(context); });
  return context.report;
}

}  // namespace resonance
