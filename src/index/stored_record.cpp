/// Reading a record back from the tables, to compare it with what the beamtime says.
#include "index/record_store.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::index {

namespace {

Value value_of(const sqlite::Statement& row) {
  Value out{row.string(0), row.string(1), std::monostate(), row.optional_real(3), row.optional_string(4)};
  if (row.type(2) == sqlite::ColumnType::text) out.low = row.string(2);
  if (row.type(2) == sqlite::ColumnType::real || row.type(2) == sqlite::ColumnType::integer) out.low = row.real(2);
  return out;
}

RunRecord run_of(const sqlite::Statement& row) {
  RunRecord out;
  auto& run = out.summary;
  run.plan_name = row.string(1);
  run.sample = row.optional_string(2);
  run.time_start = row.real(3);
  run.tags = tags_in(row.text(4));
  run.time_stop = row.optional_real(5);
  run.exit_status = row.text(6) == "open" ? std::nullopt : row.optional_string(6);
  run.operator_name = row.optional_string(7);
  run.scan_id = row.optional_int64(8);
  run.num_events = row.count(9);
  run.num_frames = row.count(10);
  out.bytes = row.count(11);
  out.num_notes = row.count(12);
  if (!row.is_null(13))
    out.sample = SampleRecord{row.int64(13), row.string(14), row.optional_string(15), row.optional_string(16), tags_in(row.text(17))};
  return out;
}

}  // namespace

std::optional<RunRecord> RecordStore::get(std::string_view uid) {
  auto& read = statements_.read_run;
  const sqlite::Reset reset(read);
  read.bind(1, uid);
  if (!read.step()) return std::nullopt;
  auto out = run_of(read);
  out.summary.uid = std::string(uid);
  if (read.int64(18) == 0) out.fault = "row in runs_index than in search_runs";
  const auto run = read.int64(0);

  auto& values = statements_.read_values;
  const sqlite::Reset reset_values(values);
  values.bind(1, run);
  while (values.step()) out.values.push_back(value_of(values));

  auto& text = statements_.read_text;
  const sqlite::Reset reset_text(text);
  text.bind(1, run);
  if (text.step()) {
    out.words = text.string(0);
    out.notes = text.string(1);
  }
  return out;
}

}  // namespace resonance::index
