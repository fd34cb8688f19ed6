/// Questions to one index database.
#pragma once

#include <string_view>
#include <vector>

#include "index/counts.hpp"
#include "index/selection.hpp"
#include "query/expression.hpp"
#include "query/parse.hpp"
#include "resonance/index.hpp"
#include "resonance/search.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// Reads only. Not synchronised.
class Search {
 public:
  explicit Search(sqlite::Connection& connection, const SelectionLimits& limits = {}) : connection_(connection), limits_(limits) {}

  [[nodiscard]] SearchPage page(const SearchOptions& options);
  /// How SQLite would find the page: lines of EXPLAIN QUERY PLAN.
  [[nodiscard]] std::vector<std::string> plan(const SearchOptions& options);
  [[nodiscard]] Explanation explain(const SearchOptions& options);
  [[nodiscard]] std::uint64_t count(const FacetOptions& options);
  [[nodiscard]] std::vector<Facet> facets(const FacetOptions& options);
  [[nodiscard]] FoundRun run(std::string_view reference, std::string_view file);
  [[nodiscard]] std::vector<IndexedSample> samples(std::string_view pattern);

 private:
  /// run, uid and value of the sort, of the page and one more.
  [[nodiscard]] Sql page_sql(const SearchOptions& options);
  [[nodiscard]] query::ParseContext context(const std::optional<std::string>& zone, const std::optional<double>& now);
  [[nodiscard]] query::Node parse(std::string_view text, const std::optional<std::string>& zone, const std::optional<double>& now);
  [[nodiscard]] std::vector<FoundRun> read(const std::vector<std::int64_t>& runs);
  [[nodiscard]] Counts tags_of(std::vector<std::int64_t> runs);

  sqlite::Connection& connection_;
  const SelectionLimits limits_;
};

}  // namespace resonance::index
