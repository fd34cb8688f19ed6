/// Researchers, beamtimes and the files they were read from, in the tables of an index.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/record_store.hpp"
#include "resonance/index.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// What tells whether a file has changed since it was read. Times are 0 when the file had changed so shortly before that a
/// further change could have left them as they were.
struct Fingerprint {
  std::int64_t inode = 0;
  std::int64_t bytes = 0, changed_ns = 0;
  std::int64_t log_bytes = 0, log_changed_ns = 0;  ///< of SQLite's log beside it; 0 when it has none
  bool operator==(const Fingerprint&) const = default;
};

/// How a file stands in the index.
namespace file_state {
inline constexpr const char* kIndexed = "indexed";
inline constexpr const char* kCopy = "copy";      ///< a beamtime with runs that another file has, too; the others are indexed
inline constexpr const char* kBroken = "broken";  ///< what was read before it broke stays
inline constexpr const char* kOther = "other";    ///< a database, but no beamtime
}  // namespace file_state

struct FileRow {
  std::string state;
  std::optional<std::int64_t> beamtime_id;
  Fingerprint fingerprint;
  std::optional<std::string> message;
};

inline constexpr const char* kUnassigned = "unassigned";  ///< the researcher of beamtimes that are in nobody's folder

/// Reads and writes inside the caller's transaction. Not synchronised.
class BeamtimeRows {
 public:
  explicit BeamtimeRows(sqlite::Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::optional<std::string> setting(std::string_view name);
  void set_setting(std::string_view name, std::string_view value);

  [[nodiscard]] std::vector<Researcher> researchers();  ///< by name
  std::int64_t put_researcher(const Researcher& researcher);
  /// \throws Error(not_found), with the names there are
  [[nodiscard]] std::int64_t researcher_id(std::string_view name);

  /// What a person says about a beamtime; empty parts stay as they were.
  void put_registration(const IndexedBeamtime& beamtime);

  [[nodiscard]] std::vector<IndexedBeamtime> registrations();

  [[nodiscard]] std::vector<IndexedBeamtime> beamtimes();     ///< newest first
  [[nodiscard]] std::map<std::string, std::int64_t> paths();  ///< db_path → id of each
  [[nodiscard]] std::optional<Owner> find_beamtime(std::string_view db_path);
  /// Insert the beamtime, or bring its row up to date with registrations and researchers. `wanted_id`: for a new one, when it is free.
  Owner put_beamtime(std::string_view db_path, std::optional<std::int64_t> wanted_id = {});
  void update_times(std::int64_t beamtime_id);  ///< from its runs
  void move_beamtime(std::int64_t beamtime_id, std::string_view from, std::string_view to);
  void remove_beamtime(std::int64_t beamtime_id);  ///< its runs must be gone
  [[nodiscard]] std::optional<std::string> db_path_of(std::int64_t beamtime_id);

  [[nodiscard]] std::map<std::string, FileRow> files();
  void put_file(std::string_view db_path, const FileRow& row);
  void remove_file(std::string_view db_path);

 private:
  std::int64_t owner_of(std::string_view db_path);
  sqlite::Connection& connection_;
};

}  // namespace resonance::index
