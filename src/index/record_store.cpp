#include "index/record_store.hpp"

#include <fmt/format.h>

#include "base/fold_case.hpp"
#include "resonance/error.hpp"
#include "resonance/json.hpp"

namespace resonance::index {

namespace {

std::string tags_as_json(const std::vector<std::string>& tags) {
  Json out = Json::array();
  for (const auto& tag : tags) out.push_back(tag);
  return out.dump();
}

std::optional<std::string> folded(const std::optional<std::string>& text) { return text ? std::optional(fold_case(*text)) : std::nullopt; }

void bind_value(sqlite::Statement& statement, int position, const Value& value) {
  if (const auto* number = std::get_if<double>(&value.low)) return statement.bind(position, *number);
  if (const auto* text = std::get_if<std::string>(&value.low)) return statement.bind(position, *text);
  statement.bind(position, nullptr);
}

}  // namespace

RecordStore::RecordStore(sqlite::Connection& connection, TimeZone zone)
    : connection_(connection), zone_(std::move(zone)), statements_(connection) {}

void RecordStore::begin() {
  const sqlite::Reset reset(statements_.data_version);
  (void)statements_.data_version.step();
  const auto version = statements_.data_version.int64(0);
  if (version != version_) forget();
  version_ = version;
}

void RecordStore::forget() {
  ids_.clear();
  samples_.clear();
}

std::int64_t RecordStore::name_id(const char* kind, std::string_view name) {
  auto key = fmt::format("{}\x1f{}", kind, name);
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  const sqlite::Reset reset(statements_.find_name);
  statements_.find_name.bind_all(kind, name);
  std::int64_t id = 0;
  if (statements_.find_name.step()) {
    id = statements_.find_name.int64(0);
  } else {
    statements_.insert_name.bind_all(kind, name, fold_case(name)).run();
    id = connection_.last_insert_rowid();
  }
  ids_.emplace(std::move(key), id);
  return id;
}

std::optional<std::int64_t> RecordStore::name_id(const char* kind, const std::optional<std::string>& name) {
  return name ? std::optional(name_id(kind, std::string_view(*name))) : std::nullopt;
}

std::int64_t RecordStore::path_id(const Value& value) {
  auto key = fmt::format("{}\x1e{}", value.source, value.path);
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  const sqlite::Reset reset(statements_.find_path);
  statements_.find_path.bind_all(value.source, value.path);
  std::int64_t id = 0;
  if (statements_.find_path.step()) {
    id = statements_.find_path.int64(0);
  } else {
    const auto name = fold_case(value.path);
    statements_.insert_path.bind_all(value.source, value.path, name, name.substr(name.rfind('.') + 1)).run();
    id = connection_.last_insert_rowid();
  }
  ids_.emplace(std::move(key), id);
  return id;
}

std::optional<std::int64_t> RecordStore::sample_row(const RunRecord& record, std::int64_t beamtime_id) {
  if (!record.sample) return std::nullopt;
  const auto& sample = *record.sample;
  const auto tags = tags_as_json(sample.tags);
  auto key = fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", beamtime_id, sample.sample_id, sample.name, sample.formula.value_or("\x1e"),
                         sample.serial.value_or("\x1e"), tags);
  if (const auto known = samples_.find(key); known != samples_.end()) return known->second;
  auto& find = statements_.find_sample;
  const sqlite::Reset reset(find);
  find.bind_all(beamtime_id, sample.sample_id);
  std::int64_t id = 0;
  const auto bind = [&](sqlite::Statement& statement) {
    statement.bind_all(beamtime_id, sample.sample_id, sample.name, sample.formula, sample.serial, tags, folded(sample.formula),
                       folded(sample.serial));
  };
  if (find.step()) {
    id = find.int64(0);
    if (find.string(1) != sample.name || find.optional_string(2) != sample.formula || find.optional_string(3) != sample.serial ||
        find.string(4) != tags) {
      bind(statements_.update_sample);
      statements_.update_sample.bind(9, id);
      statements_.update_sample.run();
    }
  } else {
    bind(statements_.insert_sample);
    statements_.insert_sample.run();
    id = connection_.last_insert_rowid();
  }
  samples_.emplace(std::move(key), id);
  return id;
}

std::optional<RecordStore::Stored> RecordStore::find(std::string_view uid) {
  auto& find = statements_.find_run;
  const sqlite::Reset reset(find);
  find.bind(1, uid);
  if (!find.step()) return std::nullopt;
  return Stored{find.int64(0), find.int64(1), {find.int64(2), find.int64(3)}};
}

RecordStore::Put RecordStore::put(const RunRecord& record, const Owner& owner, bool take_over) {
  const auto stored = find(record.summary.uid);
  if (stored && stored->owner.beamtime_id != owner.beamtime_id && !take_over) return Put::of_another;
  const auto digest = digest_of(record);
  if (stored && stored->digest == digest && stored->owner.beamtime_id == owner.beamtime_id &&
      stored->owner.researcher_id == owner.researcher_id)
    return Put::unchanged;
  write(record, owner, digest, stored ? std::optional(stored->run) : std::nullopt);
  return Put::written;
}

void RecordStore::write(const RunRecord& record, const Owner& owner, std::int64_t digest, std::optional<std::int64_t> run) {
  const auto& summary = record.summary;
  statements_.put_core
      .bind_all(summary.uid, owner.researcher_id, owner.beamtime_id, summary.plan_name, summary.sample, summary.time_start,
                tags_as_json(summary.tags))
      .run();
  auto& statement = run ? statements_.update_run : statements_.insert_run;
  statement.bind_all(summary.uid, owner.beamtime_id, owner.researcher_id, summary.time_start, summary.time_stop,
                     zone_.day_of(summary.time_start), name_id("plan", std::string_view(summary.plan_name)),
                     name_id("sample", summary.sample), name_id("operator", summary.operator_name),
                     name_id("status", std::string_view(status_of(summary))), sample_row(record, owner.beamtime_id), summary.scan_id,
                     summary.num_events, summary.num_frames, record.bytes, record.num_notes, digest);
  if (run) statement.bind(18, *run);
  statement.run();
  const auto id = run ? *run : connection_.last_insert_rowid();
  if (run) {
    statements_.delete_tags.bind_all(id).run();
    statements_.delete_values.bind_all(id).run();
    statements_.delete_text.bind_all(id).run();
  }
  write_children(record, id);
}

void RecordStore::write_children(const RunRecord& record, std::int64_t run) {
  for (const auto& tag : record.summary.tags) statements_.insert_tag.bind_all(run, name_id("tag", std::string_view(tag))).run();
  std::int64_t item = 0;
  for (const auto& value : record.values) {
    auto& insert = statements_.insert_value;
    insert.bind_all(run, path_id(value), item++);
    bind_value(insert, 4, value);
    insert.bind(5, value.high);
    insert.bind(6, name_id("unit", value.unit));
    insert.run();
  }
  statements_.insert_text.bind_all(run, record.words, record.notes).run();
}

std::optional<std::int64_t> RecordStore::beamtime_of(std::string_view uid) {
  const auto stored = find(uid);
  return stored ? std::optional(stored->owner.beamtime_id) : std::nullopt;
}

std::vector<std::string> RecordStore::uids_of(std::int64_t beamtime_id) {
  auto& select = statements_.uids_of;
  const sqlite::Reset reset(select);
  select.bind(1, beamtime_id);
  std::vector<std::string> out;
  while (select.step()) out.push_back(select.string(0));
  return out;
}

void RecordStore::remove(std::string_view uid) {
  if (const auto stored = find(uid)) statements_.delete_text.bind_all(stored->run).run();
  statements_.delete_core.bind_all(uid).run();
}

void RecordStore::remove_all(std::int64_t beamtime_id) {
  for (const auto& uid : uids_of(beamtime_id)) remove(uid);
  statements_.delete_samples.bind_all(beamtime_id).run();
}

void RecordStore::settle_days() {
  auto runs = connection_.prepare("SELECT run, time_start, day FROM search_runs");
  auto update = connection_.prepare("UPDATE search_runs SET day = ? WHERE run = ?");
  std::vector<std::pair<std::int64_t, std::int64_t>> changed;
  while (runs.step())
    if (const auto day = zone_.day_of(runs.real(1)); day != runs.int64(2)) changed.emplace_back(day, runs.int64(0));
  for (const auto& [day, run] : changed) update.bind_all(day, run).run();
}

void RecordStore::set_researcher(const Owner& owner) {
  statements_.set_core_researcher.bind_all(owner.beamtime_id, owner.researcher_id).run();
  statements_.set_researcher.bind_all(owner.beamtime_id, owner.researcher_id).run();
}

}  // namespace resonance::index
