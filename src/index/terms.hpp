/// The terms of a query as SQL: what tests a run, and what lists the runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "index/sql.hpp"
#include "query/expression.hpp"

namespace resonance::index {

/// Rows of a table of names that a term means.
struct Ids {
  static constexpr std::size_t kMostBound = 1000;  // values of one list; SQLite takes a limited number of them in one statement
  Sql all;                                         ///< a SELECT of them; empty where `some` is all
  std::vector<std::int64_t> some;                  ///< the first kMostBound + 1
  [[nodiscard]] bool many() const { return some.size() > kMostBound && !all.text.empty(); }
};

/// What the terms are looked up in. Reads names, paths and units of the index; these are few, however many runs there are.
///
/// A test is a condition on the row `r` of search_runs. It may be NULL where a run has no such value.
/// A source is a SELECT of all runs that fit, in the column `run`, some of them perhaps more than once, that reads from an SQL
/// index. Not every term has one.
class Terms {
 public:
  explicit Terms(sqlite::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Sql test(const query::TextTerm& term);
  [[nodiscard]] Sql test(const query::NumberTerm& term);
  [[nodiscard]] Sql test(const query::TimeTerm& term);
  [[nodiscard]] Sql test(const query::PathTerm& term);
  [[nodiscard]] Sql test(const query::PathExistsTerm& term);
  [[nodiscard]] Sql test(const query::HasTerm& term);
  [[nodiscard]] Sql test(const query::UidTerm& term);
  /// `listed`: the source is short enough to be listed once, instead of looking at each run.
  [[nodiscard]] Sql test(const query::WordsTerm& term, bool listed);

  [[nodiscard]] std::optional<Sql> source(const query::TextTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::NumberTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::TimeTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::PathTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::PathExistsTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::HasTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::UidTerm& term);
  [[nodiscard]] std::optional<Sql> source(const query::WordsTerm& term);

  /// The column of search_runs that a term compares, and the one id that it must have; nothing when it may have several.
  struct Column {
    const char* name;
    const char* index;  ///< SQL index of this column and the time
    std::int64_t id;
  };
  [[nodiscard]] std::optional<Column> single(const query::TextTerm& term);

  /// The expression for MATCH: every word of the query quoted, so that nothing in it is an operator.
  [[nodiscard]] static std::string match(const query::WordsTerm& term);

 private:
  Ids listed(Sql all);
  Ids owners(bool beamtime, const query::Pattern& pattern);
  Ids ids_of(const query::TextTerm& term);
  Ids paths_of(const query::Path& path);
  struct ScaledInterval {
    std::optional<std::int64_t> unit;  ///< id; none: any
    query::Interval interval;
  };
  std::vector<ScaledInterval> scaled(const query::PathTerm& term);

  sqlite::Connection& connection_;
};

/// The field of a run, of the table search_runs r.
[[nodiscard]] const char* number_sql(query::NumberField field);

}  // namespace resonance::index
