/// The lowest and the highest value of each data key of a stream (docs/format.md, stream_ranges).
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::schema {

/// Empty until a value is included.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) noexcept {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const noexcept { return low > high; }
  bool operator==(const Range&) const = default;
};

/// The value as a number that counts; nothing for what is no number or not finite.
[[nodiscard]] std::optional<double> value_in_range(const Json& value);

/// Data keys by number, from 0, in the order in which they first appeared. Quick for keys that come in the same order each time.
class KeyNumbers {
 public:
  std::size_t number_of(std::string_view key);
  [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }

 private:
  std::vector<std::string> keys_;
  std::map<std::string, std::size_t, std::less<>> number_;
  std::size_t next_ = 0;  // behind the key that was asked for last
};

using NamedRanges = std::vector<std::pair<std::string, Range>>;  ///< none is empty

/// Those of `keys` that have values. `ranges` may be shorter: the rest has none.
[[nodiscard]] NamedRanges named_ranges(const std::vector<std::string>& keys, const std::vector<Range>& ranges);
/// As in the column: `{"energy": [270.0, 320.0]}`
[[nodiscard]] std::string dump_ranges(const NamedRanges& ranges);
[[nodiscard]] NamedRanges parse_ranges(std::string_view text);  ///< \throws Error(corrupt)

[[nodiscard]] bool same_ranges(NamedRanges a, NamedRanges b);  ///< in whatever order

/// The ranges of events at hand. Memory grows with the number of different keys alone.
class KeyRanges {
 public:
  void add(const Json& data);  ///< of one event: an object
  [[nodiscard]] NamedRanges ranges() const { return named_ranges(keys_.keys(), ranges_); }

 private:
  KeyNumbers keys_;
  std::vector<Range> ranges_;
};

}  // namespace resonance::schema
