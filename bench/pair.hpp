/// Our way and the floor, timed in turn on the same machine at the same moment, so that the ratio holds on a busy one, too.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "stopwatch.hpp"

namespace resonance::bench {

/// The value that `share` of all values lie below: 0.5 for the median.
[[nodiscard]] inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}
[[nodiscard]] inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

/// `ours` and `floor` each do `items` items and return the seconds that count; what they prepare or tidy does not. One round
/// to warm up, then A B, B A, A B … Counters: `ours` and `floor` in items/s, `ratio` = median of ours/floor of each round,
/// `low` and `high` its quartiles. Label: what the floor is.
template <class Ours, class Floor>
void compare(benchmark::State& state, const std::string& label, double items, Ours&& ours, Floor&& floor) {
  state.SetLabel(label);
  std::vector<double> ours_seconds, floor_seconds, ratios;
  (void)ours();
  (void)floor();
  for (auto _ : state) {
    const bool ours_first = ratios.size() % 2 == 0;
    double first = ours_first ? ours() : floor();
    double second = ours_first ? floor() : ours();
    if (!ours_first) std::swap(first, second);
    state.SetIterationTime(first);
    ours_seconds.push_back(first);
    floor_seconds.push_back(second);
    ratios.push_back(second / first);
  }
  state.counters["ours"] = items / median(ours_seconds);
  state.counters["floor"] = items / median(floor_seconds);
  state.counters["ratio"] = median(ratios);
  state.counters["low"] = quantile(ratios, 0.25);
  state.counters["high"] = quantile(ratios, 0.75);
}

}  // namespace resonance::bench
