#include "index/beamtime_rows.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "resonance/error.hpp"

namespace resonance::index {

namespace {

std::optional<std::string> json_text(const Json& extra) { return extra.size() == 0 ? std::nullopt : std::optional(extra.dump()); }

Json json_of(std::string_view text) {
  if (text.empty()) return Json::object();
  try {
    return Json::parse(text);
  } catch (const Error&) {  // another program's free text must not hide the row
    return Json::object({{"text", text}});
  }
}

/// Whether `db_path` lies in `folder` or below; both relative to the data root.
bool is_below(std::string_view db_path, std::string_view folder) {
  return folder == "." ||
         (!folder.empty() && db_path.size() > folder.size() && db_path.starts_with(folder) && db_path[folder.size()] == '/');
}

std::string stem_of(std::string_view db_path) { return std::filesystem::path(db_path).stem().string(); }

}  // namespace

std::optional<std::string> BeamtimeRows::setting(std::string_view name) {
  auto select = connection_.prepare("SELECT value FROM index_settings WHERE name = ?");
  select.bind(1, name);
  return select.step() ? select.optional_string(0) : std::nullopt;
}

void BeamtimeRows::set_setting(std::string_view name, std::string_view value) {
  connection_.prepare("INSERT OR REPLACE INTO index_settings(name, value) VALUES(?, ?)").bind_all(name, value).run();
}

std::vector<Researcher> BeamtimeRows::researchers() {
  auto select =
      connection_.prepare("SELECT id, name, email, orcid, affiliation, root_path, extra FROM researchers ORDER BY name COLLATE NOCASE, id");
  std::vector<Researcher> out;
  while (select.step())
    out.push_back({select.int64(0), select.string(1), select.optional_string(2), select.optional_string(3), select.optional_string(4),
                   select.string(5), json_of(select.text(6))});
  return out;
}

std::int64_t BeamtimeRows::put_researcher(const Researcher& researcher) {
  connection_
      .prepare(
          "INSERT INTO researchers(id, name, email, orcid, affiliation, root_path, extra) SELECT (SELECT ?1 WHERE NOT EXISTS (SELECT 1 "
          "FROM researchers WHERE id "
          "= ?1)), ?2, ?3, ?4, ?5, ?6, ?7 WHERE true ON CONFLICT(name) DO UPDATE SET email = coalesce(excluded.email, email), orcid = "
          "coalesce(excluded.orcid, orcid), affiliation = "
          "coalesce(excluded.affiliation, affiliation), root_path = excluded.root_path, extra = coalesce(excluded.extra, extra)")
      .bind_all(researcher.id, researcher.name, researcher.email, researcher.orcid, researcher.affiliation, researcher.root_path,
                json_text(researcher.extra))
      .run();
  return researcher_id(researcher.name);
}

std::int64_t BeamtimeRows::researcher_id(std::string_view name) {
  auto select = connection_.prepare("SELECT id FROM researchers WHERE name = ?");
  select.bind(1, name);
  if (select.step()) return select.int64(0);
  std::string known;
  for (const auto& researcher : researchers()) known += (known.empty() ? "" : ", ") + researcher.name;
  throw Error(ErrorCode::not_found, fmt::format("{} knows no researcher '{}'; {}", connection_.path().string(), name,
                                                known.empty() ? "it has none" : "it has: " + known));
}

void BeamtimeRows::put_registration(const IndexedBeamtime& beamtime) {
  const auto researcher = beamtime.researcher.empty() ? std::nullopt : std::optional(researcher_id(beamtime.researcher));
  const auto label = beamtime.label.empty() ? std::nullopt : std::optional(beamtime.label);
  connection_
      .prepare(
          "INSERT INTO registrations(db_path, researcher_id, label, description, extra) VALUES(?, ?, ?, ?, ?) ON CONFLICT(db_path) DO "
          "UPDATE SET researcher_id = coalesce(excluded.researcher_id, researcher_id), label = coalesce(excluded.label, label), "
          "description = coalesce(excluded.description, description), extra = coalesce(excluded.extra, extra)")
      .bind_all(beamtime.db_path, researcher, label, beamtime.description, json_text(beamtime.extra))
      .run();
}

std::vector<IndexedBeamtime> BeamtimeRows::registrations() {
  auto select = connection_.prepare(
      "SELECT g.db_path, g.label, r.name, g.description, g.extra FROM registrations g LEFT JOIN researchers r ON r.id = g.researcher_id "
      "ORDER "
      "BY g.db_path");
  std::vector<IndexedBeamtime> out;
  while (select.step()) {
    IndexedBeamtime beamtime;
    beamtime.db_path = select.string(0);
    beamtime.label = select.string(1);
    beamtime.researcher = select.string(2);
    beamtime.description = select.optional_string(3);
    beamtime.extra = json_of(select.text(4));
    out.push_back(std::move(beamtime));
  }
  return out;
}

std::vector<IndexedBeamtime> BeamtimeRows::beamtimes() {
  auto select = connection_.prepare(
      "SELECT b.id, b.db_path, b.label, r.name, b.description, b.extra, b.time_start, b.time_stop, (SELECT count(*) FROM search_runs s "
      "WHERE s.beamtime_id = b.id), f.message FROM beamtimes b JOIN researchers r ON r.id = b.researcher_id LEFT JOIN index_files f ON "
      "f.db_path = b.db_path ORDER BY b.time_start IS NULL, b.time_start DESC, b.id DESC");
  std::vector<IndexedBeamtime> out;
  while (select.step())
    out.push_back({select.int64(0), select.string(1), select.string(2), select.string(3), select.optional_string(4),
                   json_of(select.text(5)), select.optional_real(6), select.optional_real(7), select.count(8), select.string(9)});
  return out;
}

std::map<std::string, std::int64_t> BeamtimeRows::paths() {
  auto select = connection_.prepare("SELECT db_path, id FROM beamtimes ORDER BY db_path");
  std::map<std::string, std::int64_t> out;
  while (select.step()) out.emplace_hint(out.end(), select.string(0), select.int64(1));
  return out;
}

std::optional<Owner> BeamtimeRows::find_beamtime(std::string_view db_path) {
  auto select = connection_.prepare("SELECT id, researcher_id FROM beamtimes WHERE db_path = ?");
  select.bind(1, db_path);
  return select.step() ? std::optional(Owner{select.int64(0), select.int64(1)}) : std::nullopt;
}

std::int64_t BeamtimeRows::owner_of(std::string_view db_path) {
  auto registered = connection_.prepare("SELECT researcher_id FROM registrations WHERE db_path = ? AND researcher_id IS NOT NULL");
  registered.bind(1, db_path);
  if (registered.step()) return registered.int64(0);
  const Researcher* best = nullptr;
  const auto all = researchers();
  for (const auto& researcher : all)
    if (is_below(db_path, researcher.root_path) && (best == nullptr || researcher.root_path.size() > best->root_path.size()))
      best = &researcher;
  if (best != nullptr) return *best->id;
  connection_.prepare("INSERT INTO researchers(name, root_path) VALUES(?, '') ON CONFLICT(name) DO NOTHING").bind_all(kUnassigned).run();
  return researcher_id(kUnassigned);
}

Owner BeamtimeRows::put_beamtime(std::string_view db_path, std::optional<std::int64_t> wanted_id) {
  const auto researcher = owner_of(db_path);
  std::optional<std::string> label, description, extra;
  auto registered = connection_.prepare("SELECT label, description, extra FROM registrations WHERE db_path = ?");
  registered.bind(1, db_path);
  if (registered.step()) {
    label = registered.optional_string(0);
    description = registered.optional_string(1);
    extra = registered.optional_string(2);
  }
  registered.reset();
  if (wanted_id && db_path_of(*wanted_id)) wanted_id.reset();
  // Another program may have written label and description; without a registration they stay.
  connection_
      .prepare(
          "INSERT INTO beamtimes(id, researcher_id, label, db_path, description, extra) VALUES(?1, ?2, coalesce(?3, ?7), ?4, ?5, ?6) ON "
          "CONFLICT(db_path) DO UPDATE SET researcher_id = ?2, label = coalesce(?3, label), description = coalesce(?5, description), "
          "extra = coalesce(?6, extra)")
      .bind_all(wanted_id, researcher, label, db_path, description, extra, stem_of(db_path))
      .run();
  return *find_beamtime(db_path);
}

void BeamtimeRows::update_times(std::int64_t beamtime_id) {
  connection_
      .prepare(
          "UPDATE beamtimes SET time_start = (SELECT min(time_start) FROM search_runs WHERE beamtime_id = ?1), time_stop = (SELECT "
          "max(time_stop) FROM search_runs WHERE beamtime_id = ?1) WHERE id = ?1")
      .bind_all(beamtime_id)
      .run();
}

void BeamtimeRows::move_beamtime(std::int64_t beamtime_id, std::string_view from, std::string_view to) {
  // What was said by hand about the old path goes along, unless the new one has something of its own.
  connection_.prepare("UPDATE OR IGNORE registrations SET db_path = ?2 WHERE db_path = ?1").bind_all(from, to).run();
  connection_.prepare("DELETE FROM registrations WHERE db_path = ?").bind_all(from).run();
  connection_.prepare("UPDATE beamtimes SET label = CASE WHEN label = ?3 THEN ?4 ELSE label END, db_path = ?2 WHERE id = ?1")
      .bind_all(beamtime_id, to, stem_of(from), stem_of(to))
      .run();
  remove_file(from);
}

void BeamtimeRows::remove_beamtime(std::int64_t beamtime_id) {
  connection_.prepare("DELETE FROM beamtimes WHERE id = ?").bind_all(beamtime_id).run();
}

std::optional<std::string> BeamtimeRows::db_path_of(std::int64_t beamtime_id) {
  auto select = connection_.prepare("SELECT db_path FROM beamtimes WHERE id = ?");
  select.bind(1, beamtime_id);
  return select.step() ? select.optional_string(0) : std::nullopt;
}

std::map<std::string, FileRow> BeamtimeRows::files() {
  auto select = connection_.prepare(
      "SELECT db_path, state, beamtime_id, inode, bytes, changed_ns, log_bytes, log_changed_ns, message FROM index_files ORDER BY db_path");
  std::map<std::string, FileRow> out;
  while (select.step())
    out.emplace_hint(out.end(), select.string(0),
                     FileRow{select.string(1),
                             select.optional_int64(2),
                             {select.int64(3), select.int64(4), select.int64(5), select.int64(6), select.int64(7)},
                             select.optional_string(8)});
  return out;
}

void BeamtimeRows::put_file(std::string_view db_path, const FileRow& row) {
  const auto& print = row.fingerprint;
  connection_
      .prepare(
          "INSERT OR REPLACE INTO index_files(db_path, state, beamtime_id, inode, bytes, changed_ns, log_bytes, log_changed_ns, message) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind_all(db_path, row.state, row.beamtime_id, print.inode, print.bytes, print.changed_ns, print.log_bytes, print.log_changed_ns,
                row.message)
      .run();
}

void BeamtimeRows::remove_file(std::string_view db_path) {
  connection_.prepare("DELETE FROM index_files WHERE db_path = ?").bind_all(db_path).run();
}

}  // namespace resonance::index
