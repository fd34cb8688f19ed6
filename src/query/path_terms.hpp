/// Comparisons with what was recorded: metadata by their path, data keys by their name.
#pragma once

#include <string_view>

#include "query/expression.hpp"
#include "query/fields.hpp"

namespace resonance::query {

/// "metadata.sample.thickness", "data.energy", "energy". \throws Error(invalid_argument) there is no name behind "metadata."
[[nodiscard]] Path path_of(const Source& source, std::size_t at, std::string_view name);

[[nodiscard]] Node path_term(const Source& source, const Comparison& comparison);

}  // namespace resonance::query
