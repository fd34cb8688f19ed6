/// All of Resonance. Start at RunWriter (recording) and Catalog (reading).
#pragma once

#include "resonance/annotations.hpp"
#include "resonance/backup.hpp"
#include "resonance/beamtime.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "resonance/image_sequence.hpp"
#include "resonance/json.hpp"
#include "resonance/repair.hpp"
#include "resonance/run_writer.hpp"
#include "resonance/schema.hpp"
#include "resonance/simulation.hpp"
#include "resonance/table.hpp"
#include "resonance/types.hpp"
#include "resonance/verify.hpp"
#include "resonance/version.hpp"
