/// The SQL that writes runs into an index.
#pragma once

#include "sqlite/connection.hpp"

namespace resonance::index {

/// Prepared once. Parameters in the order of the columns named.
struct StoreStatements {
  explicit StoreStatements(sqlite::Connection& connection);

  sqlite::Statement data_version;
  sqlite::Statement find_run;    ///< uid → run, digest, beamtime_id, researcher_id
  sqlite::Statement put_core;    ///< uid, researcher_id, beamtime_id, plan_name, sample_name, time_start, tags
  sqlite::Statement insert_run;  ///< uid, beamtime_id, researcher_id, time_start, time_stop, day, plan, sample, operator, status,
                                 ///< sample_row, scan_id, num_events, num_frames, bytes, num_notes, digest
  sqlite::Statement update_run;  ///< the same, and run
  sqlite::Statement insert_tag, insert_value, insert_text;
  sqlite::Statement delete_tags, delete_values, delete_text;  ///< of a run
  sqlite::Statement delete_core;                              ///< of a uid; takes the side rows along
  sqlite::Statement find_name, insert_name;                   ///< kind, name (, folded)
  sqlite::Statement find_path, insert_path;                   ///< source, name (, folded, leaf)
  sqlite::Statement find_sample, insert_sample, update_sample;
  sqlite::Statement uids_of, delete_samples;              ///< of a beamtime
  sqlite::Statement set_core_researcher, set_researcher;  ///< beamtime_id, researcher_id
  sqlite::Statement read_run, read_values, read_text;     ///< of a uid; of a run
};

}  // namespace resonance::index
