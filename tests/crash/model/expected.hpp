/// What a recorded scenario was promised: which runs, events and frames, with which pixels, and from when on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace resonance::crash {

inline constexpr std::uint64_t kNever = ~0ull;

/// Positions in the operation log from which on something may not be lost any more.
struct Promise {
  std::uint64_t process = kNever;  ///< when the process dies
  std::uint64_t power = kNever;    ///< when the power fails
};

enum class Death : std::uint8_t { process, power };

/// Where in the log it happens, and what dies.
struct Crash {
  std::uint64_t position = 0;  ///< so many operations have happened
  Death death = Death::process;
  [[nodiscard]] bool keeps(const Promise& promise) const noexcept {
    return (death == Death::process ? promise.process : promise.power) <= position;
  }
};

/// Frames are uint16; the pixels follow from the seed.
struct ExpectedFrame {
  std::string field;
  std::uint64_t seed = 0;
  std::uint64_t height = 0, width = 0;
  bool with_event = true;  ///< given with the event, not added later
  Promise promise = {};
};

struct ExpectedEvent {
  std::string uid;
  double x = 0;
  std::vector<ExpectedFrame> frames;
  Promise promise = {};
};

struct ExpectedStream {
  std::string name;
  std::vector<ExpectedEvent> events;
  Promise promise = {};
};

struct ExpectedRun {
  std::string uid;
  std::vector<ExpectedStream> streams;
  Promise opened = {}, closed = {};
  bool discarded = false;  ///< somebody began to take it out: it may be gone
};

struct Expected {
  std::vector<ExpectedRun> runs;
  bool lost_before = false;    ///< frames were lost before the log began
  bool shared_chunks = false;  ///< compressed frames share chunks, whose earlier versions only recovery looks for
};

/// Pixels of which no two seeds have the same, and no page is zero. Little of it is left after compression.
/// Made once for each seed. One thread.
[[nodiscard]] const std::vector<std::byte>& pixels_of(const ExpectedFrame& frame);

/// What is promised at `crash` is promised from the first position on: for a scenario that begins with what a crash left.
[[nodiscard]] Expected left_by(const Expected& expected, const Crash& crash);

}  // namespace resonance::crash
