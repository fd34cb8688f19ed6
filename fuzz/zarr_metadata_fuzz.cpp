// Any text as zarr.json, of a group and of an array: it is refused with an Error or read; what was read is written and read again the same,
// and frames can be looked for in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"
#include "zarr/group_metadata.hpp"
#include "zarr/metadata.hpp"

namespace {

using namespace resonance;
using namespace resonance::zarr;

void require(bool holds) {
  if (!holds) std::abort();
}

void look_for_frames(const ArrayMetadata& metadata) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    try {
      for (const auto& part : frame_parts(metadata, number)) {
        require(part.chunk_in_shard < metadata.chunks_per_shard());
        require(part.frame_in_chunk < metadata.chunk_shape()[0]);
        require(part.row + part.rows <= metadata.shape[1] && part.column + part.columns <= metadata.shape[2]);
        require(!chunk_key(metadata, part.grid_position).empty());
      }
    } catch (const Error& error) {
      require(error.code() == ErrorCode::unsupported);
    }
  }
}

void read_group(std::string_view text) {
  try {
    const auto attributes = parse_group_metadata(text);
    require(attributes.is_object() && parse_group_metadata(dump_group_metadata(attributes)) == attributes);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_group({reinterpret_cast<const char*>(data), size});
  ArrayMetadata metadata;
  try {
    metadata = parse_array_metadata({reinterpret_cast<const char*>(data), size});
  } catch (const Error& error) {
    require(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported);
    return 0;
  }
  const auto text = dump_array_metadata(metadata);
  require(dump_array_metadata(parse_array_metadata(text)) == text);
  require(metadata.codecs.decoded_bytes() == metadata.chunk_bytes());
  look_for_frames(metadata);
  return 0;
}
