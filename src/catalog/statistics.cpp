#include "base/names.hpp"
#include "catalog/queries.hpp"
#include "io/file_system.hpp"
#include "resonance/beamtime.hpp"

namespace resonance {

BeamtimeStatistics beamtime_statistics(const std::filesystem::path& database) {
  auto out = catalog::Queries(database).statistics();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) out.database_bytes += io::file_bytes(database.string() + suffix);
  out.store_bytes = io::allocated_bytes(frame_store_of(database));
  return out;
}

}  // namespace resonance
