#include "index/rebuild.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "index/index_file.hpp"
#include "index/sync.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "schema/structure.hpp"
#include "schema/write_lock.hpp"

namespace resonance::index {

namespace {

namespace fs = std::filesystem;

/// What people said, and what does not follow from the beamtimes.
struct OwnData {
  std::vector<Researcher> researchers;
  std::vector<IndexedBeamtime> registrations;
  std::optional<std::string> zone;
  std::map<std::string, std::int64_t> beamtime_ids;
};

OwnData own_data_in(sqlite::Connection& connection) {
  OwnData out;
  BeamtimeRows rows(connection);
  if (!schema::has_table(connection, "researchers")) return out;
  out.researchers = rows.researchers();
  out.beamtime_ids = rows.paths();
  if (schema::has_table(connection, "registrations")) out.registrations = rows.registrations();
  if (schema::has_table(connection, "index_settings")) out.zone = rows.setting("zone");
  return out;
}

OwnData own_data_of(const fs::path& index) {
  if (!fs::exists(index)) return {};
  try {
    sqlite::Connection connection(index, sqlite::Access::read);
    return own_data_in(connection);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
  }
  try {
    sqlite::Connection connection(index, sqlite::Access::salvage);
    return own_data_in(connection);
  } catch (const Error&) {
    return {};
  }
}

void put(IndexFile& index, const OwnData& data) {
  index.transact(
      [&] {
        for (const auto& researcher : data.researchers) index.beamtimes().put_researcher(researcher);
        for (const auto& beamtime : data.registrations) index.beamtimes().put_registration(beamtime);
        if (data.zone) index.beamtimes().set_setting("zone", *data.zone);
      },
      true);
}

void remove_database(const fs::path& path) {
  auto& files = *io::posix_file_system();
  for (const char* ending : {"", "-wal", "-shm", "-journal", "-lock"}) files.remove(path.string() + ending);
}

/// Another name for each of its files, so that nothing that may be of use is lost.
void set_aside(const fs::path& index) {
  auto& files = *io::posix_file_system();
  const auto stamp = iso_utc(system_time());
  fs::path to;
  for (int n = 0; to.empty() || files.exists(to); ++n) to = index.string() + ".damaged-" + stamp + (n == 0 ? "" : fmt::format(".{}", n));
  for (const char* ending : {"-wal", "-shm", ""})
    if (const fs::path from = index.string() + ending; files.exists(from)) io::move_aside(files, from, to.string() + ending);
}

/// A file that is deleted at the end, however that comes.
class Workplace {
 public:
  explicit Workplace(fs::path path) : path_(std::move(path)) { remove_database(path_); }
  ~Workplace() {
    try {
      remove_database(path_);
    } catch (const std::exception&) {  // its name says what it is
    }
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

void put_in_place(const fs::path& index, IndexFile& fresh, std::chrono::milliseconds busy_timeout) {
  OwnData latest;
  IndexFile live(index, busy_timeout);
  live.replace_content(fresh.connection(), [&] { latest = own_data_in(live.connection()); });
  put(live, latest);  // what was registered while we read
}

}  // namespace

SyncReport rebuild(const fs::path& root, const SyncOptions& options, std::chrono::milliseconds busy_timeout) {
  const auto index = index_of(root);
  const auto data = own_data_of(index);
  const Workplace place(io::partial_name(index));
  SyncReport report;
  {
    IndexFile fresh(place.path(), busy_timeout, IndexFile::Use::bulk);
    put(fresh, data);
    fresh.use_zone();
    report = Sync(root, fresh, options, data.beamtime_ids).run();
    if (report.stopped) return report;
    fresh.finish_bulk();
    try {
      put_in_place(index, fresh, busy_timeout);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      set_aside(index);
      put_in_place(index, fresh, busy_timeout);
    }
  }
  // What was recorded while we read.
  IndexFile live(index, busy_timeout);
  SyncOptions quietly{options.threads, {}};
  auto late = Sync(root, live, quietly).run();
  report.faults = std::move(late.faults);
  return report;
}

}  // namespace resonance::index
