/// A beamtime's database, open for writing: one transaction at a time among all processes, and a log that can be synced.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include "io/file_lock.hpp"
#include "io/file_system.hpp"
#include "sqlite/connection.hpp"

namespace resonance::record {

struct BeamtimeFileOptions {
  std::chrono::milliseconds busy_timeout{10000};
  bool allow_network_file_system = false;
  bool sync_commits = false;  ///< each commit waits for stable storage
  bool guest = false;         ///< close() leaves the log to a writer that records meanwhile, which would have to wait
  std::shared_ptr<io::FileSystem> file_system;
};

/// Makes the file and its tables when missing. Not synchronised, except sync_log().
///
/// All writers of a beamtime hold one lock during a transaction and during a checkpoint. So no connection of ours ever moves
/// the log into the database while another writes, which is what SQLite before 3.51.3 cannot do safely (invariant D4).
class BeamtimeFile {
 public:
  BeamtimeFile(const std::filesystem::path& path, const BeamtimeFileOptions& options);
  ~BeamtimeFile();

  /// Run `work` in one transaction, committed when it returns and rolled back when it throws.
  void transact(const std::function<void()>& work);

  /// The log has grown so far that it should be moved into the database.
  [[nodiscard]] bool log_is_long() const noexcept;
  /// Do that. SQLite syncs the log first, so sync the frames that it names before (invariant D1).
  void checkpoint();

  /// Bring all committed transactions to stable storage. Any thread.
  void sync_log();

  /// Move the log into the database and, when nobody else has it open, become a single file again. Idempotent.
  void close();

  [[nodiscard]] sqlite::Connection& connection() noexcept { return connection_; }
  [[nodiscard]] io::LockFile& locks() noexcept { return locks_; }
  [[nodiscard]] const std::shared_ptr<io::FileSystem>& files() const noexcept { return options_.file_system; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  const BeamtimeFileOptions options_;
  const int process_;
  io::LockFile locks_;
  sqlite::Connection connection_;
  bool open_ = true;
  std::mutex log_mutex_;           // guards log_
  std::unique_ptr<io::File> log_;  // SQLite's log, opened beside SQLite: it has no locks that closing could drop
};

}  // namespace resonance::record
