#include "resonance/repair.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>

#include "base/clock.hpp"
#include "beamtime/place.hpp"
#include "io/file_lock.hpp"
#include "io/link.hpp"
#include "repair/arrays.hpp"
#include "repair/context.hpp"
#include "repair/damaged_database.hpp"
#include "repair/mend_array.hpp"
#include "repair/records.hpp"
#include "repair/rows.hpp"
#include "repair/salvage.hpp"
#include "repair/workplace.hpp"
#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/log_file.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "schema/write_lock.hpp"

namespace resonance {

namespace repair {

namespace {

namespace fs = std::filesystem;

constexpr int kMostRounds = 4;  // what one mends, the next may have to look at again
constexpr std::chrono::seconds kBusyTimeout{2};

/// What a check finds, as far as something can be done about it.
struct Checked {
  VerifyReport report;
  std::map<std::string, std::string> groups;  ///< arrays with faults, and the first of them
  std::vector<Fault> others;                  ///< faults that are of no array; the first ones
  std::uint64_t declarations = 0;             ///< of them: frames that are not as declared, which nothing here can decide
};

/// Keeps others from recording into the damaged beamtime; where no lock file can be made, nobody records.
class Quiet {
 public:
  explicit Quiet(const beamtime::Place& place) {
    try {
      locks_ = std::make_unique<io::LockFile>(place.lock);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io) throw;
      return;
    }
    lock_ = std::make_unique<schema::WriteLock>(*locks_, kBusyTimeout);
    if (locks_->held_by_other_from(schema::kWriteLockByte + 1))
      throw Error(ErrorCode::busy, fmt::format("a run of {} is being recorded; repair it when that has ended", place.database.string()),
                  {.os_errno = 0, .file = place.database, .offset = {}, .database = false});
  }

 private:
  std::unique_ptr<io::LockFile> locks_;
  std::unique_ptr<schema::WriteLock> lock_;
};

fs::path output_of(const fs::path& database, const RepairOptions& options) {
  auto out = options.output;
  if (out.empty()) {
    out = database;
    out.replace_extension(".repaired.db");
  }
  if (out.extension() != ".db" || out.stem().empty())
    throw Error(ErrorCode::invalid_argument, fmt::format("a beamtime's file name ends in .db; '{}' does not", out.string()));
  return out;
}

class Repair {
 public:
  Repair(RepairContext& context, const fs::path& output)
      : context_(context), quiet_(context.place), work_(context.files, output), output_(output) {}

  RepairReport run() {
    copy_database(*context_.files, context_.database, work_.scratch());
    const auto log = schema::survey_log_of(*context_.files, work_.scratch());
    missing_log_ = look_for_log();
    damage_ = structural_damage(work_.scratch(), context_.database);
    std::map<std::string, std::string> groups;
    if (damage_.empty()) {
      const auto found = check_copy();
      if (found.report.num_faults == found.declarations) return leave_as_it_is(found);
      groups = found.groups;
      if (has_odd_rows() || of_schema(found)) damage_ = "it has rows or tables that are not as they should be";
    }
    if (log.state == sqlite::LogSurvey::State::damaged)
      context_.tell({.outcome = Outcome::lost,
                     .kind = "log",
                     .count = log.lost,
                     .file = context_.place.log,
                     .offset = log.offset,
                     .message = fmt::format("the log {} is damaged at byte {}: {} transactions behind that place cannot be read",
                                            context_.place.log.string(), log.offset, log.lost)});
    tell_missing_log();
    auto connection = damage_.empty() ? take_copy() : salvage();
    mend(connection, damage_.empty() ? std::optional(groups) : std::nullopt);
    connection.leave_write_ahead_log();
    { const auto closed = std::move(connection); }
    publish();
    return context_.report;
  }

 private:
  /// What is said of the log that the beamtime lacks; empty when nothing is.
  [[nodiscard]] std::string look_for_log() const {
    try {
      sqlite::Connection connection(work_.scratch(), sqlite::Access::read);
      if (schema::log_state(connection) != schema::LogState::missing) return {};
      return schema::missing_log(connection, context_.database).value_or("");
    } catch (const Error&) {  // too damaged to be opened: told with the rest
      return {};
    }
  }

  void tell_missing_log() {
    if (missing_log_.empty()) return;
    context_.report.log_missing = true;
    context_.tell({.outcome = Outcome::lost, .kind = "log", .file = context_.database.string() + "-wal", .message = missing_log_});
  }

  /// Frames that are there and not as declared stay so: which of the two is right, only people know.
  RepairReport leave_as_it_is(const Checked& found) {
    tell_others(found);
    context_.report.sound = true;
    context_.report.verified = found.report;
    return context_.report;
  }

  /// Check a database and its frames. Faults name files of the new store or of the copy.
  Checked check(const fs::path& database, const std::set<std::string>& known) {
    Checked out;
    VerifyOptions options;
    options.frames = true;
    options.threads = context_.options.threads;
    options.progress = [&](auto done, auto total) { context_.progress("checking frames", done, total); };
    out.report = verify_beamtime(database, options, [&](const Fault& fault) {
      if (fault.severity == Severity::note) return;
      out.declarations += fault.kind == "declaration" ? 1 : 0;
      const auto group = group_of(fault.file.lexically_relative(beamtime::place_at(database).store), known);
      if (!group.empty())
        out.groups.emplace(group, fault.message);
      else if (out.others.size() < kMostOthers)
        out.others.push_back(fault);
    });
    return out;
  }

  static std::string group_of(const fs::path& relative, const std::set<std::string>& known) {
    for (auto path = relative; !path.empty() && path != path.parent_path(); path = path.parent_path())
      if (known.contains(path.string())) return path.string();
    return {};
  }

  Checked check_copy() {
    std::error_code ignored;
    if (fs::is_directory(context_.store, ignored)) io::link_folder(context_.store, beamtime::place_at(work_.scratch()).store);
    sqlite::Connection connection(work_.scratch(), sqlite::Access::read);
    return check(work_.scratch(), groups_in(connection));
  }

  static std::set<std::string> groups_in(sqlite::Connection& connection) {
    std::set<std::string> out;
    for (const auto* table : {"image_refs", "frame_stores"})
      if (schema::has_table(connection, table)) out.merge(named_groups(connection, table));
    return out;
  }

  static bool of_schema(const Checked& found) {
    for (const auto& fault : found.others)
      if (fault.kind == "schema" || fault.kind == "foreign_key" || fault.kind == "database") return true;
    return false;
  }

  bool has_odd_rows() {
    sqlite::Connection connection(work_.scratch(), sqlite::Access::read);
    bool odd = false;
    for (const auto& table : beamtime_rows())
      salvage_table(connection, table, UINT64_MAX, [&](Row& row) {
        const auto verdict = check_row(table, row);
        odd = odd || !verdict.taken || !verdict.why.empty();
      });
    return odd;
  }

  static sqlite::Connection open_new(const fs::path& path, sqlite::Access access) {
    sqlite::Connection connection(path, access);
    schema::say_in_use(connection, false);
    connection.leave_write_ahead_log();
    connection.set_synchronous(sqlite::Synchronous::off);  // nothing counts before everything is complete
    create_beamtime_schema(connection.handle());
    schema::create_repair_tables(connection);
    connection.execute("PRAGMA foreign_keys = OFF");
    return connection;
  }

  /// The database is sound: its rows stay where they are.
  sqlite::Connection take_copy() {
    for (const char* side : {"", "-wal", "-journal"})
      if (context_.files->exists(work_.scratch().string() + side))
        context_.files->rename(work_.scratch().string() + side, work_.database().string() + side);
    auto connection = open_new(work_.database(), sqlite::Access::read_write);
    context_.ours = RecordStatements(connection).count("run_details") > 0;
    return connection;
  }

  sqlite::Connection salvage() {
    context_.tell(
        {.kind = "database", .file = context_.database, .message = fmt::format("{} is damaged: {}", context_.database.string(), damage_)});
    auto source = open_damaged(*context_.files, work_.scratch());
    if (!source)
      throw Error(
          ErrorCode::corrupt,
          fmt::format("no table of {} can be read, so nothing can be repaired; take it from a backup, or try .recover of the sqlite3 "
                      "shell ({})",
                      context_.database.string(), damage_),
          {.os_errno = 0, .file = context_.database, .offset = {}, .database = true});
    if (!source->mended.empty())
      context_.tell({.outcome = Outcome::mended, .kind = "header", .file = context_.database, .message = source->mended});
    context_.ours = !schema::column_names(source->connection, "run_details").empty();
    auto connection = open_new(work_.database(), sqlite::Access::create);
    rescue_rows(context_, source->connection, connection,
                io::file_bytes(work_.scratch()) + io::file_bytes(work_.scratch().string() + "-wal"));
    return connection;
  }

  void mend(sqlite::Connection& connection, const std::optional<std::map<std::string, std::string>>& damaged_groups) {
    RecordStatements records(connection);
    FrameStatements frames(connection);
    ArrayTask task{context_, frames, records, work_.store(), !damaged_groups};
    {
      sqlite::Transaction transaction(connection);
      mend_odd_numbers(frames);
      mend_parents(context_, records);
      mend_checksums(context_, records);
      transaction.commit();
    }
    link_arrays(context_, frames, work_.store());
    auto groups = damaged_groups ? *damaged_groups : check(work_.database(), groups_in(connection)).groups;
    for (int round = 0; round < kMostRounds; ++round) {
      sqlite::Transaction transaction(connection);
      mend_fields(frames);
      for (const auto& [group, why] : groups) mend_array(task, group);
      mend_parents(context_, records);
      drop_orphans(context_, records);
      mend_runs(context_, records, round == 0);
      transaction.commit();
      const auto found = check(work_.database(), groups_in(connection));
      context_.report.verified = found.report;
      if (found.report.num_faults == 0 || found.groups.empty() || round + 1 == kMostRounds) return tell_rest(found);
      groups = found.groups;
    }
  }

  void mend_odd_numbers(FrameStatements& frames) {
    if (const auto rows = frames.refuse_odd_numbers(context_.now); rows > 0)
      context_.tell({.outcome = Outcome::lost,
                     .kind = "frame",
                     .count = rows,
                     .file = context_.database,
                     .message = fmt::format("{} references to frames have a number that makes no sense", rows)});
  }

  void mend_fields(FrameStatements& frames) {
    if (const auto rows = frames.mend_fields(); rows > 0)
      context_.tell({.outcome = Outcome::mended,
                     .kind = "reference",
                     .count = rows,
                     .file = context_.database,
                     .message = fmt::format("{} rows named another field than their array is of; it follows from the array's name", rows)});
  }

  void tell_others(const Checked& found) {
    for (const auto& fault : found.others)
      context_.tell({.kind = fault.kind,
                     .run_uid = fault.run_uid,
                     .field = fault.field,
                     .file = context_.database,
                     .message = "not mended: " + fault.message});
  }

  void tell_rest(const Checked& found) {
    tell_others(found);
    for (const auto& [group, why] : found.groups)
      context_.tell({.kind = "array", .file = context_.store / group, .message = fmt::format("not mended: {}: {}", group, why)});
    note_left_out(context_, work_.store());
  }

  void publish() {
    const bool frames = context_.files->exists(work_.store());
    work_.publish();
    context_.report.database = output_;
    if (frames) context_.report.store = beamtime::place_at(output_).store;
  }

  static constexpr std::size_t kMostOthers = 1000;
  RepairContext& context_;
  Quiet quiet_;
  Workplace work_;
  const fs::path output_;
  std::string missing_log_;
  std::string damage_;  ///< of the database; empty: its rows can be taken as they are
};

}  // namespace

}  // namespace repair

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::mended:
      return "mended";
    case Outcome::lost:
      return "lost";
    case Outcome::changed:
      return "changed";
    default:
      return "note";
  }
}

RepairReport repair_beamtime(const std::filesystem::path& database, const RepairOptions& options,
                             const std::function<void(const RepairFinding&)>& visit) {
  const auto files = options.file_system ? options.file_system : io::posix_file_system();
  repair::RepairContext context{.options = options, .visit = visit, .place = beamtime::place_to_read(database), .files = files};
  sqlite::require_file(context.database);
  context.report.damaged = context.database;
  context.now = system_time();
  return repair::Repair(context, repair::output_of(context.database, options)).run();
}

}  // namespace resonance
