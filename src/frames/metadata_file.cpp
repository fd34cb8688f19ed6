#include "frames/metadata_file.hpp"

#include <fmt/format.h>

#include "resonance/error.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kMaxMetadataBytes = 16 << 20;

}  // namespace

zarr::ArrayMetadata read_metadata(const std::filesystem::path& array) {
  const auto file = array / "zarr.json";
  try {
    return zarr::parse_array_metadata(io::read_text(file, kMaxMetadataBytes));
  } catch (Error& error) {
    error.add_context(fmt::format("reading {}", file.string()));
    throw;
  }
}

void write_metadata(io::FileSystem& files, const std::filesystem::path& array, zarr::ArrayMetadata metadata, std::uint64_t frames,
                    bool durable) {
  metadata.shape[0] = frames;
  io::replace_file(files, array / "zarr.json", zarr::dump_array_metadata(metadata), durable);
}

}  // namespace resonance::frames
