/// The query language (docs/search.md): text to tree.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace resonance::query
