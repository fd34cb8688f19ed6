/// Which values the data keys of a run have had, kept while its events are written.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schema/key_ranges.hpp"

namespace resonance::record {

/// One number of an event on its way to the database.
struct RangeValue {
  std::uint32_t stream = 0;  ///< number in the run
  std::uint32_t key = 0;     ///< number in the stream (schema::KeyNumbers)
  double value = 0;
};

/// Values join when their event is committed: what is dropped or written again leaves no trace. Not synchronised.
class RunRanges {
 public:
  void make_room(std::span<const RangeValue> values);         ///< so that include() takes no memory
  void include(std::span<const RangeValue> values) noexcept;  ///< their events are in the database
  /// Ranges of a stream's keys by number; fewer than it has keys when the last ones have no values.
  [[nodiscard]] std::vector<schema::Range> of(std::uint32_t stream) const;

 private:
  std::vector<std::vector<schema::Range>> streams_;
};

}  // namespace resonance::record
