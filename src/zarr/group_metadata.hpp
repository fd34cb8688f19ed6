/// zarr.json of a group, as text. Knows no files.
#pragma once

#include <string_view>

#include "resonance/json.hpp"

namespace resonance::zarr {

/// Its attributes. \throws Error(corrupt) not JSON, or none of a group; Error(unsupported) zarr_format other than 3, or a member that
/// is not known and does not say that it need not be: stock readers open no group with such a one
[[nodiscard]] Json parse_group_metadata(std::string_view text);

}  // namespace resonance::zarr
