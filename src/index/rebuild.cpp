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
  std::vector<std::string> unreadable;  ///< which of these could not be read
};

OwnData own_data_in(sqlite::Connection& connection) {
  OwnData out;
  BeamtimeRows rows(connection);
  // Each by itself: damage in one table need not be in the others.
  const auto attempt = [&](const char* what, const char* table, const auto& work) {
    try {
      if (schema::has_table(connection, table)) work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      out.unreadable.emplace_back(what);
    }
  };
  attempt("the researchers", "researchers", [&] { out.researchers = rows.researchers(); });
  attempt("what was said of beamtimes by hand", "registrations", [&] { out.registrations = rows.registrations(); });
  attempt("the time zone", "index_settings", [&] { out.zone = rows.setting("zone"); });
  attempt("the list of beamtimes", "beamtimes", [&] { out.beamtime_ids = rows.paths(); });
  return out;
}

OwnData own_data_of(const fs::path& index) {
  if (!fs::exists(index)) return {};
  std::optional<OwnData> best;
  for (const auto access : {sqlite::Access::read, sqlite::Access::salvage}) try {
      sqlite::Connection connection(index, access);
      auto data = own_data_in(connection);
      if (!best || data.unreadable.size() < best->unreadable.size()) best = std::move(data);
      if (best->unreadable.empty()) break;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
    }
  if (best) return std::move(*best);
  OwnData nothing;
  nothing.unreadable.emplace_back("all that was in it: researchers, what was said of beamtimes by hand, the time zone");
  return nothing;
}

void put(IndexFile& index, const OwnData& data) {
  index.transact(
      [&] {
        for (const auto& researcher : data.researchers) index.beamtimes().put_researcher(researcher);
        for (const auto& beamtime : data.registrations) index.beamtimes().put_registration(beamtime);
        if (data.zone) index.beamtimes().set_setting("zone", *data.zone);
        index.settle_owners();
      },
      true);
}

void remove_database(const fs::path& path) {
  auto& files = *io::posix_file_system();
  for (const char* ending : {"", "-wal", "-shm", "-journal", "-lock"}) files.remove(path.string() + ending);
}

/// Another name for each of its files, so that nothing that may be of use is lost. \return that of the database
fs::path set_aside(const fs::path& index) {
  auto& files = *io::posix_file_system();
  const auto stamp = iso_utc(system_time());
  fs::path to;
  for (int n = 0; to.empty() || files.exists(to); ++n) to = index.string() + ".damaged-" + stamp + (n == 0 ? "" : fmt::format(".{}", n));
  for (const char* ending : {"-wal", "-shm", ""})
    if (const fs::path from = index.string() + ending; files.exists(from)) io::move_aside(files, from, to.string() + ending);
  return to;
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

/// What the index knew of beamtimes that cannot be read now is all that anybody knows of them.
void keep_what_was_known(const fs::path& index, IndexFile& fresh, const std::vector<std::string>& unread,
                         const std::map<std::string, std::int64_t>& ids) {
  if (unread.empty() || !fs::exists(index)) return;
  try {
    sqlite::Connection connection(index, sqlite::Access::read);
    RecordStore old(connection, TimeZone());
    for (const auto& path : unread) {
      const auto id = ids.at(path);
      fresh.transact([&] {
        const auto owner = fresh.beamtimes().put_beamtime(path, id);
        for (const auto& uid : old.uids_of(id))
          if (const auto record = fresh.records().beamtime_of(uid) ? std::nullopt : old.get(uid)) (void)fresh.records().put(*record, owner);
        fresh.beamtimes().update_times(owner.beamtime_id);
      });
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;  // the index is damaged, too: what of it was read stays
  }
}

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
  fs::path damaged;
  {
    IndexFile fresh(place.path(), busy_timeout, IndexFile::Use::bulk);
    put(fresh, data);
    fresh.use_zone();
    Sync sync(root, fresh, options, data.beamtime_ids);
    report = sync.run();
    if (report.stopped) return report;
    keep_what_was_known(index, fresh, sync.unread(), data.beamtime_ids);
    fresh.finish_bulk();
    try {
      put_in_place(index, fresh, busy_timeout);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      damaged = set_aside(index);
      put_in_place(index, fresh, busy_timeout);
    }
  }
  // What was recorded while we read.
  IndexFile live(index, busy_timeout);
  SyncOptions quietly{options.threads, {}};
  auto late = Sync(root, live, quietly).run();
  report.faults = std::move(late.faults);
  for (const auto& part : data.unreadable)
    report.faults.push_back(
        {index.filename().string(), fmt::format("the index was damaged, and {} could not be read and must be said again{}", part,
                                                damaged.empty() ? "" : fmt::format("; it is kept as {}", damaged.string()))});
  return report;
}

}  // namespace resonance::index
