/// Frame arrays whose writer died.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "io/file_system.hpp"

namespace resonance::frames {

/// Bring an array of ours to the state that closing its run would have left: the first `frames` frames, which the database
/// names, are in zarr.json; the shards that hold them are sealed; all of it is on stable storage; files that the writer had
/// not finished are gone. Idempotent, and may be interrupted at any point. Only while nobody writes the array.
void finish_array(const std::shared_ptr<io::FileSystem>& files, const std::filesystem::path& store, const std::string& group,
                  std::uint64_t frames);

}  // namespace resonance::frames
