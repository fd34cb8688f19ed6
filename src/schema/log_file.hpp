/// SQLite's log of a beamtime, looked at as a file.
#pragma once

#include <filesystem>

#include "beamtime/place.hpp"
#include "io/file_system.hpp"
#include "sqlite/log_survey.hpp"

namespace resonance::schema {

/// `x.db` → `x.db-wal`
[[nodiscard]] inline std::filesystem::path log_file_of(const std::filesystem::path& database) { return beamtime::place_at(database).log; }

/// Sound when there is none.
[[nodiscard]] inline sqlite::LogSurvey survey_log_of(io::FileSystem& files, const std::filesystem::path& database) {
  const auto path = log_file_of(database);
  if (io::file_bytes(path) == 0) return {};
  const auto log = files.open(path, io::OpenMode::read);
  return sqlite::survey_log([&](std::uint64_t offset, std::span<std::byte> out) { return log->read_at(offset, out); });
}

}  // namespace resonance::schema
