#include "sqlite/statement.hpp"

#include <sqlite3.h>

#include <utility>

#include "resonance/error.hpp"
#include "sqlite/sqlite_error.hpp"

namespace resonance::sqlite {

Statement::Statement(sqlite3* connection, std::string_view sql) : connection_(connection) {
  const int result = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (result != SQLITE_OK) throw_sqlite(connection, result, "reading");
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement::Statement(Statement&& other) noexcept : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  return *this;
}

void Statement::bind(int position, std::nullptr_t) { sqlite3_bind_null(handle_, position); }

void Statement::bind(int position, std::int64_t value) { sqlite3_bind_int64(handle_, position, value); }

void Statement::bind(int position, std::uint64_t value) {
  if (value > INT64_MAX) throw Error(ErrorCode::invalid_argument, "a number over 2^63 cannot be stored in an SQL column");
  sqlite3_bind_int64(handle_, position, static_cast<std::int64_t>(value));
}

void Statement::bind(int position, double value) { sqlite3_bind_double(handle_, position, value); }

void Statement::bind(int position, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  if (const int result = sqlite3_bind_text64(handle_, position, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8); result != SQLITE_OK)
    throw_sqlite(connection_, result, "writing to");
}

bool Statement::step() {
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const bool reading = sqlite3_stmt_readonly(handle_) != 0;
  try {
    throw_sqlite(connection_, result, reading ? "reading" : "writing to");
  } catch (...) {
    sqlite3_reset(handle_);
    throw;
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

int Statement::columns() const noexcept { return sqlite3_column_count(handle_); }

bool Statement::is_null(int number) const noexcept { return sqlite3_column_type(handle_, number) == SQLITE_NULL; }

ColumnType Statement::type(int number) const noexcept {
  switch (sqlite3_column_type(handle_, number)) {
    case SQLITE_INTEGER:
      return ColumnType::integer;
    case SQLITE_FLOAT:
      return ColumnType::real;
    case SQLITE_TEXT:
      return ColumnType::text;
    case SQLITE_BLOB:
      return ColumnType::blob;
    default:
      return ColumnType::null;
  }
}

std::int64_t Statement::int64(int number) const noexcept { return sqlite3_column_int64(handle_, number); }
std::uint64_t Statement::count(int number) const noexcept {
  const auto value = int64(number);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

double Statement::real(int number) const noexcept { return sqlite3_column_double(handle_, number); }

std::string_view Statement::text(int number) const noexcept {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, number));
  return data == nullptr ? std::string_view() : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, number)));
}

std::optional<std::string> Statement::optional_string(int number) const {
  return is_null(number) ? std::nullopt : std::optional(string(number));
}
std::optional<double> Statement::optional_real(int number) const { return is_null(number) ? std::nullopt : std::optional(real(number)); }
std::optional<std::int64_t> Statement::optional_int64(int number) const {
  return is_null(number) ? std::nullopt : std::optional(int64(number));
}

}  // namespace resonance::sqlite
