/// A believable beamtime without a beamline, for trying, teaching and testing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resonance/exchange.hpp"

namespace resonance {

/// One event of a simulation that the writer has acknowledged.
struct SimulatedEvent {
  std::string run_uid;
  std::uint64_t seq_num = 0;
  bool has_frame = false;
};

struct SimulationOptions {
  std::uint64_t runs = 4;
  std::uint64_t events = 60;  ///< per run
  double rate_hz = 10;        ///< events per second of simulated time; of real time with `live`
  std::uint64_t height = 256, width = 256;
  DType dtype = DType::uint16;
  FrameOptions frames;
  Durability durability = Durability::commit;
  std::uint64_t seed = 0;                                   ///< equal options and seed give equal values
  std::shared_ptr<RunListener> on_run_change;               ///< as RunWriterOptions::on_run_change
  bool live = false;                                        ///< keep real time; else as fast as it goes
  std::function<void(const SimulatedEvent&)> acknowledged;  ///< after each write_event()
  Progress progress;                                        ///< events done, events in all
};

struct SimulationReport {
  std::vector<std::string> run_uids;
  std::uint64_t events = 0, frames = 0;
};

/// Record `runs` runs into the beamtime, made when missing. Odd runs (the first, the third …) are RSoXS energy scans: I0,
/// drain current, photodiode and one scattering frame per event on `detector_image`, with its pixel sum in `counts`. Even
/// runs are NEXAFS scans of the same film without frames.
SimulationReport simulate_beamtime(const std::filesystem::path& database, const SimulationOptions& options = {});

}  // namespace resonance
