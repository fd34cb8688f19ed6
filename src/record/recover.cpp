#include "record/recover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "frames/metadata_file.hpp"
#include "frames/recover.hpp"
#include "io/walk.hpp"
#include "record/event_checksums.hpp"
#include "record/quarantine.hpp"
#include "record/recovery_statements.hpp"
#include "resonance/error.hpp"
#include "schema/key_ranges.hpp"

namespace resonance::record {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLost = "its pixels did not reach the disk before the power failed, or were damaged there";

/// One dead run. What keeps frames from being mended keeps nobody from recording: it becomes part of the run's reason.
class DeadRun {
 public:
  DeadRun(BeamtimeFile& file, Statements& statements, std::string uid, double now)
      : file_(file),
        statements_(statements),
        queries_(file.connection()),
        uid_(std::move(uid)),
        now_(now),
        quarantine_(file.files(), file.place(), uid_) {}

  RecoveredRun close() {
    open_arrays();
    const auto lost = take_out_lost_frames();
    done_.frames_lost = lost;
    if (lost > 0)
      reason_ += fmt::format("; {} of its newest frames did not survive and {} listed in lost_frames", lost, lost == 1 ? "is" : "are");
    if (!arrays_.empty()) attempt("the groups of its frames", [&] { mend_groups(); });
    std::vector<std::pair<std::string, std::uint64_t>> finished;
    for (auto& array : arrays_) finished.emplace_back(array.group, finish(array));
    attempt("leftovers", [&] { clear_run_folder(); });
    std::vector<std::pair<std::string, std::string>> ranges;
    attempt("its values", [&] { ranges = ranges_of_streams(); });
    reason_ += done_.problem;
    file_.transact([&] {
      for (const auto& [group, frames] : finished) statements_.close_frame_store(group, frames);
      cover_events();
      for (const auto& [stream, text] : ranges) statements_.insert_ranges(stream, text);
      done_.events = queries_.count_events(uid_);
      done_.frames = queries_.count_frames(uid_);
      statements_.close_run(uid_, queries_.last_time(uid_), "failed", done_.events, done_.frames, reason_);
    });
    done_.uid = uid_;
    done_.reason = reason_;
    if (!done_.problem.empty()) done_.problem.erase(0, 2);
    return done_;
  }

 private:
  struct Array {
    std::string group;
    std::unique_ptr<frames::ArrayRecovery> recovery;  // null: it cannot be mended
  };

  template <class Work>
  void attempt(std::string_view what, Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      done_.problem += fmt::format("; {}: {}", what, error.what());
    }
  }

  void open_arrays() {
    for (const auto& row : queries_.frame_stores(uid_)) {
      auto& array = arrays_.emplace_back(Array{row.group, nullptr});
      attempt("its frames in " + row.group + " are not mended", [&] {
        require_own(row.group);
        const frames::RecordedArray recorded{
            row.group,
            {static_cast<std::uint64_t>(row.height), static_cast<std::uint64_t>(row.width), parse_dtype(row.dtype)},
            parse_codec(row.codec),
            static_cast<std::uint64_t>(row.frames_per_chunk),
            static_cast<std::uint64_t>(row.chunks_per_shard)};
        array.recovery = std::make_unique<frames::ArrayRecovery>(file_.files(), file_.place().store, recorded);
      });
    }
  }

  /// Database and store may be anybody's: no path and no link out of the run's folder is followed.
  void require_own(const std::string& group) const {
    const auto array = zarr_group_of(uid_, "");
    if (!is_uid(uid_) || !group.starts_with(array) || !is_node_name(std::string_view(group).substr(array.size())))
      throw Error(ErrorCode::corrupt, "it is no array of this run");
    std::error_code ignored;
    auto path = file_.place().store;
    for (const auto& part : fs::path(group))
      if (fs::is_symlink(path /= part, ignored)) throw Error(ErrorCode::corrupt, fmt::format("{} is a symbolic link", path.string()));
  }

  /// \return how many
  std::size_t take_out_lost_frames() {
    const auto unsure = queries_.unsure_frames(uid_);
    done_.frames_checked = unsure.size();
    std::vector<std::int64_t> gone;
    for (auto& array : arrays_) {
      std::vector<frames::NamedFrame> named;
      for (const auto& row : unsure)
        if (row.group == array.group) named.push_back(row.frame);
      if (named.empty() || !array.recovery) continue;
      attempt("its frames in " + array.group + " are not checked", [&] {
        const auto lost = array.recovery->lost(named);
        for (const auto& row : unsure)
          if (row.group == array.group && std::binary_search(lost.begin(), lost.end(), row.frame.number)) gone.push_back(row.ref_id);
      });
    }
    if (gone.empty()) return 0;
    file_.transact([&] {
      for (const auto id : gone) queries_.take_out(id, now_, kLost);
    });
    return gone.size();
  }

  std::uint64_t finish(Array& array) {
    const auto frames = queries_.named_frames(uid_, array.group);
    if (array.recovery) {
      done_.frames_published += frames - std::min(frames, array.recovery->published());
      attempt("its frames in " + array.group + " are not all sealed", [&] {
        array.recovery->finish(frames, queries_.lost_frames(array.group), [&](const fs::path& leftover) { take(leftover); });
      });
    }
    return frames;
  }

  void take(const fs::path& leftover) {
    quarantine_.take(leftover);
    ++done_.leftovers;
  }

  /// Those above its arrays. A damaged zarr.json is not thrown away: it may have had attributes that others wrote.
  void mend_groups() {
    const auto& store = file_.place().store;
    auto& files = *file_.files();
    for (const auto& folder : {store, store / "runs", store / "runs" / uid_})
      if (const auto fault = frames::group_fault(folder); fault && fault->code() == ErrorCode::corrupt)
        move_to_free_name(files, folder / "zarr.json", file_.place().quarantine / folder.lexically_relative(store) / "zarr.json");
    frames::make_groups(files, store, store / "runs" / uid_);
  }

  /// The writer had no time to write the checksum of the last events.
  void cover_events() {
    for (const auto& [stream, covered] : queries_.covered_events(uid_)) {
      EventChecksums sums;
      queries_.events_behind(stream, covered, [&](const EventRow& event) {
        sums.add(statements_, {&event, 1});
        sums.commit();
      });
      sums.finish(statements_);
    }
  }

  /// \return streams, and the ranges of their data keys as JSON
  std::vector<std::pair<std::string, std::string>> ranges_of_streams() {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [stream, covered] : queries_.covered_events(uid_)) {
      schema::KeyRanges ranges;
      queries_.events_behind(stream, std::numeric_limits<std::int64_t>::min(),
                             [&](const EventRow& event) { ranges.add(Json::parse(event.data)); });
      out.emplace_back(stream, schema::dump_ranges(ranges.ranges()));
    }
    return out;
  }

  /// Arrays whose first frame never came to a transaction.
  void clear_run_folder() {
    if (!is_uid(uid_)) return;
    const auto folder = file_.place().store / "runs" / uid_;
    std::vector<fs::path> unnamed;
    io::walk(folder, [&](const io::WalkEntry& entry) {
      const auto name = entry.path.filename().string();
      const auto is_it = [&](const Array& array) { return array.group == zarr_group_of(uid_, name); };
      if (name != "zarr.json" && std::none_of(arrays_.begin(), arrays_.end(), is_it)) unnamed.push_back(entry.path);
      return false;
    });
    for (const auto& path : unnamed) take(path);
  }

  BeamtimeFile& file_;
  Statements& statements_;
  RecoveryStatements queries_;
  const std::string uid_;
  const double now_;
  const Quarantine quarantine_;
  std::vector<Array> arrays_;
  RecoveredRun done_;
  std::string reason_ = "the recording process ended without closing the run";
};

}  // namespace

void close_dead_runs(BeamtimeFile& file, Statements& statements, double now, const std::function<void(const RecoveredRun&)>& closed) {
  RecoveryStatements queries(file.connection());
  for (const auto& run : queries.open_runs()) {
    if (run.lock_byte <= 0) continue;  // no byte that a writer of ours takes
    const auto byte = static_cast<std::uint64_t>(run.lock_byte);
    if (!file.locks().try_lock(byte)) continue;  // its writer lives
    try {
      if (queries.is_open(run.uid)) {  // else its writer closed it since we looked
        closed(DeadRun(file, statements, run.uid, now).close());
      }
    } catch (...) {
      file.locks().unlock(byte);
      throw;
    }
    file.locks().unlock(byte);
  }
}

}  // namespace resonance::record
