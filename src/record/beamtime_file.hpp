/// A beamtime's database, open for writing: one transaction at a time among all processes, and a log that can be synced.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "beamtime/place.hpp"
#include "io/file_lock.hpp"
#include "io/file_names.hpp"
#include "io/file_system.hpp"
#include "sqlite/connection.hpp"

namespace resonance::record {

struct BeamtimeFileOptions {
  std::chrono::milliseconds busy_timeout{10000};
  bool allow_network_file_system = false;
  bool sync_commits = false;  ///< each commit waits for stable storage
  bool guest = false;         ///< close() leaves the log to a writer that records meanwhile, which would have to wait
  bool as_it_is = false;      ///< a guest who has told what the database lacks: from now on it is taken for complete
  std::shared_ptr<io::FileSystem> file_system;
};

/// Makes the file and its tables when missing. Not synchronised, except sync_log().
///
/// All writers of a beamtime hold one lock during a transaction and during a checkpoint. So no connection of ours ever moves
/// the log into the database while another writes, which is what SQLite before 3.51.3 cannot do safely (invariant D4).
class BeamtimeFile {
 public:
  /// The name is followed, and refused where it is no safe one, before anything is touched. \throws as beamtime::place_to_write()
  BeamtimeFile(const std::filesystem::path& name, const BeamtimeFileOptions& options);
  ~BeamtimeFile();

  /// Run `work` in one transaction, committed when it returns and rolled back when it throws. \throws as require_in_place()
  void transact(const std::function<void()>& work);
  /// The same wherever the file is by now: for the last words about a run.
  void transact_anyway(const std::function<void()>& work);

  /// \throws Error(io) the database was renamed, replaced or deleted since it was opened: what is written now, nobody would find
  void require_in_place();

  /// The log has grown so far that it should be moved into the database.
  [[nodiscard]] bool log_is_long() const noexcept;
  /// Do that. SQLite syncs the log first, so sync the frames that it names before (invariant D1).
  void checkpoint();

  /// Bring all committed transactions to stable storage. Any thread.
  void sync_log();

  /// Move the log into the database and, when nobody else has it open, become a single file again. Idempotent.
  void close();

  /// It was a copy without its log when it was opened, in words; empty when not.
  [[nodiscard]] const std::string& missing_log() const noexcept { return missing_log_; }

  [[nodiscard]] sqlite::Connection& connection() noexcept { return connection_; }
  [[nodiscard]] io::LockFile& locks() noexcept { return locks_; }
  [[nodiscard]] const std::shared_ptr<io::FileSystem>& files() const noexcept { return options_.file_system; }
  [[nodiscard]] const beamtime::Place& place() const noexcept { return place_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return place_.database; }

 private:
  sqlite::Connection open();
  void rescue();
  [[nodiscard]] std::filesystem::path rescued() const;  ///< where a database goes that was deleted under us

  const beamtime::Place place_;
  const BeamtimeFileOptions options_;
  const int process_;
  io::LockFile locks_;
  std::string missing_log_;  // set while connection_ is made
  sqlite::Connection connection_;
  const std::optional<io::NamedFile> file_;            // as it was opened
  std::chrono::steady_clock::time_point next_look_{};  // whether the file is still where it was
  bool open_ = true;
  std::mutex log_mutex_;           // guards log_
  std::unique_ptr<io::File> log_;  // SQLite's log, opened beside SQLite: it has no locks that closing could drop
};

}  // namespace resonance::record
