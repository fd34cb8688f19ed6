#include "resonance/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/verify_context.hpp"
#include "resonance/catalog.hpp"
#include "resonance/schema.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "sqlite/vfs_file.hpp"

namespace resonance {

namespace catalog {

namespace {

void require_known_beamtime(sqlite::Connection& connection) {
  if (!schema::was_beamtime(connection)) schema::throw_no_beamtime(connection, "it has none of its tables");
  schema::require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
}

/// Open it, or tell that it is too damaged for that. What never was a database is the caller's error.
std::optional<sqlite::Connection> open_database(const std::filesystem::path& database, const std::function<void(const Fault&)>& tell) {
  try {
    return sqlite::Connection(database, sqlite::Access::read);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt || !error.detail().database || !sqlite::is_database(database)) throw;
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
  check_declarations(context, queries, *facts);
  check_groups(context, *facts);
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
  const auto place = beamtime::place_to_read(database);
  auto connection = catalog::open_database(place.database, visit);
  if (!connection) {
    VerifyReport report;
    report.num_faults = 1;
    return report;
  }
  catalog::require_known_beamtime(*connection);
  WorkerPool pool(options.threads);
  catalog::VerifyContext context{.options = options, .visit = visit, .place = place, .connection = *connection, .pool = pool};
  context.attempt({}, [&] { catalog::check_for_log(context); });
  context.attempt({}, [&] { catalog::check_log(context); });
  context.attempt({}, [&] { catalog::check_log_belongs(context); });
  context.attempt({}, [&] { catalog::check_pages_of_database(context); });
  context.attempt({}, [&] { catalog::check_foreign_keys(context); });
  bool complete = false;
  context.attempt({}, [&] { complete = catalog::check_schema(context); });
  if (complete) context.attempt({}, [&] { catalog::check_types(context); });
  if (complete) context.attempt({}, [&] { catalog::check_runs(context); });
  return context.report;
}

}  // namespace resonance
