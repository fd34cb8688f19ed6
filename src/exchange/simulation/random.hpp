/// Fast random numbers of our own, so that equal seeds give equal values with every standard library.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace resonance::simulation {

/// SplitMix64: spreads a small seed, and makes independent ones of it.
[[nodiscard]] inline std::uint64_t spread(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// xoshiro256++ (Blackman, Vigna 2019).
class Random {
 public:
  /// Streams of one seed are independent of each other.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) noexcept {
    std::uint64_t state = seed;
    state = spread(state) ^ (stream * 0xD1342543DE82EF95ull);
    for (auto& word : state_) word = spread(state);
  }

  [[nodiscard]] std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// In [0, 1).
  [[nodiscard]] double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Standard normal to three digits: the sum of twelve uniform numbers (Irwin-Hall), for the few values of an event.
  [[nodiscard]] double normal() noexcept {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace resonance::simulation
