#include "crash/model/expected.hpp"

#include <array>
#include <cstring>
#include <map>

namespace resonance::crash {

const std::vector<std::byte>& pixels_of(const ExpectedFrame& frame) {
  static std::map<std::array<std::uint64_t, 3>, std::vector<std::byte>> made;
  auto& out = made[{frame.seed, frame.height, frame.width}];
  if (!out.empty()) return out;
  constexpr std::uint64_t kSame = 64;  // pixels of one value, and no value is zero
  const auto count = frame.height * frame.width;
  out.resize(count * 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint16_t>((frame.seed * 40503 + i / kSame * 2) | 1);
    std::memcpy(out.data() + 2 * i, &value, 2);
  }
  return out;
}

Expected left_by(const Expected& expected, const Crash& crash) {
  Expected out = expected;
  const auto settle = [&](Promise& promise) { promise = crash.keeps(promise) ? Promise{0, 0} : Promise{}; };
  for (auto& run : out.runs) {
    settle(run.opened);
    settle(run.closed);
    for (auto& stream : run.streams) {
      settle(stream.promise);
      for (auto& event : stream.events) {
        settle(event.promise);
        for (auto& frame : event.frames) settle(frame.promise);
      }
    }
  }
  out.lost_before |= crash.death == Death::power;
  return out;
}

}  // namespace resonance::crash
