#include "record/discard.hpp"

#include <fmt/format.h>

#include "base/names.hpp"
#include "record/beamtime_file.hpp"
#include "record/quarantine.hpp"
#include "record/recover.hpp"
#include "record/statements.hpp"
#include "resonance/error.hpp"

namespace resonance {

void discard_run(const std::filesystem::path& database, std::string_view uid) {
  require_uid(uid, "run uid");
  record::BeamtimeFile file(database, {});
  record::Statements statements(file.connection());
  if (file.locks().held_by_other(record::lock_byte_of(uid)))
    throw Error(ErrorCode::busy, fmt::format("run {} of {} is being recorded", uid, database.string()));
  if (statements.run_exists(uid)) {
    file.transact([&] { statements.delete_run(uid); });
    file.sync_log();  // a run that is there has its frames, whenever the power fails
  }
  const auto frames = file.place().store / "runs" / std::string(uid);
  if (file.files()->exists(frames)) record::Quarantine(file.files(), file.place(), std::string(uid)).take(frames);
}

}  // namespace resonance
