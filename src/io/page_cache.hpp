/// What the kernel keeps of files in memory.
#pragma once

#include "io/store_folder.hpp"

namespace resonance::io {

/// Ask the kernel to forget what it holds of a file, so that the next read comes from the disk. A hint: pages that wait to
/// be written, or that somebody has mapped, stay.
void drop_from_cache(const StoreFile& file) noexcept;

}  // namespace resonance::io
