/// Beamtimes for bench/compare_search: real databases with as many runs as a facility has after years, without their events.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/uid.hpp"
#include "resonance/json.hpp"
#include "resonance/schema.hpp"
#include "sqlite/connection.hpp"

namespace resonance::bench {

inline constexpr double kFirstStart = 1'600'000'000;
inline constexpr double kSecondsBetweenRuns = 180;
inline constexpr std::array<std::string_view, 10> kPlans = {"nexafs_scan", "rsoxs_scan", "count",      "grid_scan",   "energy_scan",
                                                            "theta_scan",  "alignment",  "spiral_map", "time_series", "test_scan"};
inline constexpr std::array<std::string_view, 5> kEdges = {"carbon", "nitrogen", "oxygen", "sulphur", "calcium"};

/// Words as in people's comments: few of them often, most of them seldom.
class Vocabulary {
 public:
  static std::string word(std::uint64_t number) {
    constexpr std::string_view kSyllables[] = {"po", "ly", "me",  "tra", "sul", "fi", "lm", "an",
                                               "ne", "al", "cry", "sta", "thi", "ok", "ra", "be"};
    std::string out;
    for (std::uint64_t n = number + 16; n > 0; n /= 16) out += kSyllables[n % 16];
    return out;
  }
  template <class Random>
  static std::string draw(Random& random) {
    const double u = std::uniform_real_distribution<>(0, 1)(random);
    return word(static_cast<std::uint64_t>(std::exp(u * std::log(200'000.0))) - 1);
  }
};

/// 29 keys, as runs of the beamline have.
template <class Random>
Json run_metadata(Random& random, std::uint64_t number) {
  const auto pick = [&](double low, double high) { return std::uniform_real_distribution<>(low, high)(random); };
  const double energy = 270 + 10 * static_cast<double>(random() % 40);
  std::string comment;
  for (int i = 0; i < 8; ++i) comment += (i == 0 ? "" : " ") + Vocabulary::draw(random);
  return Json::object({
      {"plan_type", "generator"},
      {"plan_args", Json::object({{"start", energy}, {"stop", energy + 50}, {"num", 60}})},
      {"detectors", Json::array({"ccd", "photodiode"})},
      {"motors", Json::array({"energy", "sample_x"})},
      {"edge", std::string(kEdges[random() % kEdges.size()])},
      {"polarization", static_cast<int>(random() % 4) * 30},
      {"proposal", fmt::format("ALS-{}", 10'000 + number / 5000)},
      {"exposure", Json::object({{"value", 0.1 * static_cast<double>(1 + random() % 50)}, {"units", "s"}})},
      {"temperature", Json::object({{"value", pick(290, 310)}, {"units", "K"}})},
      {"pressure", pick(1e-9, 1e-7)},
      {"ring_current", pick(499, 501)},
      {"exit_slit", 10.0 * static_cast<double>(1 + random() % 8)},
      {"grating", random() % 2 == 0 ? "250 l/mm" : "1200 l/mm"},
      {"harmonic", static_cast<int>(1 + 2 * (random() % 2))},
      {"sample_x", pick(-20, 20)},
      {"sample_y", pick(-200, 200)},
      {"sample_z", pick(-1, 1)},
      {"theta", static_cast<double>(random() % 90)},
      {"distance", 50.0},
      {"beam_stop", true},
      {"dark_frames", static_cast<int>(random() % 5)},
      {"versions", Json::object({{"bluesky", "1.13"}, {"ophyd", "1.9"}, {"resonance", "1.0"}})},
      {"hints", Json::object({{"dimensions", Json::array({Json::array({"energy", "primary"})})}})},
      {"purpose", random() % 3 == 0 ? "reference" : "measurement"},
      {"cycle", static_cast<int>(random() % 12)},
      {"dose", pick(0, 1)},
      {"mode", "step"},
      {"comment", comment},
      {"operator_note", Vocabulary::draw(random)},
  });
}

inline std::string range_text(double low, double high) { return Json::array({low, high}).dump(); }

/// One beamtime with `runs` runs, of which the first is number `first` of all.
inline void make_beamtime(const std::filesystem::path& path, std::uint64_t first, std::uint64_t runs) {
  std::filesystem::create_directories(path.parent_path());
  sqlite::Connection connection(path, sqlite::Access::create);
  connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  create_beamtime_schema(connection.handle());
  sqlite::Transaction transaction(connection);
  std::mt19937_64 random(first + 1);
  auto sample = connection.prepare("INSERT INTO samples(name, formula, serial) VALUES(?, ?, ?)");
  for (std::uint64_t i = 0; i < 10; ++i)
    sample.bind_all(fmt::format("sample {}", first / 100 + i), i % 2 == 0 ? "C8H8" : "C32H16N8Zn", fmt::format("S-{:06}", first / 100 + i))
        .run();
  auto run = connection.prepare(
      "INSERT INTO runs(uid, sample_id, plan_name, time_start, time_stop, exit_status, num_events, operator, metadata) VALUES(?, ?, ?, ?, "
      "?, "
      "?, ?, ?, ?)");
  auto details = connection.prepare("INSERT INTO run_details(run_uid, scan_id, num_frames, writer, lock_byte) VALUES(?, ?, ?, 'bench', 0)");
  auto tag = connection.prepare("INSERT INTO run_tags(run_uid, tag) VALUES(?, ?)");
  auto stream = connection.prepare("INSERT INTO streams(uid, run_uid, name, data_keys, time_created) VALUES(?, ?, 'primary', ?, ?)");
  auto ranges = connection.prepare("INSERT INTO stream_ranges(stream_uid, ranges) VALUES(?, ?)");
  const auto key = [](const char* unit) {
    return Json::object({{"dtype", "number"}, {"shape", Json::array()}, {"source", "x"}, {"units", unit}});
  };
  const auto data_keys =
      Json::object({{"energy", key("eV")}, {"i0", key("A")}, {"tey", key("A")}, {"theta", key("deg")}, {"counts", key("")}}).dump();
  for (std::uint64_t i = 0; i < runs; ++i) {
    const auto number = first + i;
    const double start = kFirstStart + kSecondsBetweenRuns * static_cast<double>(number);
    const auto uid = new_uid(start);
    const bool failed = random() % 50 == 0;
    run.bind_all(uid, static_cast<std::int64_t>(1 + i * 10 / runs), kPlans[random() % kPlans.size()], start, start + 100,
                 failed ? "failed" : "success", 60, fmt::format("user{}", (number / 5000) % 40), run_metadata(random, number).dump())
        .run();
    details.bind_all(uid, static_cast<std::int64_t>(i + 1), 0).run();
    if (random() % 10 == 0) tag.bind_all(uid, random() % 4 == 0 ? "reference" : "good").run();
    const auto stream_uid = new_uid(start);
    stream.bind_all(stream_uid, uid, data_keys, start).run();
    const double low = 270 + 10 * static_cast<double>(random() % 40);
    const double noise = std::uniform_real_distribution<>(0, 1)(random);
    ranges
        .bind_all(stream_uid, fmt::format(R"({{"energy": {}, "i0": {}, "tey": {}, "theta": {}, "counts": {}}})",
                                          range_text(low, low + 50 + noise), range_text(1e-9 * noise, 2e-9),
                                          range_text(1e-12, 1e-11 * (1 + noise)), range_text(0, 90 * noise), range_text(1000 * noise, 1e6)))
        .run();
  }
  transaction.commit();
}

}  // namespace resonance::bench
