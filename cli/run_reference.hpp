/// How a run is named on the command line.
#pragma once

#include <string>

#include "app.hpp"
#include "resonance/catalog.hpp"

namespace resonance::cli {

/// A uid, or the beginning of one, in upper case or with hyphens (as UUIDs are often shown), the way Resonance writes it; anything
/// else as it is.
[[nodiscard]] std::string plain_uid(const std::string& reference);

/// The run that `reference` names: by uid, a prefix of it, scan_id, or -1. A uid that other programs recorded in upper case or with
/// hyphens is found as it is. \throws Error(not_found)
[[nodiscard]] Run find_run(const Catalog& catalog, const std::string& reference);

/// Warn when the beamtime is a copy that lacks its log or its frame store: what is shown is not all.
void warn_of_missing(Session& session, const Catalog& catalog);

}  // namespace resonance::cli
