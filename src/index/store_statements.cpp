#include "index/store_statements.hpp"

namespace resonance::index {

StoreStatements::StoreStatements(sqlite::Connection& connection)
    : data_version(connection.prepare("PRAGMA data_version")),
      find_run(connection.prepare("SELECT run, digest, beamtime_id, researcher_id FROM search_runs WHERE uid = ?")),
      put_core(connection.prepare(
          "INSERT INTO runs_index(uid, researcher_id, beamtime_id, plan_name, sample_name, time_start, tags) VALUES(?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT(uid) DO UPDATE SET researcher_id = excluded.researcher_id, beamtime_id = excluded.beamtime_id, plan_name = "
          "excluded.plan_name, sample_name = excluded.sample_name, time_start = excluded.time_start, tags = excluded.tags")),
      insert_run(connection.prepare(
          "INSERT INTO search_runs(uid, beamtime_id, researcher_id, time_start, time_stop, day, plan, sample, operator, status, "
          "sample_row, "
          "scan_id, num_events, num_frames, bytes, num_notes, digest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      update_run(connection.prepare(
          "UPDATE search_runs SET uid = ?, beamtime_id = ?, researcher_id = ?, time_start = ?, time_stop = ?, day = ?, plan = ?, sample = "
          "?, operator = ?, status = ?, sample_row = ?, scan_id = ?, num_events = ?, num_frames = ?, bytes = ?, num_notes = ?, digest = ? "
          "WHERE run = ?")),
      insert_tag(connection.prepare("INSERT OR IGNORE INTO search_tags(run, tag) VALUES(?, ?)")),
      insert_value(connection.prepare("INSERT INTO search_values(run, path, item, low, high, unit) VALUES(?, ?, ?, ?, ?, ?)")),
      insert_text(connection.prepare("INSERT INTO search_text(rowid, words, notes) VALUES(?, ?, ?)")),
      delete_tags(connection.prepare("DELETE FROM search_tags WHERE run = ?")),
      delete_values(connection.prepare("DELETE FROM search_values WHERE run = ?")),
      delete_text(connection.prepare("DELETE FROM search_text WHERE rowid = ?")),
      delete_core(connection.prepare("DELETE FROM runs_index WHERE uid = ?")),
      find_name(connection.prepare("SELECT id FROM search_names WHERE kind = ? AND name = ?")),
      insert_name(connection.prepare("INSERT INTO search_names(kind, name, folded) VALUES(?, ?, ?)")),
      find_path(connection.prepare("SELECT id FROM search_paths WHERE source = ? AND name = ?")),
      insert_path(connection.prepare("INSERT INTO search_paths(source, name, folded, leaf) VALUES(?, ?, ?, ?)")),
      find_sample(connection.prepare("SELECT id, name, formula, serial, tags FROM search_samples WHERE beamtime_id = ? AND sample_id = ?")),
      insert_sample(connection.prepare(
          "INSERT INTO search_samples(beamtime_id, sample_id, name, formula, serial, tags, folded_formula, folded_serial) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")),
      update_sample(
          connection.prepare("UPDATE search_samples SET beamtime_id = ?, sample_id = ?, name = ?, formula = ?, serial = ?, tags = "
                             "?, folded_formula = ?, folded_serial = ? WHERE id = ?")),
      uids_of(connection.prepare("SELECT uid FROM search_runs WHERE beamtime_id = ? ORDER BY uid")),
      delete_samples(connection.prepare("DELETE FROM search_samples WHERE beamtime_id = ?")),
      set_core_researcher(
          connection.prepare("UPDATE runs_index SET researcher_id = ?2 WHERE uid IN (SELECT uid FROM search_runs WHERE beamtime_id = ?1)")),
      set_researcher(connection.prepare("UPDATE search_runs SET researcher_id = ?2 WHERE beamtime_id = ?1")),
      read_run(connection.prepare(
          "SELECT r.run, c.plan_name, c.sample_name, c.time_start, c.tags, r.time_stop, s.name, o.name, r.scan_id, r.num_events, "
          "r.num_frames, "
          "r.bytes, r.num_notes, p.sample_id, p.name, p.formula, p.serial, p.tags, c.plan_name IS n.name AND c.sample_name IS m.name AND "
          "c.time_start = r.time_start AND c.beamtime_id = r.beamtime_id AND c.researcher_id = r.researcher_id FROM runs_index c JOIN "
          "search_runs r ON r.uid = c.uid LEFT JOIN search_names n ON n.id = r.plan LEFT JOIN search_names m ON m.id = r.sample "
          "LEFT JOIN search_names s ON s.id = r.status LEFT JOIN search_names o ON o.id = r.operator LEFT JOIN search_samples p ON p.id = "
          "r.sample_row WHERE c.uid = ?")),
      read_values(
          connection.prepare("SELECT p.source, p.name, v.low, v.high, u.name FROM search_values v JOIN search_paths p ON p.id = v.path "
                             "LEFT JOIN search_names u ON u.id = v.unit WHERE v.run = ? ORDER BY v.item")),
      read_text(connection.prepare("SELECT words, notes FROM search_text WHERE rowid = ?")) {}

}  // namespace resonance::index
