/// What is left of a shard file, whatever happened to it, and a sound file made of that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frames/layout.hpp"
#include "io/file_system.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::repair {

/// A frame that should be in the shard. In the order of their slots; one may be wanted several times.
struct WantedFrame {
  std::uint64_t slot = 0;  ///< from the shard's first frame
  std::optional<std::int64_t> crc32c;
};

struct FrameState {
  bool there = false;    ///< with the pixels that were recorded, as far as that is known
  bool decodes = false;  ///< there are pixels, but other ones
  std::string why = {};  ///< it is not there
  std::optional<std::uint64_t> offset = {};
};

struct ShardSurvey {
  bool sound = false;                       ///< all wanted frames are there, and its index says so
  std::string damage = {};                  ///< of the file as a whole, in words
  std::vector<FrameState> frames;           ///< one a wanted frame
  std::vector<zarr::ChunkLocation> chunks;  ///< where they are in the file; what its index should say
};

/// Look for frames in a shard: by its index and, where that is damaged, chunk by chunk through its bytes. A chunk that was found so
/// is taken for one of which it has the checksums; where no checksums are known, for the one whose place it has.
/// \param file null: it is not there
[[nodiscard]] ShardSurvey survey_shard(io::File* file, const frames::Layout& layout, std::span<const WantedFrame> wanted);

/// A sealed shard of what was found. It appears by its name when it is complete; the file that has the name stays as it is.
void write_shard(const std::shared_ptr<io::FileSystem>& files, const std::filesystem::path& path, io::File& source,
                 const frames::Layout& layout, std::span<const zarr::ChunkLocation> chunks);

}  // namespace resonance::repair
