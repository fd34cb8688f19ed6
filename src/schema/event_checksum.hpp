/// One checksum over neighbouring events of a stream (docs/format.md, event_checksums).
#pragma once

#include <cstdint>
#include <string_view>

namespace resonance::schema {

/// Events that one row of event_checksums covers, at most: a changed event is found to so many neighbours.
inline constexpr std::uint64_t kEventsPerChecksum = 256;

/// What a row of `events` holds besides its stream. Borrows its texts.
struct EventContent {
  std::string_view uid;
  std::int64_t seq_num = 0;
  double time = 0;
  std::string_view data;
  std::string_view timestamps;  ///< empty for NULL
};

/// The CRC-32C of events in the order of their seq_num. \param before of those in front of this one; 0 for none
[[nodiscard]] std::uint32_t event_checksum(const EventContent& event, std::uint32_t before = 0) noexcept;

}  // namespace resonance::schema
