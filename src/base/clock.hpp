/// The system's clock, where a caller gives no other one.
#pragma once

#include <chrono>

namespace resonance {

/// Seconds since the Unix epoch, UTC.
[[nodiscard]] inline double system_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A run that begins later is no newest one: a clock or a file was wrong, and it would be the newest for ages.
[[nodiscard]] inline double latest_start() { return system_time() + 86400; }

}  // namespace resonance
