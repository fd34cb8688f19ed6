#include "record/recover.hpp"

#include <charconv>

#include "schema/write_lock.hpp"

namespace resonance::record {

std::uint64_t lock_byte_of(std::string_view run_uid) noexcept {
  std::uint64_t number = 0;
  const auto tail = run_uid.substr(run_uid.size() < 12 ? 0 : run_uid.size() - 12);
  std::from_chars(tail.data(), tail.data() + tail.size(), number, 16);
  return schema::kWriteLockByte + 1 + number;
}

void close_dead_runs(BeamtimeFile& file, Statements& statements) {
  for (const auto& run : statements.open_runs()) {
    const auto byte = static_cast<std::uint64_t>(run.lock_byte);
    if (!file.locks().try_lock(byte)) continue;  // its writer lives
    file.transact([&] {
      if (!statements.is_open(run.uid)) return;  // its writer closed it since we looked
      statements.close_run(run.uid, statements.last_time(run.uid), "failed", statements.count_events(run.uid),
                           statements.count_frames(run.uid), "the recording process ended without closing the run");
    });
    file.locks().unlock(byte);
  }
}

}  // namespace resonance::record
