/// Short stories, one for each thing that is done to a beamtime: so short that a death can be tried at every operation.
#pragma once

#include <vector>

#include "crash/model/scenarios.hpp"

namespace resonance::crash {

/// record, publish, seal, migrate, recover, discard and so on.
[[nodiscard]] const std::vector<Scenario>& point_scenarios();

}  // namespace resonance::crash
