/// The questions of a master index, asked of one beamtime: its runs are put into an index in memory.
#include <mutex>
#include <set>
#include <utility>

#include "catalog/catalog_impl.hpp"
#include "index/beamtime_reader.hpp"
#include "index/beamtime_rows.hpp"
#include "index/data_root.hpp"
#include "index/search.hpp"
#include "resonance/schema.hpp"
#include "resonance/search.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace {

constexpr std::uint64_t kBatchRuns = 256;

/// The runs of one catalog in an index in memory, which the catalog keeps. Brought up to date by a question when the database
/// has changed.
class MemoryIndex {
 public:
  template <class Ask>
  auto ask(const Catalog& catalog, const std::optional<std::string>& zone, Ask&& question) {
    const std::lock_guard lock(mutex_);
    bring_up_to_date(catalog, zone);
    return question(index::Search(*connection_));
  }

 private:
  void bring_up_to_date(const Catalog& catalog, const std::optional<std::string>& zone) {
    // Asked before reading: what is committed meanwhile is another version.
    const auto version = catalog.impl()->with([](catalog::Queries& queries) { return queries.data_version(); });
    if (!connection_ || zone != zone_) {
      make(zone);
    } else if (version == version_) {
      return;
    }
    version_ = -1;  // half read, should anything fail
    sqlite::Transaction transaction(*connection_);
    index::RecordStore records(*connection_, zone ? TimeZone::load(*zone) : TimeZone());
    const auto owner = index::BeamtimeRows(*connection_).put_beamtime(catalog.database().filename().string());
    std::set<std::string> seen;
    index::BeamtimeReader reader(catalog.impl());
    for (auto batch = reader.next(kBatchRuns); !batch.empty(); batch = reader.next(kBatchRuns))
      for (const auto& record : batch) {
        records.put(record, owner);
        seen.insert(record.summary.uid);
      }
    for (const auto& uid : records.uids_of(owner.beamtime_id))
      if (!seen.contains(uid)) records.remove(uid);
    transaction.commit();
    version_ = version;
  }

  void make(const std::optional<std::string>& zone) {
    connection_.emplace(sqlite::Connection::in_memory());
    zone_ = zone;
    create_index_schema(connection_->handle());
    schema::create_search_tables(*connection_);
    if (zone) index::BeamtimeRows(*connection_).set_setting("zone", *zone);
  }

  std::mutex mutex_;  // guards the rest
  std::optional<sqlite::Connection> connection_;
  std::optional<std::string> zone_;
  std::int64_t version_ = -1;
};

template <class Ask>
auto ask(const Catalog& catalog, const std::optional<std::string>& zone, Ask&& question) {
  return catalog.impl()->kept<MemoryIndex>()->ask(catalog, zone ? zone : index::zone_above(catalog.database()),
                                                  std::forward<Ask>(question));
}

}  // namespace

SearchPage search(const Catalog& catalog, const SearchOptions& options) {
  auto page = ask(catalog, options.zone, [&](index::Search search) { return search.page(options); });
  for (auto& run : page.runs) {
    run.researcher.clear();
    run.db_path.clear();
  }
  return page;
}

Explanation explain(const Catalog& catalog, const SearchOptions& options) {
  return ask(catalog, options.zone, [&](index::Search search) { return search.explain(options); });
}

std::uint64_t count_runs(const Catalog& catalog, std::string_view query) {
  FacetOptions options;
  options.query = query;
  return count_runs(catalog, options);
}

std::uint64_t count_runs(const Catalog& catalog, const FacetOptions& options) {
  return ask(catalog, options.zone, [&](index::Search search) { return search.count(options); });
}

std::vector<Facet> facets(const Catalog& catalog, const FacetOptions& options) {
  return ask(catalog, options.zone, [&](index::Search search) { return search.facets(options); });
}

}  // namespace resonance
