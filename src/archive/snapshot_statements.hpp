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

class SnapshotQueries {
 public:
  /// \throws Error(corrupt) no beamtime; Error(unsupported) newer version
  explicit SnapshotQueries(const std::filesystem::path& database);

  [[nodiscard]] RunInSnapshot state_of(std::string_view run_uid);
  [[nodiscard]] std::vector<std::string> recording_runs();
  /// Array → how many frames of it events of the run name.
  [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> frames_named(std::string_view run_uid);
  [[nodiscard]] std::uint64_t runs();
  [[nodiscard]] std::uint64_t open_runs();
  /// Whether `earlier` has a run that is in this one, or no runs at all.
  [[nodiscard]] bool continues(SnapshotQueries& earlier);

 private:
  sqlite::Connection connection_;
  bool has_details_;
};

}  // namespace resonance::archive
