/// What the checks of verify_beamtime() share. Each check is a function that takes a context and tells it what it finds.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "base/worker_pool.hpp"
#include "beamtime/place.hpp"
#include "catalog/verify_statements.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"
#include "sqlite/connection.hpp"

namespace resonance::catalog {

struct VerifyContext {
  const VerifyOptions& options;
  const std::function<void(const Fault&)>& visit;
  const beamtime::Place place;
  const std::filesystem::path &database = place.database, &store = place.store;
  sqlite::Connection& connection;
  WorkerPool& pool;
  VerifyReport report = {};
  std::set<std::string> groups = {};  ///< of the store, that were looked at
  std::uint64_t frames_in_all = 0;    ///< as counted at the beginning, for progress

  void tell(const Fault& fault) {
    ++(fault.severity == Severity::fault ? report.num_faults : report.num_notes);
    visit(fault);
  }
  void note(Fault fault) {
    fault.severity = Severity::note;
    tell(fault);
  }
  void progress() const {
    if (options.progress) options.progress(report.frames, std::max(frames_in_all, report.frames));
  }

  /// Run one check. A database that is too damaged for it is a fault, and no end of the others.
  /// \return whether it came to its end
  template <class Check>
  bool attempt(const std::string& run_uid, Check&& check) {
    try {
      std::forward<Check>(check)();
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::io) throw;
      tell({.kind = error.detail().database ? "database" : "unreadable",
            .run_uid = run_uid,
            .file = error.detail().file,
            .offset = error.detail().offset,
            .message = error.what() + std::string("; what can still be read should be copied out, and the file taken from a backup")});
      return false;
    }
  }
};

// The database by itself.
void check_pages_of_database(VerifyContext& context);
void check_for_log(VerifyContext& context);
void check_log(VerifyContext& context);
void check_log_belongs(VerifyContext& context);
void check_foreign_keys(VerifyContext& context);
void check_types(VerifyContext& context);
/// \return whether all core tables are there, so that the runs can be looked at
bool check_schema(VerifyContext& context);

// One run.
void check_writer(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);
void check_texts(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);
void check_counts(VerifyContext& context, const RunFacts& facts);
void check_seq_nums(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);
void check_events(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);
void check_frame_stores(VerifyContext& context, const RunFacts& facts);
void check_declarations(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);
void check_groups(VerifyContext& context, const RunFacts& facts);
void check_arrays(VerifyContext& context, const RunFacts& facts);
void check_frames(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts);

// The folder of frames.
void check_leftovers(VerifyContext& context, VerifyQueries& queries, const std::vector<std::string>& run_uids);

}  // namespace resonance::catalog
