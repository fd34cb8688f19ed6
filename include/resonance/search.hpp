/// Questions about runs, in one small language: of one beamtime, or of all in a master index (docs/search.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resonance/catalog.hpp"
#include "resonance/types.hpp"

namespace resonance {

/// What a search gives for a run: its summary, and where it is.
struct FoundRun : RunSummary {
  std::string researcher;
  std::string beamtime;     ///< label
  std::string db_path;      ///< of the database, relative to the data root
  std::uint64_t bytes = 0;  ///< of its frames on disk
  std::uint64_t num_notes = 0;
};

struct SearchOptions {
  std::string query;  ///< in the language of docs/search.md; empty: every run
  /// "time_start", "plan_name", "sample", "scan_id", "num_events", "num_frames", "bytes", "duration", or "rank" (best match of words
  /// first); with '-' in front descending. Runs that have no such value come last.
  std::string sort = "-time_start";
  std::uint64_t limit = 50;         ///< runs of a page, 1 … 10,000
  std::string cursor;               ///< SearchPage::next of the page before; empty: the first page
  std::optional<std::string> zone;  ///< IANA name, of dates in the query; default: that of the data root above the beamtime, else UTC
  std::optional<double> now;        ///< seconds since the Unix epoch; default: the system clock
};

struct SearchPage {
  std::vector<FoundRun> runs;
  /// Give it as SearchOptions::cursor, with the same query and sort, for the runs behind these; empty: there are none. Pages go
  /// on behind the last run, so that runs which arrive meanwhile neither repeat others nor hide them. Pages by rank do shift: a rank is one
  /// among all runs.
  std::string next;
};

/// How a query was read, for an answer that is empty or surprising.
struct Explanation {
  std::string read_as;             ///< the query in its own language, with all that was left to be understood: "plan:nexafs AND \"or\""
  std::vector<std::string> hints;  ///< where it finds nothing: what may have been meant, each a sentence; what it says was tried
};

struct FacetOptions {
  std::string query;
  std::vector<std::string> names = {};  ///< of "plan", "sample", "operator", "status", "day", "researcher", "beamtime", "tag"; empty: all
  std::uint64_t limit = 20;             ///< values of a facet
  std::optional<std::string> zone = {};
  std::optional<double> now = {};
};

/// How often each value occurs among the runs found: the most frequent first, days the newest first.
struct Facet {
  std::string name;
  std::vector<std::pair<std::string, std::uint64_t>> values;  ///< days as "2026-03-14"; runs without a value are not counted here
  std::uint64_t num_values = 0;                               ///< different ones, also those that the limit left out
};

/// The same questions about one beamtime. `researcher` and `db_path` of what is found are empty. The first one reads what can be
/// asked for into memory, about 4 KiB a run, where it stays as long as the catalog; later ones only when the database has changed.
/// Any thread may call; those of one catalog wait for each other.
[[nodiscard]] SearchPage search(const Catalog& catalog, const SearchOptions& options);
[[nodiscard]] Explanation explain(const Catalog& catalog, const SearchOptions& options);  ///< of its query, zone and now
[[nodiscard]] std::uint64_t count_runs(const Catalog& catalog, std::string_view query);
[[nodiscard]] std::uint64_t count_runs(const Catalog& catalog, const FacetOptions& options);  ///< of its query, zone and now
[[nodiscard]] std::vector<Facet> facets(const Catalog& catalog, const FacetOptions& options);

}  // namespace resonance
