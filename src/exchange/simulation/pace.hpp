/// When the events of a simulation happen: as fast as it goes in a time of its own, or in real time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace resonance::simulation {

class Pace {
 public:
  /// Without `live` the beamtime begins on a March morning of 2026 that follows from the seed.
  Pace(double rate_hz, bool live, std::uint64_t seed);

  /// In real time, events are due a period apart from here on.
  void start_run();

  /// Go to the moment of the next event. In real time, wait for it; deadlines are absolute, so delays do not add up. `idle`
  /// is called every tenth of a second of waiting and may throw.
  void next_event(const std::function<void()>& idle);

  void change_sample();  ///< takes half a minute, but not in real time

  [[nodiscard]] double now() const;  ///< seconds since the Unix epoch, UTC
  [[nodiscard]] double period() const noexcept { return period_s_; }
  /// For RunWriterOptions::clock; outlives this object, and any thread may call it.
  [[nodiscard]] std::function<double()> clock() const;

 private:
  void tell_simulated_time();

  double period_s_;
  bool live_;
  double start_;
  std::chrono::steady_clock::time_point run_start_ = std::chrono::steady_clock::now();
  std::uint64_t run_events_ = 0;  // since then
  std::uint64_t events_ = 0;
  std::uint64_t sample_changes_ = 0;
  std::shared_ptr<std::atomic<double>> simulated_now_;  // shared with the clocks given out
};

}  // namespace resonance::simulation
