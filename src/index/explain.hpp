/// How a query is read, and what may have been meant when it finds nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "index/rewrites.hpp"
#include "index/selection.hpp"
#include "query/parse.hpp"
#include "resonance/search.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

/// Reads only. What it says it has tried.
class Explainer {
 public:
  Explainer(sqlite::Connection& connection, const SelectionLimits& limits, query::ParseContext context)
      : connection_(connection), limits_(limits), context_(std::move(context)) {}

  /// \throws Error(invalid_argument) of the query, with the column
  [[nodiscard]] Explanation explain(std::string_view text);

 private:
  [[nodiscard]] std::uint64_t count(const query::Node& node);
  /// A hint for each rewriting that finds runs, and for those that are certain; false when there is room for no more.
  void suggest(const std::vector<Rewrite>& rewrites);
  void say(std::string hint);
  void look_at(const query::WrittenTerm& term);
  void look_at_value(const query::WrittenTerm& term, const query::PathTerm& path);
  void look_for_name(const query::WrittenTerm& term);
  void look_for_text(const query::WrittenTerm& term, const query::TextTerm& text);
  void look_for_words(const query::WrittenTerm& term, const query::WordsTerm& words);
  void look_at_number(const query::WrittenTerm& term, const query::NumberTerm& number);
  void look_at_other(const query::WrittenTerm& term);
  void look_for_times();
  void look_at_stretch(const query::Node& query);
  [[nodiscard]] bool is_value(const query::Path& path);
  [[nodiscard]] bool is_value_name(std::string_view name);

  sqlite::Connection& connection_;
  const SelectionLimits limits_;
  const query::ParseContext context_;
  std::string text_;
  std::size_t tried_ = 0;
  std::vector<std::string> hints_;
  bool is_rewritten_ = false;  ///< the query as a whole may have been meant in another way; then no word of it is looked at
};

/// How many runs fit.
[[nodiscard]] std::uint64_t count_of(sqlite::Connection& connection, const SelectionLimits& limits, const query::Node& query);

}  // namespace resonance::index
