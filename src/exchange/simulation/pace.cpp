#include "exchange/simulation/pace.hpp"

#include <algorithm>
#include <thread>

#include "base/clock.hpp"

namespace resonance::simulation {
namespace {

constexpr double kFirstMorning = 1773475200;  // 2026-03-14 08:00 UTC
constexpr double kDay = 86400;
constexpr double kSampleChange = 30;

}  // namespace

Pace::Pace(double rate_hz, bool live, std::uint64_t seed)
    : period_s_(1 / rate_hz),
      live_(live),
      start_(live ? system_time() : kFirstMorning + kDay * static_cast<double>(seed % 14)),
      simulated_now_(std::make_shared<std::atomic<double>>(start_)) {}

void Pace::start_run() {
  run_start_ = std::chrono::steady_clock::now();
  run_events_ = 0;
}

void Pace::next_event(const std::function<void()>& idle) {
  ++events_;
  ++run_events_;
  if (!live_) {
    tell_simulated_time();
    return;
  }
  using std::chrono::steady_clock;
  const auto deadline = run_start_ + std::chrono::duration_cast<steady_clock::duration>(
                                         std::chrono::duration<double>(static_cast<double>(run_events_) * period_s_));
  for (auto moment = steady_clock::now(); moment < deadline; moment = steady_clock::now()) {
    std::this_thread::sleep_until(std::min(deadline, moment + std::chrono::milliseconds(100)));
    if (steady_clock::now() < deadline) idle();
  }
}

void Pace::change_sample() {
  ++sample_changes_;
  if (!live_) tell_simulated_time();
}

void Pace::tell_simulated_time() {  // from counts, so that no rounding adds up
  simulated_now_->store(start_ + kSampleChange * static_cast<double>(sample_changes_) + period_s_ * static_cast<double>(events_));
}

double Pace::now() const { return live_ ? system_time() : simulated_now_->load(); }

std::function<double()> Pace::clock() const {
  if (live_) return system_time;
  return [now = simulated_now_] { return now->load(); };
}

}  // namespace resonance::simulation
