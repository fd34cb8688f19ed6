/// The questions of a master index, asked of one beamtime: its runs are put into an index in memory.
#include <mutex>

#include "catalog/catalog_impl.hpp"
#include "index/beamtime_reader.hpp"
#include "index/beamtime_rows.hpp"
#include "index/search.hpp"
#include "resonance/schema.hpp"
#include "resonance/search.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace {

constexpr std::uint64_t kBatchRuns = 256;

class MemoryIndex {
 public:
  MemoryIndex(const Catalog& catalog, const std::optional<std::string>& zone) : connection_(sqlite::Connection::in_memory()) {
    create_index_schema(connection_.handle());
    schema::create_search_tables(connection_);
    sqlite::Transaction transaction(connection_);
    index::BeamtimeRows beamtimes(connection_);
    index::RecordStore records(connection_, zone ? TimeZone::load(*zone) : TimeZone());
    if (zone) beamtimes.set_setting("zone", *zone);
    const auto owner = beamtimes.put_beamtime(catalog.database().filename().string());
    index::BeamtimeReader reader(catalog.impl());
    for (auto batch = reader.next(kBatchRuns); !batch.empty(); batch = reader.next(kBatchRuns))
      for (const auto& record : batch) records.put(record, owner);
    transaction.commit();
  }

  [[nodiscard]] index::Search search() { return index::Search(connection_); }

 private:
  sqlite::Connection connection_;
};

}  // namespace

SearchPage search(const Catalog& catalog, const SearchOptions& options) {
  auto page = MemoryIndex(catalog, options.zone).search().page(options);
  for (auto& run : page.runs) {
    run.researcher.clear();
    run.db_path.clear();
  }
  return page;
}

std::uint64_t count_runs(const Catalog& catalog, std::string_view query) {
  FacetOptions options;
  options.query = query;
  return MemoryIndex(catalog, {}).search().count(options);
}

std::vector<Facet> facets(const Catalog& catalog, const FacetOptions& options) {
  return MemoryIndex(catalog, options.zone).search().facets(options);
}

}  // namespace resonance
