#include "index/data_root.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/names.hpp"
#include "beamtime/place.hpp"
#include "index/index_file.hpp"
#include "io/file_stamp.hpp"
#include "io/file_system.hpp"
#include "io/walk.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/error.hpp"
#include "resonance/index.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "sqlite/vfs_file.hpp"

namespace resonance {

namespace index {

namespace {

namespace fs = std::filesystem;

/// Two changes within one tick of the kernel's clock leave the same time; 20 ms is more than a tick of any kernel of today.
constexpr std::int64_t kTickNs = 20'000'000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<Fingerprint> fingerprint_of(const fs::path& database, bool has_log) {
  const auto before = now_ns();
  const auto file = io::stamp_of(database);
  if (!file) return std::nullopt;
  Fingerprint out{file->inode, file->bytes, file->changed_ns, 0, 0};
  if (has_log)
    if (const auto log = io::stamp_of(beamtime::place_at(database).log); log && log->bytes > 0) {
      out.log_bytes = log->bytes;
      out.log_changed_ns = log->changed_ns;
    }
  if (std::max(out.changed_ns, out.log_changed_ns) > before - kTickNs) out.changed_ns = 0;
  return out;
}

bool is_indexed_folder(std::string_view name) { return !name.starts_with('.') && !name.ends_with(".zarr"); }

}  // namespace

std::string folder_name(const fs::path& root, std::string_view researcher) {
  std::string out;
  bool letters = false;
  for (const char c : researcher) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<signed char>(c) < 0;
    letters = letters || letter;
    out += letter || c == '.' || c == '_' || c == '-' ? c : '_';
  }
  if (!letters || researcher.starts_with('.'))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' makes no name of a folder: it begins with a dot or has no letter; name a folder", researcher));
  std::error_code ignored;
  const bool same = researcher.find('/') == std::string_view::npos && fs::is_directory(root / researcher, ignored);
  return same ? std::string(researcher) : out;
}

bool is_indexed_name(std::string_view db_path) {
  const fs::path path(db_path);
  const auto name = path.filename().string();
  const auto folder = path.parent_path();
  return name.ends_with(".db") && name.size() > 3 && !name.starts_with('.') && db_path != "index.db" &&
         std::all_of(folder.begin(), folder.end(), [](const fs::path& part) { return is_indexed_folder(part.string()); });
}

const std::string& require_indexed_name(const std::string& db_path) {
  if (!is_indexed_name(db_path))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is no name of a beamtime below a data root: it ends in .db, and is in no hidden folder and no frame store",
                            db_path));
  return db_path;
}

std::string db_path_in(const fs::path& root, const fs::path& database) {
  const auto base = fs::weakly_canonical(root);
  const auto file = fs::weakly_canonical(database.is_absolute() ? database : fs::absolute(database));
  const auto relative = file.lexically_relative(base);
  if (relative.empty() || relative == "." || *relative.begin() == "..")
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is not below the data root {}; move the beamtime there, or name another root",
                                                         file.string(), base.string()));
  return relative.generic_string();
}

bool RootScan::hides(std::string_view db_path) const {
  return std::any_of(closed.begin(), closed.end(),
                     [&](const IndexFault& place) { return db_path == place.db_path || db_path.starts_with(place.db_path + '/'); });
}

RootScan scan_root(const fs::path& root) {
  RootScan out;
  std::vector<std::string> databases;
  std::set<std::string> logs;
  const auto look = [&](const io::WalkEntry& entry) {
    const auto name = entry.path.filename().string();
    if (entry.folder) return is_indexed_folder(name);
    if (name.ends_with(".db-wal")) logs.insert(entry.path.lexically_relative(root).generic_string());
    if (auto db_path = entry.path.lexically_relative(root).generic_string(); is_indexed_name(db_path))
      databases.push_back(std::move(db_path));
    return false;
  };
  io::walk(root, look, [&](const fs::path& folder, const Error& error) {
    if (folder == root) throw error;
    out.closed.push_back({folder.lexically_relative(root).generic_string(), error.what()});
  });
  std::sort(databases.begin(), databases.end());
  for (auto& db_path : databases) try {
      if (auto print = fingerprint_of(root / db_path, logs.contains(db_path + "-wal"))) out.files.push_back({std::move(db_path), *print});
    } catch (const Error& error) {  // in a folder that can be listed, but not entered
      out.closed.push_back({db_path, error.what()});
    }
  return out;
}

std::optional<Fingerprint> fingerprint_of(const fs::path& database) { return fingerprint_of(database, true); }

FileKind kind_of(const fs::path& database) {
  const auto place = beamtime::place_to_read(database);
  if (!sqlite::is_database(place.database)) return FileKind::other;
  sqlite::Connection connection(place.database, sqlite::Access::read);
  return schema::has_table(connection, "runs") ? FileKind::beamtime : FileKind::other;
}

void require_beamtime(const fs::path& database) {
  if (kind_of(database) != FileKind::beamtime) schema::throw_no_beamtime(database, "it is no database with a table runs");
}

std::optional<std::string> zone_above(const fs::path& database) {
  try {
    const auto root = find_data_root(database);
    if (root.empty()) return std::nullopt;
    sqlite::Connection connection(index_of(root), sqlite::Access::read);
    return schema::has_table(connection, "index_settings") ? BeamtimeRows(connection).setting("zone") : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace index

std::filesystem::path init_data_root(const std::filesystem::path& root, const DataRootOptions& options) {
  if (options.researcher) require_label(*options.researcher, "researcher's name");
  if (options.zone) (void)TimeZone::load(*options.zone);  // before anything is made
  io::make_directories(*io::posix_file_system(), root, true);
  auto path = index::index_of(root);
  {
    index::IndexFile file(path, std::chrono::seconds(10));
    const auto& zone = options.zone;
    if (zone && file.beamtimes().setting("zone") != zone) file.change_zone(*zone);
  }
  if (options.researcher) {
    MasterIndex index(root);
    const auto known = index.researchers();
    if (std::none_of(known.begin(), known.end(), [&](const Researcher& other) { return other.name == *options.researcher; }))
      index.register_researcher({.name = *options.researcher});
  }
  return path;
}

std::filesystem::path find_data_root(const std::filesystem::path& database) {
  std::error_code ignored;
  auto folder = std::filesystem::weakly_canonical(std::filesystem::absolute(database, ignored), ignored).parent_path();
  for (; !folder.empty(); folder = folder.parent_path()) {
    try {
      if (const auto path = index::index_of(folder); std::filesystem::exists(path, ignored)) {
        sqlite::Connection connection(path, sqlite::Access::read);
        if (schema::has_table(connection, "runs_index"))
          return index::is_indexed_name(index::db_path_in(folder, database)) ? folder : std::filesystem::path();
      }
    } catch (const Error&) {  // something else of that name
    }
    if (folder == folder.parent_path()) break;
  }
  return {};
}

}  // namespace resonance
