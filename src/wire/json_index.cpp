// The master index: what is found, and what became of it.
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json to_json(const std::vector<IndexFault>& faults) {
  Json out = Json::array();
  for (const auto& fault : faults)
    out.push_back(Json::object({{"db_path", text_to_json(fault.db_path)}, {"message", text_to_json(fault.message)}}));
  return out;
}

}  // namespace

Json to_json(const FoundRun& run) {
  auto out = to_json(static_cast<const RunSummary&>(run));
  out.set("researcher", text_to_json(run.researcher));
  out.set("beamtime", text_to_json(run.beamtime));
  out.set("db_path", text_to_json(run.db_path));
  out.set("bytes", run.bytes);
  out.set("num_notes", run.num_notes);
  return out;
}

Json to_json(const SearchPage& page) {
  Json runs = Json::array();
  for (const auto& run : page.runs) runs.push_back(to_json(run));
  return Json::object({{"runs", std::move(runs)}, {"next", page.next.empty() ? Json() : Json(page.next)}});
}

Json to_json(const Explanation& explanation) {
  Json hints = Json::array();
  for (const auto& hint : explanation.hints) hints.push_back(text_to_json(hint));
  return Json::object({{"read_as", text_to_json(explanation.read_as)}, {"hints", std::move(hints)}});
}

Json to_json(const Facet& facet) {
  Json values = Json::array();
  for (const auto& [value, count] : facet.values) values.push_back(Json::object({{"value", text_to_json(value)}, {"count", count}}));
  return Json::object({{"name", facet.name}, {"values", std::move(values)}, {"num_values", facet.num_values}});
}

Json to_json(const Researcher& researcher) {
  return Json::object({{"id", or_null(researcher.id)},
                       {"name", text_to_json(researcher.name)},
                       {"email", optional_text_to_json(researcher.email)},
                       {"orcid", optional_text_to_json(researcher.orcid)},
                       {"affiliation", optional_text_to_json(researcher.affiliation)},
                       {"root_path", text_to_json(researcher.root_path)},
                       {"extra", researcher.extra}});
}

Json to_json(const IndexedBeamtime& beamtime) {
  return Json::object({{"id", or_null(beamtime.id)},
                       {"db_path", text_to_json(beamtime.db_path)},
                       {"label", text_to_json(beamtime.label)},
                       {"researcher", text_to_json(beamtime.researcher)},
                       {"description", optional_text_to_json(beamtime.description)},
                       {"extra", beamtime.extra},
                       {"time_start", or_null(beamtime.time_start)},
                       {"time_stop", or_null(beamtime.time_stop)},
                       {"num_runs", beamtime.num_runs},
                       {"fault", beamtime.fault.empty() ? Json() : text_to_json(beamtime.fault)}});
}

Json to_json(const IndexedSample& sample) {
  return Json::object({{"name", text_to_json(sample.name)},
                       {"formulas", texts_to_json(sample.formulas)},
                       {"serials", texts_to_json(sample.serials)},
                       {"tags", texts_to_json(sample.tags)},
                       {"num_runs", sample.num_runs},
                       {"num_beamtimes", sample.num_beamtimes},
                       {"first_start", or_null(sample.first_start)},
                       {"last_start", or_null(sample.last_start)}});
}

Json to_json(const SyncReport& report) {
  Json moved = Json::array();
  for (const auto& [from, to] : report.moved) moved.push_back(Json::object({{"from", text_to_json(from)}, {"to", text_to_json(to)}}));
  return Json::object({{"beamtimes", report.beamtimes},
                       {"added", texts_to_json(report.added)},
                       {"changed", texts_to_json(report.changed)},
                       {"moved", std::move(moved)},
                       {"removed", texts_to_json(report.removed)},
                       {"runs_written", report.runs_written},
                       {"runs_removed", report.runs_removed},
                       {"faults", to_json(report.faults)}});
}

Json to_json(const IndexVerifyReport& report) {
  Json differences = Json::array();
  for (const auto& difference : report.differences)
    differences.push_back(Json::object({{"db_path", text_to_json(difference.db_path)},
                                        {"uid", difference.uid.empty() ? Json() : text_to_json(difference.uid)},
                                        {"message", text_to_json(difference.message)}}));
  return Json::object({{"beamtimes", report.beamtimes},
                       {"runs", report.runs},
                       {"differences", std::move(differences)},
                       {"faults", to_json(report.faults)}});
}

}  // namespace resonance::wire
