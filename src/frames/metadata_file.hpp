/// The metadata file of an array: zarr.json, or the .zarray of other people's version 2 arrays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "zarr/metadata.hpp"

namespace resonance::frames {

/// zarr.json; where there is none, .zarray (with .zattrs).
/// \throws Error(not_found, corrupt, unsupported) naming the file
[[nodiscard]] zarr::ArrayMetadata read_metadata(const std::filesystem::path& array);

/// Replace it by one that says shape[0] = `frames`; whole or not at all, with `durable` also on stable storage.
void write_metadata(io::FileSystem& files, const std::filesystem::path& array, zarr::ArrayMetadata metadata, std::uint64_t frames,
                    bool durable);

/// Why stock readers cannot open a group by its zarr.json: Error(not_found, corrupt, unsupported, io) naming the file. Nothing when
/// they can.
[[nodiscard]] std::optional<Error> group_fault(const std::filesystem::path& group);

/// The folders from the store down to `node`, each with the zarr.json of a group where it has none; on stable storage.
void make_groups(io::FileSystem& files, const std::filesystem::path& store, const std::filesystem::path& node);

}  // namespace resonance::frames
