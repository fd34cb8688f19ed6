#include "beamtime/place.hpp"
#include "catalog/queries.hpp"
#include "io/file_system.hpp"
#include "resonance/beamtime.hpp"

namespace resonance {

BeamtimeStatistics beamtime_statistics(const std::filesystem::path& database) {
  const auto place = beamtime::place_to_read(database);
  auto out = catalog::Queries(place.database).statistics();
  for (const auto& file : place.database_files()) out.database_bytes += io::file_bytes(file);
  out.store_bytes = io::allocated_bytes(place.store);
  return out;
}

}  // namespace resonance
