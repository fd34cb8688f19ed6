/// .zarray and .zattrs of version 2 arrays, as text in. Read only: Resonance writes version 3.
#pragma once

#include <string_view>

#include "resonance/json.hpp"
#include "zarr/metadata.hpp"

namespace resonance::zarr {

/// The array as version 3 would say it: order F is a transpose codec, the byte order of `dtype` the bytes codec, the compressor
/// the last codec, and the keys are those of "v2". Other members are passed over, as the specification of version 2 asks.
/// The limits are those of parse_array_metadata().
/// \throws Error(corrupt)     as parse_array_metadata()
/// \throws Error(unsupported) another zarr_format, a dtype that is no number, an unknown compressor, any filter; named
[[nodiscard]] ArrayMetadata parse_v2_array_metadata(std::string_view text);

/// The object in .zattrs, without `resonance`: no array of version 2 is ours. \throws Error(corrupt)
[[nodiscard]] Json parse_v2_attributes(std::string_view text);

}  // namespace resonance::zarr
