#include "schema/log_state.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "schema/structure.hpp"

namespace resonance::schema {

namespace {

constexpr auto kTimeToOpenOrClose = std::chrono::milliseconds(100);
constexpr std::uintmax_t kLogHeaderBytes = 32;

bool log_is_there(const std::filesystem::path& log) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(log, error);
  return !error && bytes > kLogHeaderBytes;
}

bool has_open_run(sqlite::Connection& connection) {
  return has_table(connection, "runs") &&
         connection.query_int("SELECT EXISTS (SELECT 1 FROM runs WHERE time_stop IS NULL AND exit_status IS NULL)") != 0;
}

}  // namespace

bool says_in_use(sqlite::Connection& connection) { return connection.query_int("PRAGMA application_id") == kInUse; }

void say_in_use(sqlite::Connection& connection, bool in_use) {
  connection.execute(fmt::format("PRAGMA application_id = {}", in_use ? kInUse : 0));
}

/// The file is looked at between two looks for the log.
LogState log_state(sqlite::Connection& connection) {
  const auto log = connection.log_path();
  if (log.empty() || log_is_there(log)) return LogState::complete;
  const auto header = connection.header_on_disk();
  if (log_is_there(log)) return LogState::complete;
  return header.application_id == kInUse ? LogState::missing : header.log_mode ? LogState::doubtful : LogState::complete;
}

LogState log_state_later(sqlite::Connection& connection) {
  std::this_thread::sleep_for(kTimeToOpenOrClose);
  return log_state(connection);
}

std::optional<std::string> missing_log(sqlite::Connection& connection, const std::filesystem::path& named) {
  auto state = log_state(connection);
  if (state == LogState::complete || (state == LogState::doubtful && !has_open_run(connection))) return std::nullopt;
  state = log_state_later(connection);
  const auto file = (named.empty() ? connection.path() : named).string();
  if (state == LogState::missing)
    return fmt::format(
        "{0} lacks its log {0}-wal: it was open for recording when it was copied or moved without it, and the runs, events and tags "
        "that were in the log are missing here, unless another program has moved them into the database; copy both files again, or use a "
        "backup; the next program that records here, or 'resonance recover', takes it as it is",
        file);
  if (state == LogState::doubtful)
    return fmt::format(
        "{0} is in log mode, its log {0}-wal is not there or empty, and a run in it has no end: if it was copied while that run was "
        "recorded, what was in the log is missing here; copy both files again",
        file);
  return std::nullopt;
}

std::string without_log(sqlite::Connection& connection) {
  if (log_state(connection) == LogState::complete || log_state_later(connection) == LogState::complete) return {};
  return "; it is in log mode, and its log, the file with -wal behind its name, is not there or empty: if it was copied while it was "
         "recorded, all that it holds may be in the log, so copy both files";
}

}  // namespace resonance::schema
