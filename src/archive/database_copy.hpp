/// The database's part of a backup: one moment of it, in a file of its own.
#pragma once

#include <filesystem>
#include <string>

#include "archive/destination.hpp"
#include "archive/snapshot_statements.hpp"
#include "archive/teller.hpp"
#include "io/file_system.hpp"

namespace resonance::archive {

/// The copy of the database while it has no name yet; gone when the backup ends without having given it one.
class DatabaseCopy {
 public:
  /// \param teller hears when the database lacks its log
  DatabaseCopy(const std::filesystem::path& database, std::filesystem::path place, io::FileSystem& files, Teller& teller);
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  [[nodiscard]] const std::filesystem::path& place() const noexcept { return place_; }

 private:
  void leave_log_mode(bool complete);

  std::filesystem::path place_;
  io::FileSystem& files_;
};

/// Whether the snapshot may take the place of the database that an earlier backup made. What is wrong with it is told; when it has less
/// than that one, or is damaged where that one is not, the earlier copy is to be kept.
/// \throws Error(invalid_argument) it is another beamtime's
[[nodiscard]] bool may_replace(const std::filesystem::path& database, const std::filesystem::path& earlier, SnapshotQueries& snapshot,
                               const Destination& destination, Teller& teller);

}  // namespace resonance::archive
