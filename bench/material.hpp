/// What is recorded in the benchmarks: an event as a soft X-ray scan has it, and frames with the noise of a CCD.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "resonance/run_writer.hpp"

namespace resonance::bench {

inline Json data_keys() {
  auto keys = Json::object();
  for (const auto* name : {"energy", "sample_theta", "ccd_theta", "exposure_time", "ring_current", "i0", "drain_current", "photodiode",
                           "ccd_temperature", "exit_slit"})
    keys.set(name, number_key(name, "1"));
  keys.set("counts", integer_key("ccd"));
  keys.set("shutter_open", boolean_key("shutter"));
  keys.set("filename", string_key("ccd"));
  return keys;
}

/// 13 values: ten numbers as motors and analog inputs give them, an integer, a boolean, a text.
inline NewEvent make_event(std::uint64_t number, bool timestamps) {
  std::mt19937_64 random(number);
  std::normal_distribution<double> noise;
  const auto rounded = [](double value) { return std::round(value * 1e8) / 1e8; };  // the beamline writes 8 decimals
  const auto n = static_cast<double>(number);
  NewEvent event;
  event.time = 1.77e9 + n / 10;
  event.data = Json::object({{"energy", rounded(270 + 0.01 * n + 1e-4 * noise(random))},
                             {"sample_theta", rounded(20 + 1e-3 * noise(random))},
                             {"ccd_theta", rounded(40 + 1e-3 * noise(random))},
                             {"exposure_time", 0.5},
                             {"ring_current", rounded(500 + 0.3 * noise(random))},
                             {"i0", -0.137 + 0.01 * noise(random)},
                             {"drain_current", 1.2e-9 * (1 + 0.02 * noise(random))},
                             {"photodiode", -0.0056 + 1e-5 * noise(random)},
                             {"ccd_temperature", -45.0},
                             {"exit_slit", 150.0},
                             {"counts", static_cast<std::int64_t>(random() % 900'000'000)},
                             {"shutter_open", true},
                             {"filename", fmt::format("ZnPc_P100_E180276-{:05}", number)}});
  if (timestamps)
    for (const auto& [key, value] : event.data.as_object()) event.timestamps.set(key, 1.77e9 + n / 10 + 1e-3 * noise(random));
  return event;
}

inline std::vector<NewEvent> make_events(std::uint64_t count, bool timestamps) {
  std::vector<NewEvent> out;
  out.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(make_event(i, timestamps));
  return out;
}

/// A scattering ring on a dark level, with read-out and shot noise.
inline std::vector<std::byte> make_frame(std::uint64_t height, std::uint64_t width, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> noise;
  std::vector<std::byte> out(height * width * sizeof(std::uint16_t));
  auto* pixel = reinterpret_cast<std::uint16_t*>(out.data());
  for (std::uint64_t y = 0; y < height; ++y)
    for (std::uint64_t x = 0; x < width; ++x) {
      const auto radius =
          std::hypot(static_cast<float>(y) / static_cast<float>(height) - 0.5f, static_cast<float>(x) / static_cast<float>(width) - 0.5f);
      const auto ring = (radius - 0.3f) / 0.03f;
      const auto light = 4000 * std::exp(-12 * radius) + 600 * std::exp(-ring * ring);
      *pixel++ = static_cast<std::uint16_t>(std::max(0.0f, 300 + light + std::sqrt(9 + light) * noise(random)));
    }
  return out;
}

/// `count` frames, eight of them different: making noise takes longer than storing it.
inline std::vector<std::vector<std::byte>> make_frames(std::uint64_t count, std::uint64_t height, std::uint64_t width) {
  constexpr std::uint64_t kDistinct = 8;
  std::vector<std::vector<std::byte>> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(i < kDistinct ? make_frame(height, width, i) : out[i % kDistinct]);
  return out;
}

/// The same pixels as int32, as an integrating detector gives them.
inline std::vector<std::byte> widen(const std::vector<std::byte>& frame) {
  const std::span pixels(reinterpret_cast<const std::uint16_t*>(frame.data()), frame.size() / sizeof(std::uint16_t));
  std::vector<std::byte> out(pixels.size() * sizeof(std::int32_t));
  std::copy(pixels.begin(), pixels.end(), reinterpret_cast<std::int32_t*>(out.data()));
  return out;
}

/// `count` square frames, all different, uint16 or int32. Frame i of a benchmark is number i % count of them.
inline std::vector<std::vector<std::byte>> distinct_frames(std::uint64_t count, std::uint64_t side, DType dtype) {
  std::vector<std::vector<std::byte>> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    out.push_back(make_frame(side, side, i));
    if (dtype == DType::int32) out.back() = widen(out.back());
  }
  return out;
}

/// `count` frames back to back.
inline std::vector<std::byte> join(const std::vector<std::vector<std::byte>>& frames, std::uint64_t count) {
  std::vector<std::byte> out;
  out.reserve(count * frames[0].size());
  for (std::uint64_t i = 0; i < count; ++i) out.insert(out.end(), frames[i % frames.size()].begin(), frames[i % frames.size()].end());
  return out;
}

}  // namespace resonance::bench
