#include "index/data_root.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/names.hpp"
#include "index/index_file.hpp"
#include "io/file_stamp.hpp"
#include "io/file_system.hpp"
#include "io/walk.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/error.hpp"
#include "schema/structure.hpp"

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
    if (const auto log = io::stamp_of(database.string() + "-wal"); log && log->bytes > 0) {
      out.log_bytes = log->bytes;
      out.log_changed_ns = log->changed_ns;
    }
  if (std::max(out.changed_ns, out.log_changed_ns) > before - kTickNs) out.changed_ns = 0;
  return out;
}

bool looks_like_sqlite(const fs::path& path) {
  constexpr std::string_view kMagic = "SQLite format 3";
  const auto file = io::posix_file_system()->open(path, io::OpenMode::read);
  char head[16] = {};
  const auto count = file->read_at(0, std::as_writable_bytes(std::span(head)));
  return count == sizeof head && std::string_view(head, kMagic.size()) == kMagic;
}

}  // namespace

std::string folder_name(std::string_view researcher) {
  std::string out;
  for (const char c : researcher) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out;
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

std::vector<FoundFile> scan_root(const fs::path& root) {
  std::vector<std::string> databases;
  std::set<std::string> logs;
  io::walk(root, [&](const io::WalkEntry& entry) {
    const auto name = entry.path.filename().string();
    if (entry.folder) return !name.starts_with('.') && !name.ends_with(".zarr");
    if (name.ends_with(".db-wal")) logs.insert(entry.path.lexically_relative(root).generic_string());
    if (name.ends_with(".db") && name.size() > 3 && !name.starts_with('.') && !(entry.depth == 0 && name == "index.db"))
      databases.push_back(entry.path.lexically_relative(root).generic_string());
    return false;
  });
  std::sort(databases.begin(), databases.end());
  std::vector<FoundFile> out;
  for (auto& db_path : databases)
    if (auto print = fingerprint_of(root / db_path, logs.contains(db_path + "-wal"))) out.push_back({std::move(db_path), *print});
  return out;
}

std::optional<Fingerprint> fingerprint_of(const fs::path& database) { return fingerprint_of(database, true); }

FileKind kind_of(const fs::path& database) {
  if (!looks_like_sqlite(database)) return FileKind::other;
  sqlite::Connection connection(database, sqlite::Access::read);
  return schema::has_table(connection, "runs") ? FileKind::beamtime : FileKind::other;
}

}  // namespace index

std::filesystem::path init_data_root(const std::filesystem::path& root, const DataRootOptions& options) {
  if (options.researcher) require_label(*options.researcher, "researcher's name");
  if (options.zone) (void)TimeZone::load(*options.zone);  // before anything is made
  io::make_directories(*io::posix_file_system(), root, true);
  if (options.researcher) io::make_directories(*io::posix_file_system(), root / index::folder_name(*options.researcher), true);
  auto path = index::index_of(root);
  index::IndexFile file(path, std::chrono::seconds(10));
  file.transact(
      [&] {
        if (options.researcher) {
          const auto folder = index::folder_name(*options.researcher);
          file.beamtimes().put_researcher(
              {.id = {}, .name = *options.researcher, .email = {}, .orcid = {}, .affiliation = {}, .root_path = folder});
        }
        if (options.zone) file.beamtimes().set_setting("zone", *options.zone);
      },
      true);
  return path;
}

std::filesystem::path find_data_root(const std::filesystem::path& database) {
  std::error_code ignored;
  auto folder = std::filesystem::weakly_canonical(std::filesystem::absolute(database, ignored), ignored).parent_path();
  for (; !folder.empty(); folder = folder.parent_path()) {
    try {
      if (const auto path = index::index_of(folder); std::filesystem::exists(path, ignored)) {
        sqlite::Connection connection(path, sqlite::Access::read);
        if (schema::has_table(connection, "runs_index")) return folder;
      }
    } catch (const Error&) {  // something else of that name
    }
    if (folder == folder.parent_path()) break;
  }
  return {};
}

}  // namespace resonance
