/// Where a beamtime lies: found once from a name, before anything is touched. Everything that opens files of a beamtime takes its
/// paths from here, so that all who reach it, by whatever name, meet at one log, one lock and one frame store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sqlite/connection.hpp"

namespace resonance::beamtime {

struct Place {
  std::filesystem::path given;       ///< the name that it was reached by
  std::filesystem::path database;    ///< the file that this leads to: absolute, without links
  std::filesystem::path log;         ///< SQLite's write-ahead log
  std::filesystem::path lock;        ///< whose bytes are the locks of writers and runs
  std::filesystem::path store;       ///< the folder of frames; may be a link to one that lies elsewhere
  std::filesystem::path quarantine;  ///< what was taken out of the store

  /// Files that SQLite keeps for the database, whether or not they are there: itself, log, index of the log, rollback journal.
  [[nodiscard]] std::vector<std::filesystem::path> database_files() const;
};

/// What lies beside a database of this path, which is taken as it is.
[[nodiscard]] Place place_at(const std::filesystem::path& database);

/// The place that a name leads to, for who reads. A file with several names is read by the one that its log, its lock and its frames
/// lie beside. Opens no database, and makes nothing.
/// \throws Error(not_found) a link to what is not there; Error(invalid_argument) a link that leads in a circle, or a name beside
///         which nothing of a database that is being written lies; Error(invalid_state) a database that was renamed without its log
[[nodiscard]] Place place_to_read(const std::filesystem::path& name);

/// The same for who writes, which is refused by names that nobody else would find the log, the locks and the frames by. The file need
/// not be there yet.
/// \throws as place_to_read(); Error(invalid_argument) a file with several hard links, a mount of the one file, or a frame store that
///         is a link to another beamtime's; Error(not_found) one that is a link to nothing
[[nodiscard]] Place place_to_write(const std::filesystem::path& name);

/// "today.db, a link to /data/scan.db," or just "/data/scan.db": for messages.
[[nodiscard]] std::string described(const Place& place);

/// Whether a program is recording the run of this lock byte, by whatever name it knows the beamtime.
[[nodiscard]] bool is_recorded(const Place& place, std::int64_t lock_byte);

/// What can be said about a place only once its database is open, and before it is written to: that the frames beside it are its
/// own, and that none of its runs is being recorded under another name. Changes nothing.
/// \throws Error(invalid_argument) the frames are another database's; Error(invalid_state) its frames have kept another name;
///         Error(busy) a run is being recorded
void require_own(const Place& place, sqlite::Connection& connection);

}  // namespace resonance::beamtime
