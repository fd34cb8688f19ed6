/// What is in a tree of folders, one by one.
#pragma once

#include <filesystem>
#include <functional>

#include "resonance/error.hpp"

namespace resonance::io {

/// Folders of this depth are told, and not gone into: every level keeps a folder open. No store of ours is deeper than 8.
inline constexpr int kDeepestWalk = 32;

struct WalkEntry {
  const std::filesystem::path& path;
  bool folder = false;
  int depth = 0;  ///< 0: in the root itself
};

/// Call `visit` for everything below `root`, in no particular order; its answer says whether to go into a folder. Symbolic
/// links are not followed; what vanishes meanwhile is passed over; a root that is not there is empty. Holds no list of files.
/// A folder that cannot be listed goes to `closed`, with the reason; without that it is thrown.
/// \throws Error(io) naming the folder
using ClosedFolder = std::function<void(const std::filesystem::path&, const Error&)>;
void walk(const std::filesystem::path& root, const std::function<bool(const WalkEntry&)>& visit, const ClosedFolder& closed = {});

}  // namespace resonance::io
