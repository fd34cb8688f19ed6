#include "record/times.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "resonance/error.hpp"

namespace resonance::record {

void require_time(std::optional<double> time, std::string_view what) {
  if (time && !std::isfinite(*time))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is {}; it must be seconds since the Unix epoch", what, shortest(*time)));
}

}  // namespace resonance::record
