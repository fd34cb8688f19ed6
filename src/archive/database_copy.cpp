#include "archive/database_copy.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "resonance/error.hpp"
#include "schema/log_file.hpp"
#include "schema/log_state.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;

DatabaseCopy::DatabaseCopy(const fs::path& database, fs::path place, io::FileSystem& files, Teller& teller)
    : place_(std::move(place)), files_(files) {
  sqlite::Connection source(database, sqlite::Access::read);
  const bool missing = schema::log_state(source) == schema::LogState::missing;
  if (const auto message = schema::missing_log(source)) {
    Fault fault{.kind = "missing_log", .file = schema::log_file_of(database), .message = *message};
    fault.severity = missing ? Severity::fault : Severity::note;
    teller.tell(fault);
  }
  source.back_up_to(place_);
  leave_log_mode(!missing);
}

DatabaseCopy::~DatabaseCopy() {
  try {
    files_.remove(place_);
  } catch (...) {  // the next backup removes it
  }
}

/// The copy says of itself what the original says: that it has a log beside it. It has none, and needs none: bytes 18 and 19 of an
/// SQLite file are 2 for one with a write-ahead log and 1 for one without. Only a copy of what lacked its log goes on saying so.
void DatabaseCopy::leave_log_mode(bool complete) {
  constexpr std::uint64_t kVersions = 18, kApplication = 68;
  const auto file = files_.open(place_, io::OpenMode::read_write);
  std::array<std::byte, 2> versions{};
  if (file->read_at(kVersions, versions) == versions.size() && versions[0] != std::byte{1}) {
    versions.fill(std::byte{1});
    file->write_at(kVersions, versions);
  }
  std::array<std::byte, 4> application{};
  if (file->read_at(kApplication, application) != application.size()) return;
  const auto number = std::to_integer<std::uint32_t>(application[0]) << 24 | std::to_integer<std::uint32_t>(application[1]) << 16 |
                      std::to_integer<std::uint32_t>(application[2]) << 8 | std::to_integer<std::uint32_t>(application[3]);
  if (!complete || number != schema::kInUse) return;
  application.fill(std::byte{0});
  file->write_at(kApplication, application);
}

namespace {

std::string in_words(const LesserRun& run) {
  if (run.absent)
    return fmt::format("the backup has this run, with {} events and {} frames, and the beamtime no longer has it", run.events_before,
                       run.frames_before);
  return fmt::format("the backup has {} events and {} frames of this run, the beamtime has {} and {}", run.events_before, run.frames_before,
                     run.events, run.frames);
}

/// Nothing when there is none, or none that can be read.
std::unique_ptr<SnapshotQueries> open_earlier(const fs::path& earlier) {
  if (std::error_code ignored; !fs::is_regular_file(fs::symlink_status(earlier, ignored))) return nullptr;
  try {
    auto out = std::make_unique<SnapshotQueries>(earlier);
    return out->damage().empty() ? std::move(out) : nullptr;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt || error.code() == ErrorCode::io) return nullptr;  // damaged: high time to replace it
    throw;
  }
}

}  // namespace

bool may_replace(const fs::path& database, const fs::path& earlier, SnapshotQueries& snapshot, const Destination& destination,
                 Teller& teller) {
  const auto damage = snapshot.damage();
  const auto before = open_earlier(earlier);
  const auto kept = fmt::format("; the copy in {} is kept as it is, and nothing was copied", destination.folder().string());
  if (!damage.empty())
    teller.fault({.kind = before ? "kept_copy" : "database",
                  .file = database,
                  .message = fmt::format("SQLite's check of {} says: {}{}", database.string(), damage,
                                         before ? kept : "; it was copied as it is, repair it with 'resonance repair'")});
  if (!before) return true;
  if (!damage.empty()) return false;
  if (!snapshot.continues(*before))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("cannot back up to {}: it holds a beamtime of the same name that has no run in common with this one; name "
                            "another folder",
                            destination.folder().string()),
                {.os_errno = 0, .file = destination.folder(), .offset = {}, .database = false});
  const auto lesser = snapshot.lesser_runs(*before);
  for (const auto& run : lesser)
    teller.fault({.kind = "kept_copy",
                  .run_uid = run.uid,
                  .file = database,
                  .message = fmt::format("{}{}; name another folder for the beamtime as it is now", in_words(run), kept)});
  return lesser.empty();
}

}  // namespace resonance::archive
