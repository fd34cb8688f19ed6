#include "beamtime/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/file_names.hpp"
#include "io/file_system.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"
#include "sqlite/vfs_file.hpp"

namespace resonance::beamtime {

namespace fs = std::filesystem;

namespace {

ErrorDetail about(const fs::path& file) { return {.os_errno = 0, .file = file, .offset = {}, .database = true}; }

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

/// Logs beside the database whose own database is not there.
std::vector<fs::path> stray_logs(const fs::path& folder) {
  constexpr std::string_view kEnd = ".db-wal";
  std::vector<fs::path> out;
  const auto look = [&](const io::WalkEntry& entry) {
    const auto name = entry.path.string();
    if (!entry.folder && name.ends_with(kEnd) && !is_there(name.substr(0, name.size() - 4))) out.push_back(entry.path);
    return false;
  };
  io::walk(folder, look, [](const fs::path&, const Error&) {});
  return out;
}

}  // namespace

Names names_of(const fs::path& database) {
  const auto file = io::named_file(database);
  if (!file) return {};
  Names out{file->names, file->mounted};
  if (out.links > 1) out.others = io::other_names(database, file->identity);
  if (out.mounted)
    if (auto from = io::mounted_from(database); !from.empty()) out.others.push_back(std::move(from));
  return out;
}

std::string Names::in_words() const {
  if (mounted) return others.empty() ? "a mount of one file" : fmt::format("a mount of the one file {}", others.back().string());
  std::vector<std::string> known;
  for (const auto& other : others) known.push_back(other.string());
  return fmt::format("one of {} names of a file (hard links); {}", links,
                     known.empty() ? "the others are not in its folder, and 'find / -samefile' finds them"
                                   : fmt::format("another is {}", fmt::join(known, ", ")));
}

std::string described(const Place& place) {
  std::error_code ignored;
  if (fs::is_symlink(fs::symlink_status(place.given, ignored)))
    return fmt::format("{}, a link to {},", place.given.string(), place.database.string());
  return place.database.string();
}

void require_one_name(const Place& place) {
  const auto file = io::named_file(place.database);
  if (!file || (file->names == 1 && !file->mounted)) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} is {}. Log, locks and frames lie beside a name, so programs that write by different ones damage each other's "
                          "data: {}",
                          described(place), names_of(place.database).in_words(),
                          file->mounted ? "mount the folder instead" : "remove all names but one, or use symbolic links"),
              about(place.database));
}

void require_log_of_this_name(const Place& place) {
  if (io::file_bytes(place.log) > 0 || !sqlite::is_in_log_mode(place.database)) return;
  const auto strays = stray_logs(place.database.parent_path());
  if (strays.empty()) return;
  const auto log = strays.front().string();
  throw Error(ErrorCode::invalid_state,
              fmt::format("{} was written with a log that is not there, but {} has lost its database: it was renamed without its log, "
                          "perhaps while it is being recorded; give it its name {} back, or, when nobody records it, rename the log, too",
                          described(place), log, log.substr(0, log.size() - 4)),
              about(place.database));
}

void require_store_of_this_name(const Place& place) {
  std::error_code ignored;
  if (!fs::is_symlink(fs::symlink_status(place.store, ignored))) return;
  const auto target = fs::canonical(place.store, ignored);
  if (target.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("the frame store {} is a link to {}, which is not there; is its disk mounted?", place.store.string(),
                            io::end_of_link(place.store).string()),
                about(place.store));
  auto owner = target;
  const auto its = io::named_file(owner.replace_extension(".db")), ours = io::named_file(place.database);
  if (its && (!ours || !(its->identity == ours->identity)))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the frame store {} of {} is a link to {}, which is that of {}; two databases cannot share one",
                            place.store.string(), described(place), target.string(), owner.string()),
                about(place.store));
}

}  // namespace resonance::beamtime
