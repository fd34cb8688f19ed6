// What recovering does.
#include "wire/error_table.hpp"
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::wire {

namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : text_to_json(text); }

}  // namespace

Json to_json(const RecoveredRun& run) {
  return Json::object({{"uid", text_to_json(run.uid)},
                       {"events", run.events},
                       {"frames", run.frames},
                       {"frames_checked", run.frames_checked},
                       {"frames_published", run.frames_published},
                       {"frames_lost", run.frames_lost},
                       {"leftovers", run.leftovers},
                       {"reason", text_or_null(run.reason)},
                       {"problem", text_or_null(run.problem)}});
}

Json to_json(const RecoverReport& report) {
  Json runs = Json::array(), live = Json::array();
  for (const auto& run : report.runs) runs.push_back(to_json(run));
  for (const auto& uid : report.live_runs) live.push_back(text_to_json(uid));
  return Json::object({{"database", path_to_json(report.database)},
                       {"dry_run", report.dry_run},
                       {"complete", report.complete()},
                       {"runs", std::move(runs)},
                       {"live_runs", std::move(live)},
                       {"log_bytes", report.log_bytes},
                       {"log_stays", report.log_stays},
                       {"missing_log", text_or_null(report.missing_log)}});
}

Json to_json(const RootRecovery& report) {
  Json recovered = Json::array(), failures = Json::array();
  for (const auto& one : report.recovered) recovered.push_back(to_json(one));
  for (const auto& failure : report.failures)
    failures.push_back(Json::object(
        {{"database", path_to_json(failure.database)}, {"code", to_string(failure.code)}, {"message", text_to_json(failure.message)}}));
  return Json::object({{"beamtimes", report.beamtimes}, {"recovered", std::move(recovered)}, {"failures", std::move(failures)}});
}

}  // namespace resonance::wire
