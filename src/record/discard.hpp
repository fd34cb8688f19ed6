/// Take an unfinished import out of a beamtime.
#pragma once

#include <filesystem>
#include <string_view>

namespace resonance {

/// Delete the run with everything that belongs to it. Its frame arrays are moved to `<name>.zarr.quarantine/`, not deleted.
/// Only for runs that can be made again. One that was discarded by who was killed before the frames were moved can be discarded again;
/// of a run that never was there is nothing to do.
/// \throws Error(busy) while a living writer records it
void discard_run(const std::filesystem::path& database, std::string_view uid);

}  // namespace resonance
