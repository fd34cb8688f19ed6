/// What a shard looks like when it is sealed, found out without touching it: for a copy of one that somebody may be writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "frames/layout.hpp"
#include "io/store_folder.hpp"

namespace resonance::frames {

/// The first bytes of the shard, and the index to put behind them. Each chunk stays at its offset (invariant F6).
struct SealedForm {
  std::uint64_t data_bytes = 0;
  std::vector<std::byte> index;
};

/// Of the first `frames` frames in the shard, all of them in the page cache and committed. What is written to the file meanwhile
/// belongs to later frames. A sealed shard that holds no more than these gives what it is.
/// \throws Error(corrupt) damaged index, or too short a file for one
[[nodiscard]] SealedForm sealed_form(const io::StoreFile& shard, const Layout& layout, std::uint64_t frames);

}  // namespace resonance::frames
