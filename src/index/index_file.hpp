/// `index.db`, open for writing.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "index/beamtime_rows.hpp"
#include "index/record_store.hpp"
#include "io/file_lock.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index {

[[nodiscard]] inline std::filesystem::path index_of(const std::filesystem::path& root) { return root / "index.db"; }

/// The zone that days and dates of this index are in. UTC when none is set.
[[nodiscard]] TimeZone zone_of(sqlite::Connection& connection);

/// Makes the tables when they are missing. Not synchronised. As with a beamtime, all writers hold one lock during a transaction
/// and a checkpoint (invariant D4). The file stays in log mode: it is written by many, for short moments.
class IndexFile {
 public:
  enum class Use : std::uint8_t {
    shared,
    bulk,  ///< a new file that nobody else knows: as fast as it goes, in one transaction; of no use before finish_bulk()
  };
  IndexFile(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout, Use use = Use::shared);

  ~IndexFile();  ///< leaves a short log, when nobody else writes
  IndexFile(const IndexFile&) = delete;
  IndexFile& operator=(const IndexFile&) = delete;

  void use_zone();                            ///< after the setting was changed
  void change_zone(const std::string& zone);  ///< the setting, and the days of all runs; durable
  void settle_owners();                       ///< of all beamtimes, after researchers or registrations have changed

  /// Run `work` in one transaction, committed when it returns and rolled back when it throws. With `durable` it is on stable
  /// storage then; without, a power failure may undo it, and sync() does it again.
  void transact(const std::function<void()>& work, bool durable = false);

  /// Make the SQL indexes, which are made at once much faster than run by run, and commit.
  void finish_bulk();

  /// Put the content of another index in place of all that is here, at once. `last` is called before, with all writers shut out.
  void replace_content(sqlite::Connection& other, const std::function<void()>& last);

  [[nodiscard]] sqlite::Connection& connection() noexcept { return connection_; }
  [[nodiscard]] RecordStore& records() noexcept { return *records_; }
  [[nodiscard]] BeamtimeRows& beamtimes() noexcept { return beamtimes_; }

 private:
  const std::chrono::milliseconds busy_timeout_;
  const Use use_;
  io::LockFile locks_;
  sqlite::Connection connection_;
  std::unique_ptr<sqlite::Transaction> bulk_;
  BeamtimeRows beamtimes_;
  std::unique_ptr<RecordStore> records_;
};

}  // namespace resonance::index
