/// Runs and values in words, for several verbs.
#pragma once

#include <string>
#include <string_view>

#include "resonance/catalog.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

/// "success", "aborted", "failed", or "open", in its colour.
[[nodiscard]] Cell status_cell(const RunSummary& run);
/// A JSON value on one line: text bare, anything else as JSON.
[[nodiscard]] std::string plain(const Json& value);
/// Members as "key: value" lines, small objects on one line, others indented below their key, long ones cut.
[[nodiscard]] std::string outline(const Json& object, std::size_t indent, std::size_t width);

}  // namespace resonance::cli
