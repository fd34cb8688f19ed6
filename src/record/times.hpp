/// Times that callers give.
#pragma once

#include <optional>
#include <string_view>

namespace resonance::record {

/// SQL has no NaN: it would become NULL, and one event could take a whole transaction with it.
/// \throws Error(invalid_argument) when the time is not finite
void require_time(std::optional<double> time, std::string_view what);

}  // namespace resonance::record
