/// The master index: questions about all beamtimes below a data root, answered without opening them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/run_writer.hpp"
#include "resonance/search.hpp"
#include "resonance/types.hpp"

namespace resonance {

/// A person whose beamtimes are indexed. The key is the name.
struct Researcher {
  std::optional<std::int64_t> id = {};  ///< researchers.id, filled in by the library
  std::string name = {};
  std::optional<std::string> email = {}, orcid = {}, affiliation = {};
  /// Folder below the data root; beamtimes in it are this researcher's unless they were registered otherwise. When empty it
  /// follows from the name, with everything but letters, digits, '.', '_' and '-' made '_'.
  std::string root_path = {};
  Json extra = Json::object();
};

/// A beamtime as the index knows it. The key is db_path.
struct IndexedBeamtime {
  std::optional<std::int64_t> id = {};  ///< beamtimes.id, filled in by the library
  std::string db_path = {};             ///< relative to the data root
  std::string label = {};               ///< when empty: the file's name without its ending
  std::string researcher = {};          ///< name; when empty: whose folder the file is in
  std::optional<std::string> description = {};
  Json extra = Json::object();
  std::optional<double> time_start = {}, time_stop = {};  ///< first start and last stop of its runs, seconds since the Unix epoch, UTC
  std::uint64_t num_runs = 0;
  std::string fault = {};  ///< why it could not be read the last time; empty: it could
};

/// What an index holds of a sample, over all beamtimes that have one of that name.
struct IndexedSample {
  std::string name;
  std::vector<std::string> formulas, serials;  ///< different ones, in alphabetical order
  std::vector<std::string> tags;
  std::uint64_t num_runs = 0, num_beamtimes = 0;
  std::optional<double> first_start, last_start;  ///< of its runs
};

struct IndexProgress {
  std::uint64_t beamtimes_done = 0, beamtimes = 0;
  std::uint64_t runs = 0;  ///< read so far
};

struct SyncOptions {
  unsigned threads = 0;                                ///< that read beamtimes; 0: one for each core
  std::function<bool(const IndexProgress&)> progress;  ///< on the caller's thread; false stops the work, what is done stays
};

/// A file that could not be indexed, or not as it stands.
struct IndexFault {
  std::string db_path;  ///< relative to the data root
  std::string message;
};

struct SyncReport {
  std::uint64_t beamtimes = 0;  ///< found below the root
  std::vector<std::string> added, changed, removed;
  std::vector<std::pair<std::string, std::string>> moved;  ///< from, to
  std::vector<IndexFault> faults;                          ///< broken beamtimes and copies of others; the rest is indexed
  std::uint64_t runs_written = 0, runs_removed = 0;
  bool stopped = false;  ///< by SyncOptions::progress
};

/// One way in which the index differs from what the beamtimes say.
struct IndexDifference {
  std::string db_path;
  std::string uid;  ///< of the run; empty: the beamtime itself
  std::string message;
};

struct IndexVerifyReport {
  std::uint64_t beamtimes = 0, runs = 0;
  std::vector<IndexDifference> differences;
  std::vector<IndexFault> faults;  ///< beamtimes that cannot be read
  bool stopped = false;
};

struct MasterIndexOptions {
  std::chrono::milliseconds busy_timeout{10000};  ///< wait for another process's transaction
};

/// `index.db` of a data root.
///
/// It is a cache: all but researchers and what was registered by hand follows from the beamtimes, and sync() or rebuild()
/// bring it back. Questions may be asked by any number of processes while others write.
/// Threads: calls may come from any thread and are serialised.
/// Errors: each call may throw Error(io, no_space, busy, corrupt) from below.
class MasterIndex {
 public:
  /// \throws Error(not_found) the folder is no data root: make one with init_data_root()
  explicit MasterIndex(const std::filesystem::path& root, const MasterIndexOptions& options = {});
  ~MasterIndex();
  MasterIndex(MasterIndex&&) noexcept;
  MasterIndex& operator=(MasterIndex&&) noexcept;

  // Questions. None opens a beamtime. \throws Error(invalid_argument) of the query, with the column
  [[nodiscard]] SearchPage search(const SearchOptions& options) const;
  [[nodiscard]] Explanation explain(const SearchOptions& options) const;  ///< of its query, zone and now
  [[nodiscard]] std::uint64_t count(std::string_view query) const;
  [[nodiscard]] std::uint64_t count(const FacetOptions& options) const;  ///< of its query, zone and now
  [[nodiscard]] std::vector<Facet> facets(const FacetOptions& options) const;
  /// One run by its uid, a unique prefix of it, or its scan_id where only one run has that; "-1" is the newest that is not of the future.
  /// \throws Error(not_found); Error(invalid_argument) when several fit, with some of them
  [[nodiscard]] FoundRun run(std::string_view reference) const;
  [[nodiscard]] std::vector<Researcher> researchers() const;     ///< by name
  [[nodiscard]] std::vector<IndexedBeamtime> beamtimes() const;  ///< newest first
  /// Samples whose name fits, in order of their names; `*` and `?` are wildcards, case does not matter.
  [[nodiscard]] std::vector<IndexedSample> samples(std::string_view pattern = "*") const;

  /// Insert the researcher, or change the one of that name: what is given replaces what was there. Makes the folder.
  /// \return researchers.id
  std::int64_t register_researcher(const Researcher& researcher);
  /// Insert or change a beamtime, and index its runs when its database is there. `db_path` may be absolute, below the root.
  /// \return beamtimes.id \throws Error(not_found) no such researcher; Error(invalid_argument) outside the root
  std::int64_t register_beamtime(const IndexedBeamtime& beamtime);
  /// Bring one run up to date with its beamtime's database. \throws Error(not_found) no such run there
  void index_run(const std::filesystem::path& database, std::string_view uid);

  /// Find new, changed, moved and deleted beamtimes below the root, and bring the index up to date with them.
  SyncReport sync(const SyncOptions& options = {});
  /// Make the index anew from the beamtimes; keeps researchers and registrations. Searches see the old one until it is done.
  SyncReport rebuild(const SyncOptions& options = {});
  /// Compare every run with its beamtime. Changes nothing.
  [[nodiscard]] IndexVerifyReport verify(const SyncOptions& options = {}) const;

  [[nodiscard]] const std::filesystem::path& root() const noexcept;
  /// IANA name of the zone that days and dates are in; nothing when none was set: then it is UTC.
  [[nodiscard]] std::optional<std::string> zone() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The nearest folder above `database` that is a data root; empty when there is none.
[[nodiscard]] std::filesystem::path find_data_root(const std::filesystem::path& database);

/// For RunWriterOptions::on_run_change: keeps the runs of a writer indexed, on a thread of its own. It never delays or fails
/// the recording: when the index is locked, missing or broken, that is told to `log`, and the next sync() catches up.
[[nodiscard]] std::shared_ptr<RunListener> index_listener(const std::filesystem::path& root,
                                                          std::function<void(std::string_view)> log = {});

}  // namespace resonance
