#include "beamtime/place.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "base/names.hpp"
#include "beamtime/names.hpp"
#include "io/file_names.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "sqlite/vfs_file.hpp"

namespace resonance::beamtime {

namespace fs = std::filesystem;

namespace {

/// The file that a name leads to, or would.
fs::path resolved(const fs::path& name) {
  std::error_code error;
  if (name.empty()) return name;
  if (auto out = fs::canonical(name, error); !error) return out;
  const auto end = io::end_of_link(fs::absolute(name));
  if (fs::is_symlink(fs::symlink_status(name, error)))
    throw Error(ErrorCode::not_found,
                fmt::format("{} is a link to {}, which is not there; mend or remove the link", name.string(), end.string()),
                {.os_errno = 0, .file = name, .offset = {}, .database = true});
  if (const auto folder = fs::canonical(end.parent_path(), error); !error && end.has_filename()) return folder / end.filename();
  return end;
}

/// How much of what belongs to a database lies beside this name of it.
int companions(const Place& place) {
  std::error_code ignored;
  if (io::file_bytes(place.log) > 0) return 3;
  if (fs::exists(place.store, ignored)) return 2;
  return fs::exists(place.lock, ignored) ? 1 : 0;
}

/// Of the names of one file that by which it was recorded, as far as that can be seen.
Place by_its_first_name(Place place) {
  const auto names = names_of(place.database);
  int most = companions(place);
  auto best = place;
  for (const auto& name : names.others) {
    auto other = place_at(name);
    other.given = place.given;
    if (const int found = companions(other); found > most && io::named_file(name)) {
      most = found;
      best = std::move(other);
    }
  }
  if (most < 3 && sqlite::is_in_log_mode(best.database))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is {}, and its log is not beside this one; read it by the name that it is recorded by", described(place),
                            names.in_words()),
                {.os_errno = 0, .file = place.database, .offset = {}, .database = true});
  return best;
}

}  // namespace

std::vector<fs::path> Place::database_files() const {
  return {database, log, fs::path(database.string() + "-shm"), fs::path(database.string() + "-journal")};
}

Place place_at(const fs::path& database) {
  const auto store = frame_store_of(database);
  return {database, database, database.string() + "-wal", database.string() + "-lock", store, store.string() + ".quarantine"};
}

Place place_to_read(const fs::path& name) {
  auto place = place_at(resolved(name));
  place.given = name;
  if (const auto file = io::named_file(place.database); file && (file->names > 1 || file->mounted)) place = by_its_first_name(place);
  require_log_of_this_name(place);
  return place;
}

Place place_to_write(const fs::path& name) {
  auto place = place_at(resolved(name));
  place.given = name;
  require_one_name(place);
  require_log_of_this_name(place);
  require_store_of_this_name(place);
  return place;
}

}  // namespace resonance::beamtime
