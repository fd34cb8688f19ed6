/// Whole-file work on a beamtime or an index: what is in it, how large it is, which version, how to raise it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/schema.hpp"

namespace resonance {

/// One table as found in the file.
struct TableDescription {
  std::string name;
  bool core = false;  ///< one of format.md's fixed tables; false: side table
  std::vector<std::string> columns;
  std::uint64_t rows = 0;
};

struct SchemaDescription {
  std::string kind;  ///< "beamtime", "index", or "unknown"
  int user_version = 0;
  int current_version = 0;  ///< the version this library writes for that kind; 0 when unknown
  std::vector<TableDescription> tables;
  std::vector<std::pair<std::string, int>> extensions;  ///< side-table sets and their versions
  std::vector<std::string> faults;                      ///< what differs from the format, in words; empty when it is exact
};

/// Describe a database file without changing it. \throws Error(not_found, corrupt)
[[nodiscard]] SchemaDescription describe_schema(const std::filesystem::path& database);

struct MigrationOptions {
  int target = kBeamtimeSchemaVersion;
  bool dry_run = false;  ///< only say what would be done
  bool backup = true;    ///< copy the database to `<name>.db.v<N>.bak` first
};
struct MigrationReport {
  int from = 0;
  int to = 0;
  std::vector<std::string> steps;  ///< in words; empty: nothing to do
  std::filesystem::path backup;    ///< empty when none was made
};

/// Migrate a beamtime file. \throws as migrate_beamtime_schema(); Error(not_found); Error(already_exists) backup file
MigrationReport migrate_beamtime_file(const std::filesystem::path& database, const MigrationOptions& options = {});

struct BeamtimeStatistics {
  std::uint64_t runs = 0, samples = 0, streams = 0, events = 0, frames = 0;
  std::uint64_t database_bytes = 0;              ///< database and log files
  std::uint64_t store_bytes = 0;                 ///< allocated bytes of the frame store
  std::uint64_t frame_bytes = 0;                 ///< what the frames take in memory
  std::optional<double> first_start, last_stop;  ///< seconds since the Unix epoch, UTC
  double recording_seconds = 0;                  ///< sum over closed runs of time_stop - time_start
};

/// Count what a beamtime holds. Reads only.
[[nodiscard]] BeamtimeStatistics beamtime_statistics(const std::filesystem::path& database);

struct DataRootOptions {
  std::optional<std::string> researcher;  ///< add this one to the index, and make a folder of the same name
  std::optional<std::string> zone;  ///< IANA name of the facility's time zone, which days and dates are in; default: as it is, at first UTC
};

/// Make a data root: the folder, and `index.db` in it with the master index. Idempotent. \return the path of the index
std::filesystem::path init_data_root(const std::filesystem::path& root, const DataRootOptions& options = {});

}  // namespace resonance
