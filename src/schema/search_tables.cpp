#include "schema/tables.hpp"

namespace resonance::schema {

namespace {

constexpr const char* kNamesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_search_names_folded ON search_names(kind, folded)"};
constexpr const char* kSamplesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_search_samples_name ON search_samples(name)"};
// The last column of each is what pages are sorted by, so that the newest runs with a value are read and no others.
constexpr const char* kRunsIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_search_runs_time ON search_runs(time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_plan ON search_runs(plan, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_sample ON search_runs(sample, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_operator ON search_runs(operator, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_status ON search_runs(status, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_beamtime ON search_runs(beamtime_id, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_researcher ON search_runs(researcher_id, time_start)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_scan_id ON search_runs(scan_id)",
    "CREATE INDEX IF NOT EXISTS idx_search_runs_sample_row ON search_runs(sample_row)",
    // All that is counted of a run, in a quarter of the pages of the table.
    "CREATE INDEX IF NOT EXISTS idx_search_runs_facets ON search_runs(run, plan, sample, operator, status, day, beamtime_id)",
};
constexpr const char* kTagsIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_search_tags_tag ON search_tags(tag, run)"};
constexpr const char* kPathsIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_search_paths_folded ON search_paths(folded)",
                                         "CREATE INDEX IF NOT EXISTS idx_search_paths_leaf ON search_paths(leaf)"};
constexpr const char* kValuesIndexes[] = {
    "CREATE INDEX IF NOT EXISTS idx_search_values_low ON search_values(path, low)",
    "CREATE INDEX IF NOT EXISTS idx_search_values_high ON search_values(path, high, low) WHERE high > low",
};
constexpr const char* kFilesIndexes[] = {"CREATE INDEX IF NOT EXISTS idx_index_files_beamtime ON index_files(beamtime_id)"};

constexpr TableDefinition kSearch[] = {
    {"schema_extensions",
     R"(CREATE TABLE IF NOT EXISTS schema_extensions (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL
))",
     {}},
    {"index_settings",
     R"(CREATE TABLE IF NOT EXISTS index_settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID)",
     {}},
    {"registrations",
     R"(CREATE TABLE IF NOT EXISTS registrations (
  db_path TEXT PRIMARY KEY,
  researcher_id INTEGER REFERENCES researchers(id) ON DELETE CASCADE,
  label TEXT,
  description TEXT,
  extra TEXT
) WITHOUT ROWID)",
     {}},
    {"index_files", R"(CREATE TABLE IF NOT EXISTS index_files (
  db_path TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  beamtime_id INTEGER REFERENCES beamtimes(id) ON DELETE SET NULL,
  inode INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  changed_ns INTEGER NOT NULL,
  log_bytes INTEGER NOT NULL,
  log_changed_ns INTEGER NOT NULL,
  message TEXT
) WITHOUT ROWID)",
     kFilesIndexes},
    {"search_names", R"(CREATE TABLE IF NOT EXISTS search_names (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  UNIQUE (kind, name)
))",
     kNamesIndexes},
    {"search_samples", R"(CREATE TABLE IF NOT EXISTS search_samples (
  id INTEGER PRIMARY KEY,
  beamtime_id INTEGER NOT NULL REFERENCES beamtimes(id) ON DELETE CASCADE,
  sample_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  formula TEXT,
  serial TEXT,
  tags TEXT,
  folded_formula TEXT,
  folded_serial TEXT,
  UNIQUE (beamtime_id, sample_id)
))",
     kSamplesIndexes},
    {"search_runs", R"(CREATE TABLE IF NOT EXISTS search_runs (
  run INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE REFERENCES runs_index(uid) ON DELETE CASCADE,
  beamtime_id INTEGER NOT NULL REFERENCES beamtimes(id) ON DELETE CASCADE,
  researcher_id INTEGER NOT NULL REFERENCES researchers(id) ON DELETE CASCADE,
  time_start REAL NOT NULL,
  time_stop REAL,
  day INTEGER NOT NULL,
  plan INTEGER NOT NULL,
  sample INTEGER,
  operator INTEGER,
  status INTEGER NOT NULL,
  sample_row INTEGER REFERENCES search_samples(id) ON DELETE SET NULL,
  scan_id INTEGER,
  num_events INTEGER NOT NULL,
  num_frames INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  num_notes INTEGER NOT NULL,
  digest INTEGER NOT NULL
))",
     kRunsIndexes},
    {"search_tags", R"(CREATE TABLE IF NOT EXISTS search_tags (
  run INTEGER NOT NULL REFERENCES search_runs(run) ON DELETE CASCADE,
  tag INTEGER NOT NULL,
  PRIMARY KEY (run, tag)
) WITHOUT ROWID)",
     kTagsIndexes},
    {"search_paths", R"(CREATE TABLE IF NOT EXISTS search_paths (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  leaf TEXT NOT NULL,
  UNIQUE (source, name)
))",
     kPathsIndexes},
    {"search_values", R"(CREATE TABLE IF NOT EXISTS search_values (
  run INTEGER NOT NULL REFERENCES search_runs(run) ON DELETE CASCADE,
  path INTEGER NOT NULL,
  item INTEGER NOT NULL,
  low,
  high,
  unit INTEGER,
  PRIMARY KEY (run, path, item)
) WITHOUT ROWID)",
     kValuesIndexes},
    {"search_text",
     R"(CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5(
  words,
  notes,
  tokenize = 'unicode61 remove_diacritics 2'
))",
     {}},
};

}  // namespace

const SideTables& search_tables() noexcept {
  static constexpr SideTables kSet{"search", 1, kSearch};
  return kSet;
}

}  // namespace resonance::schema
