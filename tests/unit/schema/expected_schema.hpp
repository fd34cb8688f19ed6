/// The tables of docs/format.md, section 1, written down a second time: plain facts to compare with what the library makes.
#pragma once

#include <string>
#include <vector>

namespace resonance::test {

struct ExpectedColumn {
  std::string name, type;
  std::string not_null;  // "1" or "0", as SQLite says it
  std::string default_value = "NULL";
  std::string primary_key = "0";
};
struct ExpectedForeignKey {
  std::string column, table, references, on_delete;
};
struct ExpectedIndex {
  std::string name, unique;
  std::vector<std::string> columns;
};
struct ExpectedTable {
  std::string name;
  bool autoincrement;
  std::vector<ExpectedColumn> columns;
  std::vector<ExpectedForeignKey> foreign_keys;  // by column name
  std::vector<ExpectedIndex> indexes;            // by name
};

inline const std::vector<ExpectedTable> kExpectedBeamtime = {
    {"samples",
     true,
     {{"id", "INTEGER", "0", "NULL", "1"},
      {"name", "TEXT", "1"},
      {"formula", "TEXT", "0"},
      {"serial", "TEXT", "0"},
      {"tags", "TEXT", "0"},
      {"beamline_pos", "TEXT", "0"},
      {"extra", "TEXT", "0"}},
     {},
     {{"idx_samples_name", "0", {"name"}}}},
    {"runs",
     false,
     {{"uid", "TEXT", "0", "NULL", "1"},
      {"sample_id", "INTEGER", "0"},
      {"plan_name", "TEXT", "1"},
      {"time_start", "REAL", "1"},
      {"time_stop", "REAL", "0"},
      {"exit_status", "TEXT", "0"},
      {"num_events", "INTEGER", "0", "0"},
      {"operator", "TEXT", "0"},
      {"metadata", "TEXT", "0"}},
     {{"sample_id", "samples", "id", "SET NULL"}},
     {{"idx_runs_plan", "0", {"plan_name"}}, {"idx_runs_sample", "0", {"sample_id"}}, {"idx_runs_tstart", "0", {"time_start"}}}},
    {"streams",
     false,
     {{"uid", "TEXT", "0", "NULL", "1"},
      {"run_uid", "TEXT", "1"},
      {"name", "TEXT", "1"},
      {"data_keys", "TEXT", "1"},
      {"time_created", "REAL", "1"}},
     {{"run_uid", "runs", "uid", "CASCADE"}},
     {{"idx_streams_run", "0", {"run_uid"}}, {"idx_streams_run_name", "1", {"run_uid", "name"}}}},
    {"events",
     false,
     {{"uid", "TEXT", "0", "NULL", "1"},
      {"stream_uid", "TEXT", "1"},
      {"seq_num", "INTEGER", "1"},
      {"time", "REAL", "1"},
      {"data", "TEXT", "1"},
      {"timestamps", "TEXT", "0"}},
     {{"stream_uid", "streams", "uid", "CASCADE"}},
     {{"idx_events_seq", "1", {"stream_uid", "seq_num"}}, {"idx_events_stream", "0", {"stream_uid"}}}},
    {"image_refs",
     true,
     {{"id", "INTEGER", "0", "NULL", "1"},
      {"event_uid", "TEXT", "1"},
      {"field_name", "TEXT", "1"},
      {"zarr_group", "TEXT", "1"},
      {"index_in_stack", "INTEGER", "1"},
      {"shape_x", "INTEGER", "1"},
      {"shape_y", "INTEGER", "1"},
      {"dtype", "TEXT", "1"},
      {"compression_codec", "TEXT", "0"}},
     {{"event_uid", "events", "uid", "CASCADE"}},
     {{"idx_image_refs_event", "0", {"event_uid"}}}},
};

inline const std::vector<ExpectedTable> kExpectedIndex = {
    {"researchers",
     true,
     {{"id", "INTEGER", "0", "NULL", "1"},
      {"name", "TEXT", "1"},
      {"email", "TEXT", "0"},
      {"orcid", "TEXT", "0"},
      {"affiliation", "TEXT", "0"},
      {"root_path", "TEXT", "1"},
      {"extra", "TEXT", "0"}},
     {},
     {{"idx_researchers_name", "1", {"name"}}}},
    {"beamtimes",
     true,
     {{"id", "INTEGER", "0", "NULL", "1"},
      {"researcher_id", "INTEGER", "1"},
      {"label", "TEXT", "1"},
      {"db_path", "TEXT", "1"},
      {"time_start", "REAL", "0"},
      {"time_stop", "REAL", "0"},
      {"description", "TEXT", "0"},
      {"extra", "TEXT", "0"}},
     {{"researcher_id", "researchers", "id", "CASCADE"}},
     {{"idx_beamtimes_db_path", "1", {"db_path"}},
      {"idx_beamtimes_researcher", "0", {"researcher_id"}},
      {"idx_beamtimes_start", "0", {"time_start"}}}},
    {"runs_index",
     false,
     {{"uid", "TEXT", "0", "NULL", "1"},
      {"researcher_id", "INTEGER", "1"},
      {"beamtime_id", "INTEGER", "1"},
      {"plan_name", "TEXT", "1"},
      {"sample_name", "TEXT", "0"},
      {"time_start", "REAL", "1"},
      {"tags", "TEXT", "0"}},
     {{"beamtime_id", "beamtimes", "id", "CASCADE"}, {"researcher_id", "researchers", "id", "CASCADE"}},
     {{"idx_runs_index_plan", "0", {"plan_name"}},
      {"idx_runs_index_sample", "0", {"sample_name"}},
      {"idx_runs_index_time", "0", {"time_start"}}}},
};

/// Version 1 of image_refs ends one column earlier.
inline std::vector<ExpectedTable> expected_beamtime_version_1() {
  auto out = kExpectedBeamtime;
  out.back().columns.pop_back();
  return out;
}

}  // namespace resonance::test
