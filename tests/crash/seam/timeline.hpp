/// Where in a log something happened.
#pragma once

#include <cstdint>

namespace resonance::crash {

/// A log that grows. Any thread.
class Timeline {
 public:
  virtual ~Timeline() = default;
  /// How many entries it has: what was done so far is in them.
  [[nodiscard]] virtual std::uint64_t position() const noexcept = 0;
};

}  // namespace resonance::crash
