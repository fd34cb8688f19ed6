// What verifying finds.
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : text_to_json(text); }
Json ranges_to_json(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
  Json out = Json::array();
  for (const auto& [first, last] : ranges) out.push_back(Json(Json::Array{first, last}));
  return out;
}
Json number_or_null(const std::optional<std::uint64_t>& number) { return number ? Json(*number) : Json(); }

}  // namespace

Json to_json(const Fault& fault) {
  return Json::object({{"kind", text_to_json(fault.kind)},
                       {"severity", to_string(fault.severity)},
                       {"run_uid", text_or_null(fault.run_uid)},
                       {"field", text_or_null(fault.field)},
                       {"frame", number_or_null(fault.frame)},
                       {"seq_num", number_or_null(fault.seq_num)},
                       {"group", text_or_null(fault.group)},
                       {"frames", ranges_to_json(fault.frames)},
                       {"file", fault.file.empty() ? Json() : path_to_json(fault.file)},
                       {"offset", number_or_null(fault.offset)},
                       {"message", text_to_json(fault.message)}});
}

Json to_json(const VerifyReport& report) {
  return Json::object({{"runs", report.runs},
                       {"open_runs", report.open_runs},
                       {"events", report.events},
                       {"events_compared", report.events_compared},
                       {"frames", report.frames},
                       {"frames_not_checked", report.frames_not_checked},
                       {"frames_read", report.frames_read},
                       {"checksums_compared", report.checksums_compared},
                       {"frames_without_checksum", report.frames_without_checksum},
                       {"num_faults", report.num_faults},
                       {"num_notes", report.num_notes}});
}

Json to_json(const BackupReport& report) {
  return Json::object({{"runs", report.runs},
                       {"open_runs", report.open_runs},
                       {"files", report.files},
                       {"bytes", report.bytes},
                       {"files_copied", report.files_copied},
                       {"bytes_copied", report.bytes_copied},
                       {"num_faults", report.num_faults},
                       {"num_notes", report.num_notes}});
}

Json to_json(const BackupCheckReport& report) {
  return Json::object({{"finished", report.finished},
                       {"files", report.files},
                       {"bytes", report.bytes},
                       {"num_faults", report.num_faults},
                       {"num_notes", report.num_notes},
                       {"beamtime", to_json(report.beamtime)}});
}

}  // namespace resonance::wire
