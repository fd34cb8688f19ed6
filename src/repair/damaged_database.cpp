#include "repair/damaged_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "catalog/verify_statements.hpp"
#include "repair/row_check.hpp"
#include "repair/salvage.hpp"
#include "resonance/error.hpp"
#include "resonance/schema.hpp"
#include "schema/log_state.hpp"
#include "schema/structure.hpp"
#include "schema/versions.hpp"

namespace resonance::repair {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 100, kMostPageBytes = 65536;
constexpr int kCoreTables = 5;

/// Length and time of change of a file; of one that is not there, zeros.
std::pair<std::uint64_t, double> state_of(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored) ? std::pair(io::file_bytes(file), io::modification_time(file)) : std::pair(std::uint64_t{0}, 0.0);
}

void store_big(std::span<std::byte> header, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) header[at + i] = static_cast<std::byte>(value >> (8 * (bytes - 1 - i)));
}

/// The first 100 bytes of a database as SQLite documents them: no freelist, no auto-vacuum, UTF-8, and a schema of format 4.
void make_header(std::span<std::byte> header, std::uint64_t page_bytes, std::uint64_t file_bytes, bool log) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::uint64_t kCounter = 1, kSqliteVersion = 3040001;
  std::fill(header.begin(), header.end(), std::byte{0});
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  store_big(header, 16, page_bytes == kMostPageBytes ? 1 : page_bytes, 2);
  store_big(header, 18, log ? 0x0202 : 0x0101, 2);
  store_big(header, 21, 0x402020, 3);  // fractions of a page that a payload may take
  store_big(header, 24, kCounter, 4);  // of changes
  store_big(header, 28, file_bytes / page_bytes, 4);
  store_big(header, 40, 1, 4);  // schema cookie
  store_big(header, 44, 4, 4);  // schema format
  store_big(header, 56, 1, 4);  // UTF-8
  store_big(header, 60, kBeamtimeSchemaVersion, 4);
  store_big(header, 92, kCounter, 4);  // the number of pages is valid for this counter
  store_big(header, 96, kSqliteVersion, 4);
}

/// A table as far as it matters for reading its rows: without SQL indexes, of which the first page has no room for.
std::string brief_definition(const TableSpec& table) {
  std::string columns, keys;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    const bool integer = column.kind == Kind::integer;
    columns += fmt::format("{}{}{}", i == 0 ? "" : ",", column.name,
                           column.kind == Kind::number ? " REAL"
                           : integer                   ? " INTEGER"
                                                       : " TEXT");
    if (i == 0 && integer) columns += " PRIMARY KEY";
    if (std::cmp_less(i, table.key_columns)) keys += fmt::format("{}{}", i == 0 ? "" : ",", column.name);
  }
  if (table.has_rowid()) return fmt::format("CREATE TABLE {}({})", table.name, columns);
  return fmt::format("CREATE TABLE {}({},PRIMARY KEY({}))WITHOUT ROWID", table.name, columns, keys);
}

/// A first page that says of each table that it is where a beamtime has it that began with this version of the tables.
std::vector<std::byte> fresh_first_page(io::FileSystem& files, const fs::path& scratch, std::uint64_t page_bytes) {
  const fs::path whole = scratch.string() + ".whole", brief = scratch.string() + ".brief";
  for (const auto& path : {whole, brief}) {
    files.remove(path);
    sqlite::Connection connection(path, sqlite::Access::create);
    connection.set_synchronous(sqlite::Synchronous::off);
    connection.execute(fmt::format("PRAGMA page_size = {}", page_bytes));
    if (path == whole)
      create_beamtime_schema(connection.handle());
    else
      connection.set_user_version(kBeamtimeSchemaVersion);
  }
  sqlite::Connection from(whole, sqlite::Access::read);
  sqlite::Connection to(brief, sqlite::Access::salvage);
  to.set_synchronous(sqlite::Synchronous::off);
  for (const auto& table : beamtime_rows()) {
    if (!schema::has_table(from, table.name)) continue;
    auto insert = to.prepare("INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql) VALUES('table', ?1, ?1, ?2, ?3)");
    insert.bind_all(table.name, from.query_int(fmt::format("SELECT rootpage FROM sqlite_master WHERE name = '{}'", table.name)),
                    brief_definition(table));
    insert.run();
  }
  auto page = io::read_bytes(brief, UINT64_MAX);
  page.resize(page_bytes);
  return page;
}

/// How many tables of a beamtime can be read: their columns are there, and the first row is one.
int readable_tables(sqlite::Connection& connection) {
  int out = 0;
  for (const auto& table : beamtime_rows().first(kCoreTables)) {
    bool sensible = true;
    const auto found = salvage_table(connection, table, 1, [&](Row& row) { sensible = check_row(table, row).taken; });
    if (found.there && (found.rows > 0 || found.damage.empty()) && sensible) ++out;
  }
  return out;
}

class Opener {
 public:
  Opener(io::FileSystem& files, const fs::path& scratch)
      : files_(files), scratch_(scratch), bytes_(io::file_bytes(scratch)), original_(std::min<std::uint64_t>(bytes_, kMostPageBytes)) {
    files_.open(scratch_, io::OpenMode::read)->read_exact(0, original_);
  }

  std::optional<OpenedDatabase> open() {
    try_page(original_, "");
    if (best_ < kCoreTables) try_headers();
    if (best_ < kCoreTables) try_fresh_pages();
    if (best_ == 0) return std::nullopt;
    put(best_page_);
    return OpenedDatabase{sqlite::Connection(scratch_, sqlite::Access::salvage), best_words_};
  }

 private:
  static constexpr std::array<std::uint64_t, 8> kPageSizes = {4096, 1024, 512, 2048, 8192, 16384, 32768, 65536};

  void put(const std::vector<std::byte>& page) {
    files_.remove(scratch_.string() + "-shm");  // made from what was there before
    const auto file = files_.open(scratch_, io::OpenMode::read_write);
    file->write_at(0, page);
  }

  void try_page(const std::vector<std::byte>& page, std::string words) {
    if (best_ == kCoreTables) return;
    put(page);
    int score = 0;
    try {
      sqlite::Connection connection(scratch_, sqlite::Access::salvage);
      score = readable_tables(connection);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::io) throw;
    }
    if (score <= best_) return;
    best_ = score;
    best_page_ = page;
    best_words_ = std::move(words);
  }

  void try_headers() {
    for (const auto size : kPageSizes) {
      if (bytes_ < size) continue;
      auto page = original_;
      make_header(std::span(page).first(kHeaderBytes), size, bytes_, io::file_bytes(scratch_.string() + "-wal") > 0);
      try_page(page, fmt::format("the header of the file was damaged and has been made anew, with pages of {} bytes", size));
    }
  }

  void try_fresh_pages() {
    for (const auto size : kPageSizes) {
      if (bytes_ < 2 * size) continue;
      auto page = original_;
      const auto fresh = fresh_first_page(files_, scratch_, size);
      std::copy(fresh.begin(), fresh.end(), page.begin());
      make_header(std::span(page).first(kHeaderBytes), size, bytes_, io::file_bytes(scratch_.string() + "-wal") > 0);
      try_page(page,
               "the first page of the file, which says where its tables are, was damaged; they were found where a new beamtime has them");
    }
  }

  io::FileSystem& files_;
  const fs::path scratch_;
  const std::uint64_t bytes_;
  std::vector<std::byte> original_;
  int best_ = 0;
  std::vector<std::byte> best_page_;
  std::string best_words_;
};

}  // namespace

namespace {

/// Of a database whose pages are sound. \throws Error(corrupt) a table has other columns
std::string damage_of_tables(sqlite::Connection& connection) {
  schema::require_known(connection, connection.user_version(), kBeamtimeSchemaVersion);
  const auto core = schema::beamtime_tables();
  std::vector<schema::TableDefinition> wanted(core.begin(), core.end());
  if (!schema::has_column(connection, "image_refs", "compression_codec")) wanted.back() = schema::image_refs_version_1();
  schema::require_columns(connection, wanted);
  for (const auto& set : schema::side_tables()) schema::require_columns(connection, set.tables);
  const auto orphans = catalog::orphans(connection);
  return orphans.empty() ? std::string() : fmt::format("rows of {} belong to nothing", orphans.front().table);
}

}  // namespace

void copy_database(io::FileSystem& files, const fs::path& from, const fs::path& to) {
  constexpr int kAttempts = 3;
  if (io::file_bytes(from) == 0)
    throw Error(ErrorCode::corrupt, fmt::format("{} is empty: there is nothing in it to be repaired", from.string()),
                {.os_errno = 0, .file = from, .offset = {}, .database = true});
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    bool same = true;
    for (const char* side : {"", "-wal", "-journal"}) {
      const fs::path source = from.string() + side, copy = to.string() + side;
      const auto before = state_of(source);
      files.remove(copy);
      if (before.first > 0) io::copy_file(files, source, copy);
      same = same && state_of(source) == before;
    }
    if (same) return;
  }
  throw Error(ErrorCode::busy, fmt::format("{} changes while it is copied; end the program that writes to it", from.string()),
              {.os_errno = 0, .file = from, .offset = {}, .database = true});
}

std::string structural_damage(const fs::path& scratch, const fs::path& database) {
  try {
    sqlite::Connection connection(scratch, sqlite::Access::read_write);
    const auto lines = catalog::check_pages(connection, true);
    if (!lines.empty()) return lines.front();
    if (schema::was_beamtime(connection)) return damage_of_tables(connection);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && !(error.code() == ErrorCode::io && error.detail().database)) throw;
    return error.what();
  }
  schema::throw_no_beamtime(database, "it has none of its tables");
}

std::optional<OpenedDatabase> open_damaged(io::FileSystem& files, const fs::path& scratch) {
  if (io::file_bytes(scratch) < kHeaderBytes) return std::nullopt;
  return Opener(files, scratch).open();
}

}  // namespace resonance::repair
