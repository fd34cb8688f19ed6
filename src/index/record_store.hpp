/// Records of runs in the tables of an index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time_zone.hpp"
#include "index/run_record.hpp"
#include "index/store_statements.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// Whose run it is.
struct Owner {
  std::int64_t beamtime_id = 0;
  std::int64_t researcher_id = 0;
};

/// Writes inside the caller's transaction. Not synchronised.
///
/// Remembers ids of names. They are right as long as no other connection writes and no transaction is rolled back: call
/// begin() first in every transaction, and forget() after one that was rolled back.
class RecordStore {
 public:
  RecordStore(sqlite::Connection& connection, TimeZone zone);

  void begin();
  void forget();

  enum class Put : std::uint8_t { unchanged, written, of_another };
  /// Insert the run or bring it up to date. A run that another beamtime has is left alone, unless `take_over`.
  Put put(const RunRecord& record, const Owner& owner, bool take_over = false);
  /// The beamtime that has the run.
  [[nodiscard]] std::optional<std::int64_t> beamtime_of(std::string_view uid);

  /// uids of the runs of a beamtime, in their order.
  [[nodiscard]] std::vector<std::string> uids_of(std::int64_t beamtime_id);
  void remove(std::string_view uid);
  void remove_all(std::int64_t beamtime_id);
  void set_researcher(const Owner& owner);  ///< of all runs of the beamtime
  void settle_days();                       ///< of all runs, in the zone of this store

  /// The record as the tables have it.
  [[nodiscard]] std::optional<RunRecord> get(std::string_view uid);

 private:
  struct Stored {
    std::int64_t run = 0, digest = 0;
    Owner owner;
  };
  std::optional<Stored> find(std::string_view uid);
  void write(const RunRecord& record, const Owner& owner, std::int64_t digest, std::optional<std::int64_t> run);
  void write_children(const RunRecord& record, std::int64_t run);
  std::int64_t name_id(const char* kind, std::string_view name);
  std::optional<std::int64_t> name_id(const char* kind, const std::optional<std::string>& name);
  std::int64_t path_id(const Value& value);
  std::optional<std::int64_t> sample_row(const RunRecord& record, std::int64_t beamtime_id);

  sqlite::Connection& connection_;
  TimeZone zone_;
  StoreStatements statements_;
  std::int64_t version_ = -1;                          // of the database, as this connection last saw it
  std::unordered_map<std::string, std::int64_t> ids_;  // kind, or source of a path, and name
  std::unordered_map<std::string, std::int64_t> samples_;
};

}  // namespace resonance::index
