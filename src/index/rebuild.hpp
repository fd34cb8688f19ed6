/// An index made anew beside the old one, and put in its place.
#pragma once

#include <chrono>
#include <filesystem>

#include "resonance/index.hpp"

namespace resonance::index {

/// Keeps researchers, registrations and settings, and the ids of beamtimes. An index that is damaged is moved aside, and what can
/// be read of these is kept. The caller must have no connection to the index open.
SyncReport rebuild(const std::filesystem::path& root, const SyncOptions& options, std::chrono::milliseconds busy_timeout);

}  // namespace resonance::index
