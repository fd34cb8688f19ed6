/// What the copy of a database says of the frames that belong to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/connection.hpp"

namespace resonance::archive {

enum class RunInSnapshot : std::uint8_t {
  absent,     ///< no such run
  complete,   ///< it is closed, or another program's: its files are as they are
  recording,  ///< ours, and not closed: its files may grow
};

/// Numbers of frames: the first and the last of each range.
using FrameRanges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
/// Behind those that are there.
void add_range(FrameRanges& frames, std::uint64_t first, std::uint64_t last);

/// Frames of one array that events name.
struct NamedArray {
  std::string group, field;
  bool ours = false;  ///< frame_stores has it
  FrameRanges frames = {};
};

/// What one database has of a run, and another one less of, or nothing.
struct LesserRun {
  std::string uid;
  bool absent = false;
  std::int64_t events_before = 0, events = 0, frames_before = 0, frames = 0;
};

class SnapshotQueries {
 public:
  /// \throws Error(corrupt) no beamtime; Error(unsupported) newer version
  explicit SnapshotQueries(const std::filesystem::path& database);

  [[nodiscard]] RunInSnapshot state_of(std::string_view run_uid);
  [[nodiscard]] std::vector<std::string> recording_runs();
  /// Array → how many frames of it events of the run name.
  [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> frames_named(std::string_view run_uid);
  [[nodiscard]] std::vector<std::string> run_uids();
  /// The arrays of a run, and which of their frames are named.
  [[nodiscard]] std::vector<NamedArray> arrays_of(std::string_view run_uid);
  /// Frames that recovery or a repair took out, with their runs.
  [[nodiscard]] std::vector<std::pair<std::string, NamedArray>> lost_frames();
  /// Checksums of an array's frames; those that have none are left out.
  [[nodiscard]] std::map<std::uint64_t, std::uint32_t> checksums_of(std::string_view run_uid, std::string_view group);
  [[nodiscard]] bool has_frames() { return connection_.query_int("SELECT EXISTS (SELECT 1 FROM image_refs)") != 0; }
  [[nodiscard]] std::uint64_t runs();
  [[nodiscard]] std::uint64_t open_runs();
  /// Whether `earlier` has a run that is in this one, or no runs at all.
  [[nodiscard]] bool continues(SnapshotQueries& earlier);
  /// Runs of `earlier` that are not here, or with fewer events or frames.
  [[nodiscard]] std::vector<LesserRun> lesser_runs(SnapshotQueries& earlier);
  /// What SQLite's quick check finds first; empty when all is well.
  [[nodiscard]] std::string damage();

 private:
  struct Counts {
    std::int64_t events = 0, frames = 0;
  };
  [[nodiscard]] std::map<std::string, Counts> counts();
  [[nodiscard]] bool stores_say_all(std::string_view run_uid);

  sqlite::Connection connection_;
  bool has_details_, has_stores_, has_lost_;
};

}  // namespace resonance::archive
