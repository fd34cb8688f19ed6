/// What the kernel keeps of files in memory.
#pragma once

#include <filesystem>

namespace resonance::io {

/// Ask the kernel to forget what it holds of a file, so that the next read comes from the disk. A hint: pages that wait to
/// be written, or that somebody has mapped, stay. Does nothing when the file cannot be opened.
void drop_from_cache(const std::filesystem::path& path) noexcept;

}  // namespace resonance::io
