// What whole-file work reports.
#include "wire/json_forms.hpp"
#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

Json to_json(const TableDescription& table) {
  return Json::object(
      {{"name", text_to_json(table.name)}, {"core", table.core}, {"columns", texts_to_json(table.columns)}, {"rows", table.rows}});
}

Json quotient(double dividend, double divisor) { return divisor > 0 ? Json(dividend / divisor) : Json(); }

}  // namespace

Json to_json(const SchemaDescription& schema) {
  Json::Array tables;
  for (const auto& table : schema.tables) tables.push_back(to_json(table));
  Json extensions = Json::object();
  for (const auto& [name, version] : schema.extensions) extensions.set(text_to_json(name).as_string(), version);
  return Json::object({{"kind", text_to_json(schema.kind)},
                       {"user_version", schema.user_version},
                       {"current_version", schema.current_version},
                       {"tables", std::move(tables)},
                       {"extensions", std::move(extensions)},
                       {"faults", texts_to_json(schema.faults)}});
}

Json to_json(const MigrationReport& report) {
  return Json::object({{"from", report.from},
                       {"to", report.to},
                       {"steps", texts_to_json(report.steps)},
                       {"backup", report.backup.empty() ? Json() : path_to_json(report.backup)}});
}

Json to_json(const BeamtimeStatistics& statistics) {
  const auto& s = statistics;
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const auto moment = [](const std::optional<double>& time) { return time ? Json(*time) : Json(); };
  return Json::object({{"runs", s.runs},
                       {"samples", s.samples},
                       {"streams", s.streams},
                       {"events", s.events},
                       {"frames", s.frames},
                       {"database_bytes", s.database_bytes},
                       {"store_bytes", s.store_bytes},
                       {"frame_bytes", s.frame_bytes},
                       {"first_start", moment(s.first_start)},
                       {"last_stop", moment(s.last_stop)},
                       {"recording_seconds", s.recording_seconds},
                       {"compression", quotient(number(s.frame_bytes), number(s.store_bytes))},
                       {"events_per_second", quotient(number(s.events), s.recording_seconds)},
                       {"frames_per_second", quotient(number(s.frames), s.recording_seconds)}});
}

Json to_json(const ImportFormat& format) {
  return Json::object({{"name", text_to_json(format.name)}, {"description", text_to_json(format.description)}});
}

Json to_json(const ImportReport& report) {
  return Json::object({{"file", path_to_json(report.file)},
                       {"format", text_to_json(report.format)},
                       {"run_uid", text_to_json(report.run_uid)},
                       {"already_there", report.already_there},
                       {"events", report.events},
                       {"frames", report.frames},
                       {"missing_frames", texts_to_json(report.missing_frames)},
                       {"damaged_frames", texts_to_json(report.damaged_frames)},
                       {"unsupported_frames", texts_to_json(report.unsupported_frames)},
                       {"notes", texts_to_json(report.notes)}});
}

Json to_json(const SimulatedEvent& event) {
  return Json::object({{"run", text_to_json(event.run_uid)}, {"seq_num", event.seq_num}, {"acknowledged", true}});
}

Json to_json(const SimulationReport& report) {
  return Json::object({{"run_uids", texts_to_json(report.run_uids)}, {"events", report.events}, {"frames", report.frames}});
}

}  // namespace resonance::wire
