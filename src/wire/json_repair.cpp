// What repairing mends and loses.
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : text_to_json(text); }
Json path_or_null(const std::filesystem::path& path) { return path.empty() ? Json() : path_to_json(path); }
Json number_or_null(const std::optional<std::uint64_t>& number) { return number ? Json(*number) : Json(); }

}  // namespace

Json to_json(const RepairFinding& finding) {
  return Json::object({{"outcome", to_string(finding.outcome)},
                       {"kind", text_to_json(finding.kind)},
                       {"run_uid", text_or_null(finding.run_uid)},
                       {"field", text_or_null(finding.field)},
                       {"first", number_or_null(finding.first)},
                       {"last", number_or_null(finding.last)},
                       {"count", finding.count},
                       {"file", path_or_null(finding.file)},
                       {"offset", number_or_null(finding.offset)},
                       {"message", text_to_json(finding.message)}});
}

Json to_json(const RepairReport& report) {
  return Json::object({{"sound", report.sound},
                       {"complete", report.complete()},
                       {"database", path_or_null(report.database)},
                       {"store", path_or_null(report.store)},
                       {"mended", report.mended},
                       {"events_lost", report.events_lost},
                       {"events_changed", report.events_changed},
                       {"frames_lost", report.frames_lost},
                       {"rows_lost", report.rows_lost},
                       {"log_missing", report.log_missing},
                       {"files_linked", report.files_linked},
                       {"files_copied", report.files_copied},
                       {"files_written", report.files_written},
                       {"verified", to_json(report.verified)}});
}

}  // namespace resonance::wire
