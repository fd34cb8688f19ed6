/// The files of the frame store, from the damaged one into the new one.
#pragma once

#include <set>
#include <string>

#include "repair/context.hpp"
#include "repair/frame_statements.hpp"

namespace resonance::repair {

/// Give every file of the arrays that rows name a second name in the new store. Nothing leads out of the damaged one.
void link_arrays(RepairContext& context, FrameStatements& statements, const std::filesystem::path& store);

/// What the new store does not have stays in the old one: notes.
void note_left_out(RepairContext& context, const std::filesystem::path& store);

}  // namespace resonance::repair
