#include "sqlite/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "resonance/error.hpp"

namespace resonance::sqlite {

namespace {

ErrorCode code_of(int result) noexcept {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorCode::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::busy;
    case SQLITE_FULL:
      return ErrorCode::no_space;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return ErrorCode::io;
    case SQLITE_CONSTRAINT:
      return ErrorCode::invalid_argument;
    case SQLITE_TOOBIG:
      return ErrorCode::invalid_argument;
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
      return ErrorCode::corrupt;  // our statements are fixed: a missing table or column is the file's fault
    default:
      return ErrorCode::internal;
  }
}

std::string_view advice(int result) noexcept {
  switch (result & 0xff) {
    case SQLITE_READONLY:
      return "; the file or its folder is read-only";
    case SQLITE_BUSY:
      return "; another process is writing to it";
    case SQLITE_FULL:
      return "; make room and try again";
    default:
      return "";
  }
}

}  // namespace

void throw_sqlite(std::string_view file, int result, int os_errno, std::string_view message, std::string_view doing) {
  const std::string_view name = file.empty() ? "database in memory" : file;
  throw Error(code_of(result), fmt::format("{} {}: {}{}", doing, name, message, advice(result)),
              {.os_errno = os_errno, .file = std::filesystem::path(file), .offset = {}, .database = true});
}

void throw_sqlite(sqlite3* connection, int result, std::string_view doing) {
  const char* file = sqlite3_db_filename(connection, "main");
  throw_sqlite(file == nullptr ? "" : file, sqlite3_extended_errcode(connection) != 0 ? sqlite3_extended_errcode(connection) : result,
               sqlite3_system_errno(connection), sqlite3_errmsg(connection), doing);
}

}  // namespace resonance::sqlite
