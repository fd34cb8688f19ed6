#include "index/sync.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "index/beamtime_reader.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

Sync::Sync(const std::filesystem::path& root, IndexFile& index, const SyncOptions& options, std::map<std::string, std::int64_t> known_ids)
    : root_(root), index_(index), options_(options), known_ids_(std::move(known_ids)) {}

SyncReport Sync::run() {
  scan();
  find_gone();
  find_moved();
  auto changed = find_changed();
  progress_.beamtimes = changed.size();
  read_all(std::move(changed));
  if (!report_.stopped) remove_gone();
  // A run that was taken out somewhere may be in a copy; then that one is indexed.
  if (!report_.stopped && report_.runs_removed > 0) read_all(find_copies());
  complete_report();
  return std::move(report_);
}

/// The index first: what is recorded and indexed by its writer while files are listed is neither new nor gone.
void Sync::scan() {
  rows_ = index_.beamtimes().files();
  known_paths_ = index_.beamtimes().paths();
  found_ = scan_root(root_);
  for (const auto& file : found_.files) found_paths_.insert(file.db_path);
}

bool Sync::is_gone(const std::string& db_path) const { return !found_paths_.contains(db_path) && !found_.hides(db_path); }

std::vector<std::string> Sync::unread() const {
  std::vector<std::string> out;
  for (const auto& [path, id] : known_ids_) {
    const auto row = rows_.find(path);
    if (found_.hides(path) || (row != rows_.end() && row->second.state == file_state::kBroken)) out.push_back(path);
  }
  return out;
}

void Sync::find_gone() {
  for (const auto& [path, id] : known_paths_)
    if (is_gone(path)) gone_.emplace(path, FileRow{file_state::kIndexed, id, {}, {}});
  for (const auto& [path, row] : rows_)
    if (is_gone(path)) gone_.insert_or_assign(path, row);
}

std::vector<const FoundFile*> Sync::find_changed() const {
  std::vector<const FoundFile*> out;
  for (const auto& file : found_.files) {
    const auto row = rows_.find(file.db_path);
    // What could not be read may be readable now, whether or not it has changed: a lock, a permission.
    const bool same = row != rows_.end() && row->second.fingerprint == file.fingerprint && file.fingerprint.changed_ns != 0 &&
                      row->second.state != file_state::kBroken;
    if (!same) out.push_back(&file);
  }
  // In the order of an older index: of two copies, the one that came first stays the one that is indexed.
  const auto id = [&](const FoundFile* file) {
    const auto known = known_ids_.find(file->db_path);
    return known == known_ids_.end() ? INT64_MAX : known->second;
  };
  std::stable_sort(out.begin(), out.end(), [&](const FoundFile* a, const FoundFile* b) { return id(a) < id(b); });
  return out;
}

std::vector<const FoundFile*> Sync::find_copies() const {
  std::vector<const FoundFile*> out;
  for (const auto& file : found_.files)
    if (const auto row = rows_.find(file.db_path); row != rows_.end() && row->second.state == file_state::kCopy) out.push_back(&file);
  return out;
}

/// A file that was read twice is told once.
void Sync::complete_report() {
  for (auto* list : {&report_.added, &report_.changed, &report_.removed}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  std::erase_if(report_.changed, [&](const auto& path) { return std::binary_search(report_.added.begin(), report_.added.end(), path); });
  for (const auto& file : found_.files) {
    const auto row = rows_.find(file.db_path);
    if (row == rows_.end() || row->second.state == file_state::kOther) continue;
    ++report_.beamtimes;
    if (row->second.message) report_.faults.push_back({file.db_path, *row->second.message});
  }
  report_.faults.insert(report_.faults.end(), found_.closed.begin(), found_.closed.end());
}

bool Sync::tell() {
  if (options_.progress && !options_.progress(progress_)) report_.stopped = true;
  return !report_.stopped;
}

/// The same file under another name: neither its content nor its number has changed.
void Sync::find_moved() {
  for (const auto& file : found_.files) {
    if (rows_.contains(file.db_path)) continue;
    const auto from = std::find_if(gone_.begin(), gone_.end(), [&](const auto& row) {
      return row.second.beamtime_id && row.second.fingerprint == file.fingerprint && file.fingerprint.changed_ns != 0;
    });
    if (from == gone_.end()) continue;
    const auto old_path = from->first;
    auto row = from->second;
    index_.transact([&] {
      move(*row.beamtime_id, old_path, file.db_path);
      index_.beamtimes().put_file(file.db_path, row);
    });
    rows_.emplace(file.db_path, std::move(row));
  }
}

void Sync::move(std::int64_t beamtime_id, const std::string& from, const std::string& to) {
  index_.beamtimes().move_beamtime(beamtime_id, from, to);
  // Another folder may be another researcher's.
  index_.records().set_researcher(index_.beamtimes().put_beamtime(to));
  gone_.erase(from);
  report_.moved.emplace_back(from, to);
}

void Sync::read_all(std::vector<const FoundFile*> files) {
  for (int pass = 0; pass < 2 && !files.empty() && !report_.stopped; ++pass) {
    std::vector<std::filesystem::path> paths;
    for (const auto* file : files) paths.push_back(root_ / file->db_path);
    RecordStream stream(std::move(paths), options_.threads);
    std::vector<const FoundFile*> again;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!tell() || !read_file(stream, i, *files[i])) return;
      if (pass == 0) ++progress_.beamtimes_done;
      if (pass == 0 && changed_since(*files[i])) again.push_back(files[i]);
    }
    // What was recorded while we read is taken now, not only by the next call.
    for (const auto* file : again)
      if (const auto print = fingerprint_of(root_ / file->db_path))
        std::find_if(found_.files.begin(), found_.files.end(), [&](const auto& f) { return &f == file; })->fingerprint = *print;
    files = std::move(again);
  }
  (void)tell();
}

bool Sync::changed_since(const FoundFile& file) const {
  const auto now = fingerprint_of(root_ / file.db_path);
  auto then = file.fingerprint;
  if (now && (then.changed_ns == 0 || now->changed_ns == 0)) then.changed_ns = now->changed_ns;
  return now && *now != then;
}

bool Sync::read_file(RecordStream& stream, std::size_t number, const FoundFile& file) {
  Reading reading{.file = file, .owner = {}, .seen = {}, .copy_of = {}, .fault = {}};
  const auto end = stream.read(number, [&](std::vector<RunRecord>&& batch) {
    put(reading, std::move(batch));
    (void)tell();
  });
  if (report_.stopped) return false;  // the file has no new fingerprint, so the next call reads it
  settle(reading, end);
  return true;
}

bool Sync::is_on_disk(std::int64_t beamtime_id) {
  const auto path = index_.beamtimes().db_path_of(beamtime_id);
  return path && !is_gone(*path);
}

/// A beamtime that is new and whose first run belongs to one that has gone is that one, moved to another disk, say.
Owner Sync::owner_for(Reading& reading, const RunRecord& record) {
  auto& beamtimes = index_.beamtimes();
  if (!beamtimes.find_beamtime(reading.file.db_path)) {
    const auto other = index_.records().beamtime_of(record.summary.uid);
    if (other && !is_on_disk(*other))
      if (const auto from = beamtimes.db_path_of(*other)) {
        move(*other, *from, reading.file.db_path);
        return *beamtimes.find_beamtime(reading.file.db_path);
      }
    reading.is_new = true;
  }
  const auto known = known_ids_.find(reading.file.db_path);
  return beamtimes.put_beamtime(reading.file.db_path, known == known_ids_.end() ? std::nullopt : std::optional(known->second));
}

void Sync::put_run(Reading& reading, const RunRecord& record) {
  auto& records = index_.records();
  auto result = records.put(record, *reading.owner);
  if (result == RecordStore::Put::of_another) {
    const auto other = records.beamtime_of(record.summary.uid);
    if (other && is_on_disk(*other)) {
      ++reading.copies;
      reading.copy_of = index_.beamtimes().db_path_of(*other).value_or("another beamtime");
      return;
    }
    result = records.put(record, *reading.owner, true);
  }
  if (result == RecordStore::Put::written) ++reading.written;
  reading.seen.push_back(record.summary.uid);
}

void Sync::put(Reading& reading, std::vector<RunRecord>&& batch) {
  index_.transact([&] {
    for (const auto& record : batch) {
      if (!reading.owner) reading.owner = owner_for(reading, record);
      put_run(reading, record);
      if (!record.fault.empty() && reading.fault.empty()) reading.fault = record.fault;
    }
  });
  progress_.runs += batch.size();
}

/// Runs of the index that were not read. One that was recorded since the reading began is there all the same.
void Sync::drop_vanished(Reading& reading) {
  std::sort(reading.seen.begin(), reading.seen.end());
  std::vector<std::string> missing;
  const auto stored = index_.records().uids_of(reading.owner->beamtime_id);
  std::set_difference(stored.begin(), stored.end(), reading.seen.begin(), reading.seen.end(), std::back_inserter(missing));
  if (missing.empty()) return;
  BeamtimeReader reader(root_ / reading.file.db_path);
  for (const auto& uid : missing) {
    if (const auto record = reader.run(uid)) {
      put_run(reading, *record);
      continue;
    }
    index_.records().remove(uid);
    ++reading.removed;
  }
}

void Sync::settle(Reading& reading, const FileEnd& end) {
  if (end.kind == FileEnd::Kind::gone) return;  // the next call takes it out
  auto& beamtimes = index_.beamtimes();
  const auto& path = reading.file.db_path;
  FileRow row{file_state::kIndexed, {}, reading.file.fingerprint, {}};
  index_.transact([&] {
    const auto before = beamtimes.find_beamtime(path);
    if (end.kind == FileEnd::Kind::broken || (end.kind == FileEnd::Kind::other && (before || known_ids_.contains(path)))) {
      row.state = file_state::kBroken;
      row.message = end.kind == FileEnd::Kind::broken ? end.message : kNoBeamtimeAnyMore;
      if (before) row.beamtime_id = before->beamtime_id;
    } else if (end.kind == FileEnd::Kind::other) {
      row.state = file_state::kOther;
    } else {
      if (!reading.owner) {  // a beamtime without runs
        reading.is_new = !before;
        reading.owner = beamtimes.put_beamtime(path);
      }
      drop_vanished(reading);
      beamtimes.update_times(reading.owner->beamtime_id);
      row.beamtime_id = reading.owner->beamtime_id;
      if (!reading.fault.empty()) row.message = reading.fault;
      if (!end.message.empty()) row.message = end.message;
      if (reading.copies > 0) {
        row.state = file_state::kCopy;
        row.message = fmt::format("{} of its runs {} in {}, too, and {} indexed there", reading.copies, reading.copies == 1 ? "is" : "are",
                                  reading.copy_of, reading.copies == 1 ? "is" : "are");
      }
    }
    beamtimes.put_file(path, row);
  });
  rows_.insert_or_assign(path, std::move(row));
  if (reading.is_new) report_.added.push_back(path);
  if (!reading.is_new && reading.written + reading.removed > 0) report_.changed.push_back(path);
  report_.runs_written += reading.written;
  report_.runs_removed += reading.removed;
}

void Sync::remove_gone() {
  for (const auto& [path, row] : gone_) {
    index_.transact([&] {
      if (const auto owner = index_.beamtimes().find_beamtime(path)) {
        report_.runs_removed += index_.records().uids_of(owner->beamtime_id).size();
        index_.records().remove_all(owner->beamtime_id);
        index_.beamtimes().remove_beamtime(owner->beamtime_id);
        report_.removed.push_back(path);
      }
      index_.beamtimes().remove_file(path);
    });
  }
}

}  // namespace resonance::index
