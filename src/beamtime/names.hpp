/// Which names of a beamtime are safe: what Place asks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "beamtime/place.hpp"

namespace resonance::beamtime {

/// All that is known of what one file is called.
struct Names {
  std::uint64_t links = 1;
  bool mounted = false;
  std::vector<std::filesystem::path> others = {};  ///< those that were found
  /// "one of 2 names of a file (hard links); the other is /data/a.db"
  [[nodiscard]] std::string in_words() const;
};
[[nodiscard]] Names names_of(const std::filesystem::path& database);

void require_one_name(const Place& place);            ///< no other hard link, and no mount of the file alone
void require_log_of_this_name(const Place& place);    ///< it was not renamed without its log
void require_store_of_this_name(const Place& place);  ///< the frame store is no link to that of another database

}  // namespace resonance::beamtime
