#include "sqlite/other_copy.hpp"

#include <sqlite3.h>

#include <memory>

namespace resonance::sqlite {

namespace {

thread_local bool was_called = false;

// SQLite calls it for each connection that is opened, by whom ever: through the copy that it was registered with.
int note_call(sqlite3*, char**, const sqlite3_api_routines*) {
  was_called = true;
  return SQLITE_OK;
}

}  // namespace

bool same_copy(const std::function<void()>& open_a_connection) {
  auto* entry = reinterpret_cast<void (*)()>(&note_call);
  if (sqlite3_auto_extension(entry) != SQLITE_OK) return false;
  const auto cancel = [entry](void*) { sqlite3_cancel_auto_extension(entry); };
  const std::unique_ptr<void, decltype(cancel)> at_end(&was_called, cancel);
  was_called = false;
  open_a_connection();
  return was_called;
}

std::string_view version() noexcept { return sqlite3_libversion(); }

}  // namespace resonance::sqlite
