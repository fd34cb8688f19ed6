/// The system's clock, where a caller gives no other one.
#pragma once

#include <chrono>

namespace resonance {

/// Seconds since the Unix epoch, UTC.
[[nodiscard]] inline double system_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace resonance
