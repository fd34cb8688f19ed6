/// A query as SQL over search_runs: how its runs are found, and what is asked of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "index/sql.hpp"
#include "index/terms.hpp"
#include "query/expression.hpp"

namespace resonance::index {

/// What the runs are wanted for.
enum class Purpose : std::uint8_t {
  first_by_time,  ///< a few, in order of their start: a walk along the times may stop early
  all,            ///< every one
  facets,         ///< every one, for what idx_search_runs_facets has of it
};

/// "FROM … WHERE …" with the row `r` of search_runs.
struct Selection {
  Sql from;
  Sql where;  ///< may be empty
  Sql exact;  ///< SELECT of the runs themselves, each once, where that needs no look at search_runs; may be empty
};

/// From how many runs on something is done another way. The defaults are measured; tests set others, because the answers must not
/// depend on them.
struct SelectionLimits {
  /// The most runs that are listed and looked at one by one to fill a page; default: from the size of the index.
  std::optional<std::uint64_t> few;
  /// For counts every run that fits is touched anyway; above this share of a large index a scan is no slower.
  std::uint64_t many_for_all = 300'000;
  /// Looking for a frequent word in one run costs FTS5 a thousand times what the next run with it does.
  std::uint64_t listed_words = 100'000;
};

/// SQLite's own planner cannot know how many runs have a value; this one looks. A term whose runs are few enough is listed, and
/// the others are asked of these runs alone. When no term is selective, most runs that are looked at fit, so a walk along an SQL
/// index by time finds a page soon.
class Selector {
 public:
  explicit Selector(sqlite::Connection& connection, const SelectionLimits& limits = {})
      : connection_(connection), terms_(connection), limits_(limits) {}

  [[nodiscard]] Selection select(const query::Node& query, Purpose purpose);

 private:
  struct Source {
    Sql sql;
    std::uint64_t count = 0;  ///< rows, counted up to a limit
    bool unique = false;      ///< no run comes twice
  };
  Sql test(const query::Node& node);
  std::optional<Source> source(const query::Node& node, std::uint64_t limit);
  std::optional<Source> source_of_all(const query::AllOf& all, std::uint64_t limit);
  std::optional<Source> source_of_any(const query::AnyOf& any, std::uint64_t limit);
  std::uint64_t few();
  std::uint64_t count(const Sql& sql, std::uint64_t limit);
  std::optional<Terms::Column> walk_column(const query::Node& query);

  sqlite::Connection& connection_;
  Terms terms_;
  const SelectionLimits limits_;
};

/// All words that stand at the top of the query, joined for MATCH.
[[nodiscard]] std::string words_to_rank(const query::Node& query);

}  // namespace resonance::index
