#include "record/recover.hpp"

#include <fmt/format.h>

#include <string>

#include "base/names.hpp"
#include "frames/recover.hpp"
#include "resonance/error.hpp"

namespace resonance::record {

namespace {

/// Seal one array. What keeps it from being sealed keeps nobody from recording: the frames can be read as they are.
/// \return what to add to the run's reason
std::string finish_frames(BeamtimeFile& file, const std::string& run_uid, const std::string& group, std::uint64_t frames) {
  try {
    const auto array = zarr_group_of(run_uid, "");
    if (!is_uid(run_uid) || !group.starts_with(array) || !is_node_name(std::string_view(group).substr(array.size())))
      throw Error(ErrorCode::corrupt, "it is no array of this run");
    frames::finish_array(file.files(), frame_store_of(file.path()), group, frames);
    return {};
  } catch (const Error& error) {
    return fmt::format("; its frames in {} are not sealed: {}", group, error.what());
  }
}

}  // namespace

void close_dead_runs(BeamtimeFile& file, Statements& statements) {
  for (const auto& run : statements.open_runs()) {
    if (run.lock_byte <= 0) continue;  // no byte that a writer of ours takes
    const auto byte = static_cast<std::uint64_t>(run.lock_byte);
    if (!file.locks().try_lock(byte)) continue;  // its writer lives
    if (!statements.is_open(run.uid)) {          // its writer closed it since we looked
      file.locks().unlock(byte);
      continue;
    }
    std::string reason = "the recording process ended without closing the run";
    const auto stores = statements.frame_stores(run.uid);
    for (const auto& [group, frames] : stores) reason += finish_frames(file, run.uid, group, frames);
    file.transact([&] {
      for (const auto& [group, frames] : stores) statements.close_frame_store(group, frames);
      statements.close_run(run.uid, statements.last_time(run.uid), "failed", statements.count_events(run.uid),
                           statements.count_frames(run.uid), reason);
    });
    file.locks().unlock(byte);
  }
}

}  // namespace resonance::record
