#include "record/run_ranges.hpp"

namespace resonance::record {

void RunRanges::make_room(std::span<const RangeValue> values) {
  for (const auto& [stream, key, value] : values) {
    if (stream >= streams_.size()) streams_.resize(stream + 1);
    if (key >= streams_[stream].size()) streams_[stream].resize(key + 1);
  }
}

void RunRanges::include(std::span<const RangeValue> values) noexcept {
  for (const auto& [stream, key, value] : values) streams_[stream][key].include(value);
}

std::vector<schema::Range> RunRanges::of(std::uint32_t stream) const {
  return stream < streams_.size() ? streams_[stream] : std::vector<schema::Range>();
}

}  // namespace resonance::record
