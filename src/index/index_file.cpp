#include "index/index_file.hpp"

#include "beamtime/place.hpp"
#include "resonance/schema.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"
#include "schema/write_lock.hpp"

namespace resonance::index {

using schema::WriteLock;

namespace {

constexpr std::int64_t kCheckpointPages = 4000;  // 16 MB of log

}  // namespace

TimeZone zone_of(sqlite::Connection& connection) {
  const auto name = BeamtimeRows(connection).setting("zone");
  return name ? TimeZone::load(*name) : TimeZone();
}

namespace {

sqlite::Connection open_shared(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout) {
  sqlite::Connection out(path, sqlite::Access::create, busy_timeout);
  out.set_synchronous(sqlite::Synchronous::full);
  out.use_write_ahead_log();
  return out;
}

sqlite::Connection open_bulk(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout) {
  sqlite::Connection out(path, sqlite::Access::create, busy_timeout);
  out.set_synchronous(sqlite::Synchronous::off);
  out.execute("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -262144");
  return out;
}

/// All but the one that the bringing up to date itself reads.
void drop_search_indexes(sqlite::Connection& connection) {
  auto select = connection.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('runs_index', 'search_runs', "
      "'search_tags', 'search_values') AND name <> 'idx_search_runs_beamtime'");
  std::vector<std::string> names;
  while (select.step()) names.push_back(select.string(0));
  select.reset();
  for (const auto& name : names) connection.execute("DROP INDEX " + name);
}

}  // namespace

IndexFile::IndexFile(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout, Use use)
    : busy_timeout_(busy_timeout),
      use_(use),
      locks_(beamtime::place_at(path).lock),
      connection_([&] {
        const WriteLock lock(locks_, busy_timeout);
        auto out = use == Use::bulk ? open_bulk(path, busy_timeout) : open_shared(path, busy_timeout);
        create_index_schema(out.handle());
        sqlite::Transaction transaction(out);
        schema::create_search_tables(out);
        transaction.commit();
        if (use == Use::shared) out.set_synchronous(sqlite::Synchronous::normal);
        if (use == Use::bulk) drop_search_indexes(out);
        return out;
      }()),
      bulk_(use == Use::bulk ? std::make_unique<sqlite::Transaction>(connection_) : nullptr),
      beamtimes_(connection_) {
  use_zone();
}

IndexFile::~IndexFile() {
  try {
    if (use_ == Use::bulk || connection_.log_pages() == 0 || !locks_.try_lock(schema::kWriteLockByte)) return;
    connection_.checkpoint();
    locks_.unlock(schema::kWriteLockByte);
  } catch (const std::exception&) {  // the next one does it
  }
}

void IndexFile::use_zone() { records_ = std::make_unique<RecordStore>(connection_, zone_of(connection_)); }

void IndexFile::change_zone(const std::string& zone) {
  transact(
      [&] {
        beamtimes_.set_setting("zone", zone);
        use_zone();
        records_->settle_days();
      },
      true);
}

void IndexFile::settle_owners() {
  for (const auto& [path, id] : beamtimes_.paths()) {
    const auto before = beamtimes_.find_beamtime(path);
    const auto owner = beamtimes_.put_beamtime(path);
    if (before->researcher_id != owner.researcher_id) records_->set_researcher(owner);
  }
}

void IndexFile::finish_bulk() {
  create_index_schema(connection_.handle());
  schema::create_search_tables(connection_);
  connection_.execute("INSERT INTO search_text(search_text) VALUES('optimize')");  // one piece: words are found faster
  bulk_->commit();
  bulk_.reset();
}

void IndexFile::transact(const std::function<void()>& work, bool durable) {
  if (bulk_) {
    records_->begin();
    return work();
  }
  const WriteLock lock(locks_, busy_timeout_);
  if (durable) connection_.set_synchronous(sqlite::Synchronous::full);
  try {
    sqlite::Transaction transaction(connection_);
    records_->begin();
    work();
    transaction.commit();
  } catch (...) {
    records_->forget();  // ids of names that were rolled back
    if (durable) connection_.set_synchronous(sqlite::Synchronous::normal);
    throw;
  }
  if (durable) connection_.set_synchronous(sqlite::Synchronous::normal);
  if (connection_.log_pages() > kCheckpointPages) connection_.checkpoint();
}

void IndexFile::replace_content(sqlite::Connection& other, const std::function<void()>& last) {
  const WriteLock lock(locks_, busy_timeout_);
  last();
  connection_.replace_with(other);
  use_zone();
  connection_.checkpoint();
}

}  // namespace resonance::index
