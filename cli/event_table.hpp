/// The events of a stream as rows of text, in bounded memory: one pass finds the columns, a second one writes them.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"
#include "resonance/catalog.hpp"

namespace resonance::cli {

/// The stream asked for; without a name "primary", or the only one there is. \throws Error(not_found), with the names
[[nodiscard]] StreamInfo choose_stream(const Run& run, const std::optional<std::string>& name);

struct RowRange {
  std::uint64_t first_seq_num = 0;
  std::uint64_t max_rows = std::numeric_limits<std::uint64_t>::max();
};

/// What is written: which columns, and up to which event. An event that is recorded meanwhile is not in it.
struct TablePlan {
  std::string stream;
  RowRange range;
  std::vector<std::string> columns;  ///< data keys behind seq_num and time
  std::uint64_t last_seq_num = 0;    ///< 0: no rows
};

/// Declared data keys in their order, then undeclared ones as they appear; a key whose values lie outside of the events (a
/// frame field) only when it is asked for. `wanted` empty: all. \throws Error(not_found) no such column, with the names
[[nodiscard]] TablePlan plan_table(const Run& run, const StreamInfo& stream, const std::vector<std::string>& wanted, const RowRange& range);

/// RFC 4180 with a header line and "\n" line ends. Text is in quotes, so that "1" is no number and empty text no missing value, which
/// is empty; numbers are as recorded in shortest round-trip form (NaN, Infinity), arrays and objects are JSON text. `import` reads it
/// back without a changed value.
void write_csv(const Run& run, const TablePlan& plan, Output& out);
/// An array of objects, one on each line; missing values are null, and NaN is "NaN".
void write_json_rows(const Run& run, const TablePlan& plan, Output& out);

/// Text as one field of CSV: in quotes where it must be, and where it is empty.
[[nodiscard]] std::string csv_text(std::string_view text);
/// One value in CSV; null for a missing one.
[[nodiscard]] std::string csv_field(const Json* value);

}  // namespace resonance::cli
