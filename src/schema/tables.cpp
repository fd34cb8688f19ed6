#include "schema/tables.hpp"

#include <array>

namespace resonance::schema {

namespace {

constexpr const char* kSamplesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_samples_name ON samples(name)"};
constexpr const char* kRunsIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_runs_sample ON runs(sample_id)",
    "CREATE INDEX IF NOT EXISTS idx_runs_plan ON runs(plan_name)",
    "CREATE INDEX IF NOT EXISTS idx_runs_tstart ON runs(time_start)",
};
constexpr const char* kStreamsIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_streams_run ON streams(run_uid)",
    "CREATE UNIQUE INDEX IF NOT EXISTS idx_streams_run_name ON streams(run_uid, name)",
};
constexpr const char* kEventsIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_events_stream ON events(stream_uid)",
    "CREATE UNIQUE INDEX IF NOT EXISTS idx_events_seq ON events(stream_uid, seq_num)",
};
constexpr const char* kImageRefsIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_image_refs_event ON image_refs(event_uid)"};

constexpr TableDefinition kBeamtime[] = {
    {"samples", R"(CREATE TABLE IF NOT EXISTS samples (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  formula TEXT,
  serial TEXT,
  tags TEXT,
  beamline_pos TEXT,
  extra TEXT
))",
     kSamplesIndexes},
    {"runs", R"(CREATE TABLE IF NOT EXISTS runs (
  uid TEXT PRIMARY KEY,
  sample_id INTEGER REFERENCES samples(id) ON DELETE SET NULL,
  plan_name TEXT NOT NULL,
  time_start REAL NOT NULL,
  time_stop REAL,
  exit_status TEXT,
  num_events INTEGER DEFAULT 0,
  operator TEXT,
  metadata TEXT
))",
     kRunsIndexes},
    {"streams", R"(CREATE TABLE IF NOT EXISTS streams (
  uid TEXT PRIMARY KEY,
  run_uid TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
  name TEXT NOT NULL,
  data_keys TEXT NOT NULL,
  time_created REAL NOT NULL
))",
     kStreamsIndexes},
    {"events", R"(CREATE TABLE IF NOT EXISTS events (
  uid TEXT PRIMARY KEY,
  stream_uid TEXT NOT NULL REFERENCES streams(uid) ON DELETE CASCADE,
  seq_num INTEGER NOT NULL,
  time REAL NOT NULL,
  data TEXT NOT NULL,
  timestamps TEXT
))",
     kEventsIndexes},
    {"image_refs", R"(CREATE TABLE IF NOT EXISTS image_refs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_uid TEXT NOT NULL REFERENCES events(uid) ON DELETE CASCADE,
  field_name TEXT NOT NULL,
  zarr_group TEXT NOT NULL,
  index_in_stack INTEGER NOT NULL,
  shape_x INTEGER NOT NULL,
  shape_y INTEGER NOT NULL,
  dtype TEXT NOT NULL,
  compression_codec TEXT
))",
     kImageRefsIndexes},
};

constexpr TableDefinition kImageRefsVersion1 = {"image_refs", R"(CREATE TABLE IF NOT EXISTS image_refs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_uid TEXT NOT NULL REFERENCES events(uid) ON DELETE CASCADE,
  field_name TEXT NOT NULL,
  zarr_group TEXT NOT NULL,
  index_in_stack INTEGER NOT NULL,
  shape_x INTEGER NOT NULL,
  shape_y INTEGER NOT NULL,
  dtype TEXT NOT NULL
))",
                                                kImageRefsIndexes};

constexpr const char* kResearchersIndexes[] = {"CREATE UNIQUE INDEX IF NOT EXISTS idx_researchers_name ON researchers(name)"};
constexpr const char* kBeamtimesIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_beamtimes_researcher ON beamtimes(researcher_id)",
    "CREATE INDEX IF NOT EXISTS idx_beamtimes_start ON beamtimes(time_start)",
    "CREATE UNIQUE INDEX IF NOT EXISTS idx_beamtimes_db_path ON beamtimes(db_path)",
};
constexpr const char* kRunsIndexIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_runs_index_plan ON runs_index(plan_name)",
    "CREATE INDEX IF NOT EXISTS idx_runs_index_sample ON runs_index(sample_name)",
    "CREATE INDEX IF NOT EXISTS idx_runs_index_time ON runs_index(time_start)",
};

constexpr TableDefinition kIndex[] = {
    {"researchers", R"(CREATE TABLE IF NOT EXISTS researchers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  email TEXT,
  orcid TEXT,
  affiliation TEXT,
  root_path TEXT NOT NULL,
  extra TEXT
))",
     kResearchersIndexes},
    {"beamtimes", R"(CREATE TABLE IF NOT EXISTS beamtimes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  researcher_id INTEGER NOT NULL REFERENCES researchers(id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  db_path TEXT NOT NULL,
  time_start REAL,
  time_stop REAL,
  description TEXT,
  extra TEXT
))",
     kBeamtimesIndexes},
    {"runs_index", R"(CREATE TABLE IF NOT EXISTS runs_index (
  uid TEXT PRIMARY KEY,
  researcher_id INTEGER NOT NULL REFERENCES researchers(id) ON DELETE CASCADE,
  beamtime_id INTEGER NOT NULL REFERENCES beamtimes(id) ON DELETE CASCADE,
  plan_name TEXT NOT NULL,
  sample_name TEXT,
  time_start REAL NOT NULL,
  tags TEXT
))",
     kRunsIndexIndexes},
};

constexpr const char* kRunDetailsIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_run_details_scan ON run_details(scan_id)"};
constexpr const char* kRunTagsIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_run_tags_tag ON run_tags(tag)"};
constexpr const char* kFrameStoresIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_frame_stores_run ON frame_stores(run_uid)"};

constexpr TableDefinition kRecord[] = {
    {"schema_extensions",
     R"(CREATE TABLE IF NOT EXISTS schema_extensions (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL
))",
     {}},
    {"run_details", R"(CREATE TABLE IF NOT EXISTS run_details (
  run_uid TEXT PRIMARY KEY REFERENCES runs(uid) ON DELETE CASCADE,
  scan_id INTEGER,
  reason TEXT,
  num_frames INTEGER,
  writer TEXT NOT NULL,
  lock_byte INTEGER NOT NULL
))",
     kRunDetailsIndexes},
    {"run_tags", R"(CREATE TABLE IF NOT EXISTS run_tags (
  run_uid TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (run_uid, tag)
) WITHOUT ROWID)",
     kRunTagsIndexes},
    {"frame_stores", R"(CREATE TABLE IF NOT EXISTS frame_stores (
  zarr_group TEXT PRIMARY KEY,
  run_uid TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
  field_name TEXT NOT NULL,
  height INTEGER NOT NULL,
  width INTEGER NOT NULL,
  dtype TEXT NOT NULL,
  codec TEXT NOT NULL,
  frames_per_chunk INTEGER NOT NULL,
  chunks_per_shard INTEGER NOT NULL,
  num_frames INTEGER
))",
     kFrameStoresIndexes},
};

constexpr TableDefinition kChecksums[] = {
    {"frame_checksums",
     R"(CREATE TABLE IF NOT EXISTS frame_checksums (
  ref_id INTEGER PRIMARY KEY REFERENCES image_refs(id) ON DELETE CASCADE,
  crc32c INTEGER NOT NULL
))",
     {}},
};

constexpr const char* kLostFramesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_lost_frames_event ON lost_frames(event_uid)"};

constexpr TableDefinition kDurability[] = {
    {"durable_frames",
     R"(CREATE TABLE IF NOT EXISTS durable_frames (
  zarr_group TEXT PRIMARY KEY REFERENCES frame_stores(zarr_group) ON DELETE CASCADE,
  num_frames INTEGER NOT NULL
) WITHOUT ROWID)",
     {}},
    {"lost_frames", R"(CREATE TABLE IF NOT EXISTS lost_frames (
  id INTEGER PRIMARY KEY,
  event_uid TEXT NOT NULL REFERENCES events(uid) ON DELETE CASCADE,
  field_name TEXT NOT NULL,
  zarr_group TEXT NOT NULL,
  index_in_stack INTEGER NOT NULL,
  time_found REAL NOT NULL,
  reason TEXT NOT NULL
))",
     kLostFramesIndexes},
    {"event_checksums",
     R"(CREATE TABLE IF NOT EXISTS event_checksums (
  stream_uid TEXT NOT NULL REFERENCES streams(uid) ON DELETE CASCADE,
  first_seq_num INTEGER NOT NULL,
  last_seq_num INTEGER NOT NULL,
  crc32c INTEGER NOT NULL,
  PRIMARY KEY (stream_uid, first_seq_num)
) WITHOUT ROWID)",
     {}},
};

constexpr TableDefinition kRanges[] = {
    {"stream_ranges",
     R"(CREATE TABLE IF NOT EXISTS stream_ranges (
  stream_uid TEXT PRIMARY KEY REFERENCES streams(uid) ON DELETE CASCADE,
  ranges TEXT NOT NULL
))",
     {}},
};

constexpr const char* kRunNotesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_run_notes_run ON run_notes(run_uid)"};

constexpr TableDefinition kAnnotations[] = {
    {"run_notes",
     R"(CREATE TABLE IF NOT EXISTS run_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_uid TEXT NOT NULL REFERENCES runs(uid) ON DELETE CASCADE,
  time REAL NOT NULL,
  author TEXT,
  text TEXT NOT NULL
))",
     kRunNotesIndexes},
};

constexpr TableDefinition kRepair[] = {
    {"lost_events",
     R"(CREATE TABLE IF NOT EXISTS lost_events (
  stream_uid TEXT NOT NULL REFERENCES streams(uid) ON DELETE CASCADE,
  first_seq_num INTEGER NOT NULL,
  last_seq_num INTEGER NOT NULL,
  time_found REAL NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (stream_uid, first_seq_num)
) WITHOUT ROWID)",
     {}},
};

constexpr SideTables kSideTables[] = {{"record", 1, kRecord},
                                      {"frame_checksums", 1, kChecksums},
                                      {"durability", 1, kDurability},
                                      {"ranges", 1, kRanges},
                                      {"annotations", 1, kAnnotations}};
constexpr SideTables kRepairTables = {"repair", 1, kRepair};

}  // namespace

std::span<const TableDefinition> beamtime_tables() noexcept { return kBeamtime; }
const TableDefinition& image_refs_version_1() noexcept { return kImageRefsVersion1; }
std::span<const TableDefinition> index_tables() noexcept { return kIndex; }
std::span<const SideTables> side_tables() noexcept { return kSideTables; }
const SideTables& repair_tables() noexcept { return kRepairTables; }

}  // namespace resonance::schema
