/// Where files go that no longer belong into a frame store: beside it, never away.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "beamtime/place.hpp"
#include "io/file_system.hpp"

namespace resonance::record {

/// `<name>.zarr.quarantine/<run uid>.<n>/…`, with the path that the file had in the run's folder.
class Quarantine {
 public:
  Quarantine(std::shared_ptr<io::FileSystem> files, const beamtime::Place& place, const std::string& run_uid);

  /// Move a file or folder there: one of the run's folder, or that folder itself.
  void take(const std::filesystem::path& from) const;

 private:
  std::shared_ptr<io::FileSystem> files_;  // shared with the writer
  std::filesystem::path run_folder_;
  std::filesystem::path place_;  // without ".<n>"
};

/// Move a file or folder to `to`, or to the first of `to`.1, `to`.2 … that is free.
void move_to_free_name(io::FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace resonance::record
