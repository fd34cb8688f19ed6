/// A run as a person would describe it: what random tests record, and what the naive filter looks at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resonance/json.hpp"

namespace resonance::index_test {

struct PlainSample {
  std::string name;
  std::optional<std::string> formula, serial;
  std::vector<std::string> tags;
};

/// A data key of the only stream, and its values at the events.
struct PlainKey {
  std::string name, unit;
  std::vector<double> values;
};

struct PlainRun {
  std::string uid;
  std::string plan;
  std::optional<PlainSample> sample;
  std::optional<std::string> operator_name;
  std::optional<std::string> status;  ///< none: it is open
  std::vector<std::string> tags;      ///< of its own
  std::vector<std::string> notes;
  std::optional<std::int64_t> scan_id;
  double time_start = 0;
  std::optional<double> time_stop;
  std::uint64_t num_events = 0, num_frames = 0, bytes = 0;
  Json metadata = Json::object();
  std::vector<PlainKey> keys;
  std::string beamtime, db_path, researcher;

  /// Its own, then its sample's.
  [[nodiscard]] std::vector<std::string> all_tags() const {
    auto out = tags;
    if (sample) out.insert(out.end(), sample->tags.begin(), sample->tags.end());
    return out;
  }
};

}  // namespace resonance::index_test
