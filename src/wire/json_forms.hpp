/// The one JSON form of every public type, used by the command, the server and Python.
///
/// Members are called as in the core tables, or as in the C++ type where there is no such column. What is absent is null, so
/// that every object of a kind has the same members in the same order.
#pragma once

#include "resonance/backup.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/catalog.hpp"
#include "resonance/exchange.hpp"
#include "resonance/index.hpp"
#include "resonance/json.hpp"
#include "resonance/recover.hpp"
#include "resonance/repair.hpp"
#include "resonance/search.hpp"
#include "resonance/simulation.hpp"
#include "resonance/table.hpp"
#include "resonance/types.hpp"
#include "resonance/verify.hpp"

namespace resonance::wire {

/// A line of `ls`: uid, scan_id, plan_name, sample (its name), time_start, time_stop, exit_status, num_events, num_frames,
/// operator, tags.
[[nodiscard]] Json to_json(const RunSummary& run);
[[nodiscard]] Json to_json(const SampleMetadata& sample);  ///< id, name, formula, serial, tags, beamline_pos, extra
[[nodiscard]] Json to_json(const Event& event);            ///< uid, seq_num, time, data, timestamps
[[nodiscard]] Json to_json(const StreamInfo& stream);      ///< name, data_keys, num_events, uid, time_created
[[nodiscard]] Json to_json(const FrameStoreInfo& frames);  ///< field, zarr_group, shape [frames, height, width], dtype, codec, bytes

[[nodiscard]] Json to_json(const LostFrame& frame);  ///< stream, seq_num, field, zarr_group, frame, time_found, reason

[[nodiscard]] Json to_json(const Note& note);           ///< id, time, author, text
[[nodiscard]] Json to_json(const DataKeyRange& range);  ///< stream, data_key, low, high, units

/// The object of `show`: a line of `ls`, then reason, sample_metadata (null when there is no sample), metadata, notes,
/// streams, data_key_ranges, frames, lost_frames.
[[nodiscard]] Json run_to_json(const Run& run);

/// One row as an object of column name → value. Rows one by one keep the memory of a long table bounded.
[[nodiscard]] Json row_to_json(const Table& table, std::uint64_t row);
[[nodiscard]] Json to_json(const Table& table);  ///< all rows, as an array

[[nodiscard]] Json to_json(const SchemaDescription& schema);  ///< `extensions` is an object of name → version
[[nodiscard]] Json to_json(const MigrationReport& report);    ///< from, to, steps, backup
/// The members of the type, then compression (frame_bytes / store_bytes), events_per_second and frames_per_second of
/// recording; each null where its divisor is 0.
[[nodiscard]] Json to_json(const BeamtimeStatistics& statistics);
[[nodiscard]] Json to_json(const ImportFormat& format);  ///< name, description
[[nodiscard]] Json to_json(const ImportReport& report);
[[nodiscard]] Json to_json(const SimulatedEvent& event);  ///< `{"run": uid, "seq_num": n, "acknowledged": true}`
[[nodiscard]] Json to_json(const SimulationReport& report);
[[nodiscard]] Json to_json(const Fault& fault);
[[nodiscard]] Json to_json(const VerifyReport& report);
[[nodiscard]] Json to_json(const RepairFinding& finding);
[[nodiscard]] Json to_json(const RepairReport& report);
[[nodiscard]] Json to_json(const RecoveredRun& run);
[[nodiscard]] Json to_json(const RecoverReport& report);
[[nodiscard]] Json to_json(const RootRecovery& report);  ///< beamtimes, recovered, failures (database, code, message)
[[nodiscard]] Json to_json(const BackupReport& report);
[[nodiscard]] Json to_json(const BackupCheckReport& report);  ///< `beamtime` is the object of VerifyReport

/// A line of `search`: a line of `ls`, then researcher, beamtime, db_path, bytes, num_notes.
[[nodiscard]] Json to_json(const FoundRun& run);
[[nodiscard]] Json to_json(const Explanation& explanation);
[[nodiscard]] Json to_json(const SearchPage& page);  ///< runs, next (null on the last page)
[[nodiscard]] Json to_json(const Facet& facet);      ///< name, values (value and count), num_values
[[nodiscard]] Json to_json(const Researcher& researcher);
[[nodiscard]] Json to_json(const IndexedBeamtime& beamtime);
[[nodiscard]] Json to_json(const IndexedSample& sample);
[[nodiscard]] Json to_json(const SyncReport& report);
[[nodiscard]] Json to_json(const IndexVerifyReport& report);

}  // namespace resonance::wire
