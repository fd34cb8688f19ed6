/// How a run is named on the command line.
#pragma once

#include <string>

#include "resonance/catalog.hpp"

namespace resonance::cli {

/// A uid, or the beginning of one, in upper case or with hyphens (as UUIDs are often shown), the way Resonance writes it; anything
/// else as it is.
[[nodiscard]] std::string plain_uid(const std::string& reference);

/// The run that `reference` names: by uid, a prefix of it, scan_id, or -1. A uid that other programs recorded in upper case or with
/// hyphens is found as it is. \throws Error(not_found)
[[nodiscard]] Run find_run(const Catalog& catalog, const std::string& reference);

}  // namespace resonance::cli
