#include "index/verify_index.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "index/data_root.hpp"
#include "index/index_file.hpp"
#include "index/record_stream.hpp"
#include "index/verify_tables.hpp"

namespace resonance::index {

namespace {

bool grows_with_a_run(std::string_view part) {
  return part == "number of events" || part == "number of frames" || part == "bytes" || part == "values";
}

class Comparison {
 public:
  Comparison(const std::filesystem::path& root, sqlite::Connection& index, const SyncOptions& options)
      : root_(root), options_(options), connection_(index), records_(index, TimeZone()), rows_(index) {}

  IndexVerifyReport run() {
    scan_ = scan_root(root_);
    const auto& found = scan_.files;
    report_.faults = scan_.closed;
    std::vector<std::filesystem::path> paths;
    for (const auto& file : found) {
      on_disk_.insert(file.db_path);
      paths.push_back(root_ / file.db_path);
    }
    progress_.beamtimes = found.size();
    RecordStream stream(std::move(paths), options_.threads);
    for (std::size_t i = 0; i < found.size() && tell(); ++i) {
      file(stream, i, found[i].db_path);
      ++progress_.beamtimes_done;
    }
    if (tell()) missing_files();
    if (tell())
      for (auto& difference : verify_tables(connection_)) report_.differences.push_back(std::move(difference));
    return std::move(report_);
  }

 private:
  bool tell() {
    if (options_.progress && !options_.progress(progress_)) report_.stopped = true;
    return !report_.stopped;
  }

  void differ(const std::string& db_path, const std::string& uid, std::string message) {
    report_.differences.push_back({db_path, uid, std::move(message)});
  }

  void file(RecordStream& stream, std::size_t number, const std::string& db_path) {
    const auto owner = rows_.find_beamtime(db_path);
    std::set<std::string> seen;
    const auto end = stream.read(number, [&](std::vector<RunRecord>&& batch) {
      for (const auto& record : batch) {
        seen.insert(record.summary.uid);
        if (owner) compare(db_path, *owner, record);
      }
      progress_.runs += batch.size();
      (void)tell();
    });
    if (end.kind == FileEnd::Kind::broken) return report_.faults.push_back({db_path, end.message});
    if (end.kind == FileEnd::Kind::other && owner) return report_.faults.push_back({db_path, kNoBeamtimeAnyMore});
    if (end.kind != FileEnd::Kind::read) return;
    ++report_.beamtimes;
    report_.runs += seen.size();
    if (!owner) return differ(db_path, {}, fmt::format("it is not in the index, with {} runs", seen.size()));
    for (const auto& uid : records_.uids_of(owner->beamtime_id))
      if (!seen.contains(uid)) differ(db_path, uid, "it is in the index, but not in the beamtime");
  }

  void compare(const std::string& db_path, const Owner& owner, const RunRecord& record) {
    const auto& uid = record.summary.uid;
    const auto other = records_.beamtime_of(uid);
    if (!other) return differ(db_path, uid, "it is not in the index");
    if (*other != owner.beamtime_id) {  // a copy: the index has the run of the other beamtime
      if (const auto path = rows_.db_path_of(*other); !path || (!on_disk_.contains(*path) && !scan_.hides(*path)))
        differ(db_path, uid, "the index has it in a beamtime that is not there");
      return;
    }
    const auto stored = records_.get(uid);
    if (!stored) return differ(db_path, uid, "its row in runs_index is missing");
    // The index has the beginning of a run that is being recorded, and its end once that is there.
    const bool grows = !record.summary.exit_status && !stored->summary.exit_status;
    const auto is = parts_of(record);
    const auto was = parts_of(*stored);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::max(is.size(), was.size()); ++i)
      if ((i >= is.size() || i >= was.size() || is[i] != was[i]) && !(grows && i < is.size() && grows_with_a_run(is[i].first)))
        names.push_back(i < is.size() ? is[i].first : was[i].first);
    if (!stored->fault.empty()) names.push_back(stored->fault);
    if (!names.empty()) differ(db_path, uid, fmt::format("the index has another {}", fmt::join(names, ", ")));
  }

  void missing_files() {
    for (const auto& [path, id] : rows_.paths())
      if (!on_disk_.contains(path) && !scan_.hides(path)) differ(path, {}, "it is in the index, but there is no such file");
  }

  const std::filesystem::path& root_;
  const SyncOptions& options_;
  sqlite::Connection& connection_;
  RecordStore records_;
  BeamtimeRows rows_;
  RootScan scan_;
  std::set<std::string, std::less<>> on_disk_;
  IndexVerifyReport report_;
  IndexProgress progress_;
};

}  // namespace

IndexVerifyReport verify_index(const std::filesystem::path& root, sqlite::Connection& index, const SyncOptions& options) {
  return Comparison(root, index, options).run();
}

}  // namespace resonance::index
