/// The query language (docs/search.md): text to tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.hpp"
#include "query/expression.hpp"

namespace resonance::query {

/// What words such as "yesterday" and times without a zone are relative to.
struct ParseContext {
  double now = 0;  ///< seconds since the Unix epoch
  TimeZone zone;   ///< of dates and times that name none
};

/// An empty query is every run.
/// \throws Error(invalid_argument) that names the column (from 1, in characters), what stands there, and what was expected
[[nodiscard]] Node parse_query(std::string_view text, const ParseContext& context);

/// A term where it stands in the text, for explanations.
struct WrittenTerm {
  std::size_t begin = 0, end = 0;  ///< bytes of the query, of the name and the value
  std::string name;                ///< empty: a word or a phrase
  bool is_path = false;            ///< no field has that name, or it is in quotes
  bool is_equality = false;        ///< ":" or "="
  std::string value;               ///< without quotes; the word
  bool is_quoted = false;          ///< the value is
  std::size_t value_at = 0;        ///< byte of the query
  bool is_negated = false;
  Node node;
};
struct ReadQuery {
  Node tree;
  std::vector<WrittenTerm> terms;  ///< in the order of the text
};
/// The same, with its terms.
[[nodiscard]] ReadQuery read_query(std::string_view text, const ParseContext& context);

}  // namespace resonance::query
