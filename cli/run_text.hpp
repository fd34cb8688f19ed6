/// Runs and values in words, for several verbs.
#pragma once

#include <string>
#include <string_view>

#include "resonance/catalog.hpp"
#include "resonance/verify.hpp"
#include "text_layout.hpp"

namespace resonance::cli {

/// The summary with the status "dead" where the run is open and its program is gone; the next program that writes closes it as failed.
[[nodiscard]] RunSummary as_shown(const Run& run, RunSummary summary);
/// "success", "aborted", "failed", "dead", or "open", in its colour.
[[nodiscard]] Cell status_cell(const RunSummary& run);
/// "fault missing_frame: run 019cf08258007625ac94fdcc5de74347: event 18: message", and a line feed.
[[nodiscard]] std::string fault_line(const Fault& fault);
/// "scan 80276 (energy_scan)", or the uid in place of a scan_id.
[[nodiscard]] std::string run_name(const RunSummary& run);
/// When a note was written and by whom, and below it its lines, all of them indented.
[[nodiscard]] std::string note_text(const Note& note, std::size_t indent, bool colours);
/// A JSON value on one line: text bare, anything else as JSON.
[[nodiscard]] std::string plain(const Json& value);
/// Members as "key: value" lines, small objects on one line, others indented below their key, long ones cut.
[[nodiscard]] std::string outline(const Json& object, std::size_t indent, std::size_t width);

}  // namespace resonance::cli
