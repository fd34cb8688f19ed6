/// What a search finds as CSV, for spreadsheets.
#pragma once

#include <string>
#include <vector>

#include "resonance/search.hpp"

namespace resonance::cli {

/// A header, and a line for each run. Times are ISO 8601 with the distance from UTC, in local time.
[[nodiscard]] std::string csv_of(const std::vector<FoundRun>& runs);
/// A header, and a line for each value of each facet.
[[nodiscard]] std::string csv_of(const std::vector<Facet>& facets);

}  // namespace resonance::cli
