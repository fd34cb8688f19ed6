// Any text as .zarray and as .zattrs: refused with an Error, or read as an array in which frames can be looked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"
#include "zarr/metadata_v2.hpp"

namespace {

using namespace resonance;
using namespace resonance::zarr;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Call>
void foreign(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    require(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported);
  }
}

void look_into(const ArrayMetadata& metadata) {
  require(metadata.codecs.decoded_bytes() == metadata.chunk_bytes());
  require(metadata.fill_value.size() == item_size(metadata.dtype));
  require(!metadata.sharding && metadata.chunks_per_shard() == 1);
  require(!metadata.codecs.to_json().dump().empty());
  for (const auto& part : frame_parts(metadata, 1000)) {
    require(part.frame_in_chunk < metadata.grid_shape[0]);
    const auto key = chunk_key(metadata, part.grid_position);
    require(key.find_first_not_of("0123456789./") == std::string::npos && key.find("..") == std::string::npos && key[0] != '/');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  foreign([&] { look_into(parse_v2_array_metadata(text)); });
  foreign([&] { require(parse_v2_attributes(text).find("resonance") == nullptr); });
  return 0;
}
