/// SQLite result codes → Error.
#pragma once

#include <string_view>

struct sqlite3;

namespace resonance::sqlite {

/// Throw what `connection` reports for `result`, with the database's file name.
[[noreturn]] void throw_sqlite(sqlite3* connection, int result, std::string_view doing);
[[noreturn]] void throw_sqlite(std::string_view file, int result, int os_errno, std::string_view message, std::string_view doing);

}  // namespace resonance::sqlite
