#include <fmt/format.h>

#include <mutex>
#include <optional>

#include "base/names.hpp"
#include "beamtime/place.hpp"
#include "index/beamtime_reader.hpp"
#include "index/data_root.hpp"
#include "index/index_file.hpp"
#include "index/rebuild.hpp"
#include "index/search.hpp"
#include "index/single_run.hpp"
#include "index/sync.hpp"
#include "index/verify_index.hpp"
#include "io/file_stamp.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "resonance/index.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance {

namespace {

std::filesystem::path require_root(const std::filesystem::path& root) {
  const auto path = index::index_of(root);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return std::filesystem::absolute(root);
  const auto detail = ErrorDetail{.os_errno = 0, .file = root, .offset = {}, .database = true};
  if (std::filesystem::is_regular_file(root, ignored))
    throw Error(ErrorCode::not_found,
                fmt::format("{} is a file, not a data root; a data root is a folder with an index.db in it", root.string()), detail);
  if (const auto above = find_data_root(root / "x.db"); !above.empty())
    throw Error(ErrorCode::not_found, fmt::format("{} lies in the data root {}; name that one", root.string(), above.string()), detail);
  if (!std::filesystem::exists(root, ignored))
    throw Error(ErrorCode::not_found, fmt::format("there is no folder {}", root.string()), detail);
  throw Error(ErrorCode::not_found,
              fmt::format("{0} is no data root: it has no index.db; make one with 'resonance init {0}'", root.string()), detail);
}

/// Reads a folder below the root as a researcher's folder. \throws Error(invalid_argument)
std::string root_path_of(const std::filesystem::path& root, const Researcher& researcher) {
  if (researcher.root_path.empty()) return index::folder_name(root, researcher.name);
  if (researcher.root_path == ".") return ".";
  const std::filesystem::path given(researcher.root_path);
  return index::db_path_in(root, given.is_absolute() ? given : root / given);
}

}  // namespace

class MasterIndex::Impl {
 public:
  Impl(const std::filesystem::path& root, const MasterIndexOptions& options)
      : root_(require_root(root)), path_(index::index_of(root_)), options_(options) {}

  /// Run `work` with a connection for reading.
  template <class Work>
  auto read(Work&& work) {
    const std::lock_guard lock(mutex_);
    let_go_of_replaced();
    return hinting([&] { return work(reader()); });
  }
  template <class Work>
  auto write(Work&& work) {
    const std::lock_guard lock(mutex_);
    let_go_of_replaced();
    return hinting([&] {
      if (!writer_) writer_.emplace(path_, options_.busy_timeout);
      return work(*writer_);
    });
  }

  SyncReport rebuild(const SyncOptions& options) {
    const std::lock_guard lock(mutex_);
    reader_.reset();  // a damaged index is moved aside
    writer_.reset();
    return index::rebuild(root_, options, options_.busy_timeout);
  }

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  template <class Work>
  auto hinting(Work&& work) {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt || !error.detail().database || error.detail().file != path_) throw;
      throw Error(error.code(),
                  fmt::format("{}; make the index anew from the beamtimes with 'resonance index rebuild {}'", error.what(), root_.string()),
                  error.detail());
    }
  }

  /// The index may have been deleted and made again, or moved aside.
  void let_go_of_replaced() {
    const auto file = io::stamp_of(path_);
    const auto inode = file ? file->inode : 0;
    if (inode == inode_) return;
    reader_.reset();
    writer_.reset();
    inode_ = inode;
  }

  sqlite::Connection& reader() {
    if (!reader_) {
      reader_.emplace(path_, sqlite::Access::read, options_.busy_timeout);
      // Made by another program, which knows the core tables alone: the others are made by the first that may write.
      if (schema::has_table(*reader_, "runs_index") && !schema::has_table(*reader_, "search_text")) {
        reader_.reset();
        writer_.emplace(path_, options_.busy_timeout);
        reader_.emplace(path_, sqlite::Access::read, options_.busy_timeout);
      }
      schema::require_index(*reader_);
      reader_->execute("PRAGMA cache_size = -262144");  // 256 MiB at most: the rows of a million runs, for facets
    }
    return *reader_;
  }

  const std::filesystem::path root_, path_;
  const MasterIndexOptions options_;
  std::mutex mutex_;        // guards what follows
  std::int64_t inode_ = 0;  // of the file that is open
  std::optional<sqlite::Connection> reader_;
  std::optional<index::IndexFile> writer_;
};

MasterIndex::MasterIndex(const std::filesystem::path& root, const MasterIndexOptions& options)
    : impl_(std::make_unique<Impl>(root, options)) {}
MasterIndex::~MasterIndex() = default;
MasterIndex::MasterIndex(MasterIndex&&) noexcept = default;
MasterIndex& MasterIndex::operator=(MasterIndex&&) noexcept = default;

SearchPage MasterIndex::search(const SearchOptions& options) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).page(options); });
}

Explanation MasterIndex::explain(const SearchOptions& options) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).explain(options); });
}

std::uint64_t MasterIndex::count(std::string_view query) const {
  FacetOptions options;
  options.query = query;
  return count(options);
}

std::uint64_t MasterIndex::count(const FacetOptions& options) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).count(options); });
}

std::vector<Facet> MasterIndex::facets(const FacetOptions& options) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).facets(options); });
}

FoundRun MasterIndex::run(std::string_view reference) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).run(reference, impl_->path().string()); });
}

std::vector<Researcher> MasterIndex::researchers() const {
  return impl_->read([](sqlite::Connection& connection) { return index::BeamtimeRows(connection).researchers(); });
}

std::vector<IndexedBeamtime> MasterIndex::beamtimes() const {
  return impl_->read([](sqlite::Connection& connection) { return index::BeamtimeRows(connection).beamtimes(); });
}

std::vector<IndexedSample> MasterIndex::samples(std::string_view pattern) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::Search(connection).samples(pattern); });
}

std::int64_t MasterIndex::register_researcher(const Researcher& researcher) {
  require_label(researcher.name, "researcher's name");
  auto complete = researcher;
  complete.id.reset();
  complete.root_path = root_path_of(impl_->root(), researcher);
  const auto known = researchers();
  for (const auto& other : known)  // who is known keeps the folder, unless another one is named
    if (other.name == researcher.name && researcher.root_path.empty() && !other.root_path.empty()) complete.root_path = other.root_path;
  for (const auto& other : known)
    if (other.name != researcher.name && other.root_path == complete.root_path)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the folder {} is that of {}; give {} another one", complete.root_path, other.name, researcher.name));
  io::make_directories(*io::posix_file_system(), impl_->root() / complete.root_path, true);
  return impl_->write([&](index::IndexFile& file) {
    std::int64_t id = 0;
    file.transact(
        [&] {
          id = file.beamtimes().put_researcher(complete);
          file.settle_owners();  // beamtimes in this folder may have been nobody's so far
        },
        true);
    return id;
  });
}

std::int64_t MasterIndex::register_beamtime(const IndexedBeamtime& beamtime) {
  auto complete = beamtime;
  const std::filesystem::path given(beamtime.db_path);
  if (given.empty()) throw Error(ErrorCode::invalid_argument, "a beamtime is registered by the path of its database; db_path is empty");
  const auto place = beamtime::place_to_read(given.is_absolute() ? given : impl_->root() / given);
  complete.db_path = index::require_indexed_name(index::db_path_in(impl_->root(), place.database));
  if (std::error_code ignored; std::filesystem::exists(impl_->root() / complete.db_path, ignored))
    index::require_beamtime(impl_->root() / complete.db_path);
  return impl_->write([&](index::IndexFile& file) {
    index::Owner owner;
    file.transact(
        [&] {
          file.beamtimes().put_registration(complete);
          owner = file.beamtimes().put_beamtime(complete.db_path);
          file.records().set_researcher(owner);
        },
        true);
    index::index_beamtime(impl_->root(), file, complete.db_path);
    return owner.beamtime_id;
  });
}

void MasterIndex::index_run(const std::filesystem::path& database, std::string_view uid) {
  impl_->write([&](index::IndexFile& file) { index::index_run(impl_->root(), file, database, uid); });
}

SyncReport MasterIndex::sync(const SyncOptions& options) {
  return impl_->write([&](index::IndexFile& file) { return index::Sync(impl_->root(), file, options).run(); });
}

SyncReport MasterIndex::rebuild(const SyncOptions& options) { return impl_->rebuild(options); }

IndexVerifyReport MasterIndex::verify(const SyncOptions& options) const {
  return impl_->read([&](sqlite::Connection& connection) { return index::verify_index(impl_->root(), connection, options); });
}

const std::filesystem::path& MasterIndex::root() const noexcept { return impl_->root(); }

std::optional<std::string> MasterIndex::zone() const {
  return impl_->read([](sqlite::Connection& connection) { return index::BeamtimeRows(connection).setting("zone"); });
}

}  // namespace resonance
