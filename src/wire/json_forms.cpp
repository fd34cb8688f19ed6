// Runs and what is in them.
#include "wire/json_forms.hpp"

#include <utility>

#include "wire/wire_text.hpp"

namespace resonance::wire {
namespace {

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

template <typename Item>
Json list_to_json(const std::vector<Item>& items) {
  Json::Array out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace

Json to_json(const RunSummary& run) {
  return Json::object({{"uid", text_to_json(run.uid)},
                       {"scan_id", or_null(run.scan_id)},
                       {"plan_name", text_to_json(run.plan_name)},
                       {"sample", optional_text_to_json(run.sample)},
                       {"time_start", run.time_start},
                       {"time_stop", or_null(run.time_stop)},
                       {"exit_status", optional_text_to_json(run.exit_status)},
                       {"num_events", run.num_events},
                       {"num_frames", run.num_frames},
                       {"operator", optional_text_to_json(run.operator_name)},
                       {"tags", texts_to_json(run.tags)}});
}

Json to_json(const SampleMetadata& sample) {
  return Json::object({{"id", or_null(sample.id)},
                       {"name", text_to_json(sample.name)},
                       {"formula", optional_text_to_json(sample.formula)},
                       {"serial", optional_text_to_json(sample.serial)},
                       {"tags", texts_to_json(sample.tags)},
                       {"beamline_pos", optional_text_to_json(sample.beamline_pos)},
                       {"extra", sample.extra}});
}

Json to_json(const Event& event) {
  return Json::object({{"uid", text_to_json(event.uid)},
                       {"seq_num", event.seq_num},
                       {"time", event.time},
                       {"data", event.data},
                       {"timestamps", event.timestamps}});
}

Json to_json(const StreamInfo& stream) {
  return Json::object({{"name", text_to_json(stream.name)},
                       {"data_keys", stream.data_keys},
                       {"num_events", stream.num_events},
                       {"uid", text_to_json(stream.uid)},
                       {"time_created", stream.time_created}});
}

Json to_json(const FrameStoreInfo& frames) {
  return Json::object({{"field", text_to_json(frames.field)},
                       {"zarr_group", text_to_json(frames.zarr_group)},
                       {"shape", Json::array({frames.frames, frames.height, frames.width})},
                       {"dtype", to_string(frames.dtype)},
                       {"codec", text_to_json(frames.codec)},
                       {"bytes", frames.bytes}});
}

Json to_json(const LostFrame& frame) {
  return Json::object({{"stream", text_to_json(frame.stream)},
                       {"seq_num", frame.seq_num},
                       {"field", text_to_json(frame.field)},
                       {"zarr_group", text_to_json(frame.zarr_group)},
                       {"frame", frame.frame},
                       {"time_found", frame.time_found},
                       {"reason", text_to_json(frame.reason)}});
}

Json to_json(const Note& note) {
  return Json::object(
      {{"id", note.id}, {"time", note.time}, {"author", optional_text_to_json(note.author)}, {"text", text_to_json(note.text)}});
}

Json to_json(const DataKeyRange& range) {
  return Json::object({{"stream", text_to_json(range.stream)},
                       {"data_key", text_to_json(range.data_key)},
                       {"low", range.low},
                       {"high", range.high},
                       {"units", optional_text_to_json(range.units)}});
}

Json run_to_json(const Run& run) {
  Json out = to_json(run.summary());
  const auto sample = run.sample();
  out.set("reason", optional_text_to_json(run.reason()));
  out.set("sample_metadata", sample ? to_json(*sample) : Json());
  out.set("metadata", run.metadata());
  out.set("notes", list_to_json(run.notes()));
  out.set("streams", list_to_json(run.streams()));
  out.set("data_key_ranges", list_to_json(run.data_key_ranges()));
  out.set("frames", list_to_json(run.frame_stores()));
  out.set("lost_frames", list_to_json(run.lost_frames()));
  return out;
}

Json row_to_json(const Table& table, std::uint64_t row) {
  Json::Object out;
  out.reserve(table.columns.size());
  for (const auto& column : table.columns) out.emplace_back(column.name, column.at(row));
  return out;
}

Json to_json(const Table& table) {
  Json::Array rows;
  rows.reserve(table.rows);
  for (std::uint64_t row = 0; row < table.rows; ++row) rows.push_back(row_to_json(table, row));
  return rows;
}

}  // namespace resonance::wire
