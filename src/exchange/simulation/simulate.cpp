// The beamtime: pairs of runs on a series of films, an RSoXS scan with frames and a NEXAFS scan without.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/checked.hpp"
#include "exchange/simulation/detector.hpp"
#include "exchange/simulation/film.hpp"
#include "exchange/simulation/pace.hpp"
#include "exchange/simulation/random.hpp"
#include "resonance/error.hpp"
#include "resonance/simulation.hpp"

namespace resonance {
namespace {

using namespace simulation;

constexpr std::string_view kStream = "primary";
constexpr std::string_view kFrameField = "detector_image";

/// One run: which film, with or without frames.
struct Scan {
  std::uint64_t number = 1;  ///< from 1
  std::uint64_t sample = 1;
  Film film;
  bool frames = true;
  double theta_deg = 90;  ///< grazing angle of the sample
};

Scan make_scan(std::uint64_t seed, std::uint64_t number) {
  Scan scan;
  scan.number = number;
  scan.sample = (number + 1) / 2;
  scan.film = make_film(seed, scan.sample);
  scan.frames = number % 2 == 1;
  scan.theta_deg = scan.frames ? 90.0 : 54.7;  // transmission; the magic angle, where orientation does not matter
  return scan;
}

SampleMetadata sample_of(const Scan& scan) {
  SampleMetadata sample;
  sample.name = fmt::format("PS-b-PMMA {}", scan.sample);
  sample.formula = "(C8H8)n-b-(C5H8O2)m";
  sample.serial = fmt::format("SIM-{:03}", scan.sample);
  sample.tags = {"film", "block copolymer"};
  sample.beamline_pos = fmt::format("{}{}", static_cast<char>('A' + (scan.sample - 1) / 6 % 26), (scan.sample - 1) % 6 + 1);
  sample.extra = Json::object({{"thickness_nm", std::round(scan.film.thickness_nm * 10) / 10},
                               {"styrene_volume_share", std::round(scan.film.styrene_share * 1000) / 1000},
                               {"substrate", "Si3N4 window, 100 nm"}});
  return sample;
}

RunOptions run_options(const Scan& scan, const SimulationOptions& options, const std::vector<double>& energies, double start) {
  RunOptions run;
  run.sample = sample_of(scan);
  run.operator_name = "Simulation";
  run.tags = {"simulated", "carbon edge"};
  run.time_start = start;
  run.metadata = Json::object({{"purpose", scan.frames ? "domain spacing by resonant scattering" : "composition by absorption"},
                               {"edge", "carbon K"},
                               {"polarization", "horizontal"},
                               {"motors", Json::array({"energy"})},
                               {"num_points", options.events},
                               {"simulated", true},
                               {"seed", options.seed}});
  if (!energies.empty()) run.metadata.set("energy_range_eV", Json::array({energies.front(), energies.back()}));
  return run;
}

Json data_keys(const Scan& scan, const SimulationOptions& options) {
  Json keys = Json::object({{"energy", number_key("monochromator", "eV")},
                            {"sample_theta", number_key("goniometer", "deg")},
                            {"exposure_time", number_key("shutter", "s")},
                            {"ring_current", number_key("storage ring", "mA")},
                            {"i0", number_key("gold mesh", "A")},
                            {"drain_current", number_key("sample plate", "A")},
                            {"photodiode", number_key("photodiode amplifier", "V")}});
  if (scan.frames) {
    keys.set("counts", integer_key("CCD, sum of all pixels", "counts"));
    keys.set(std::string(kFrameField), image_key("CCD", options.height, options.width, options.dtype));
  }
  return keys;
}

/// What the point detectors read, with the offset and the noise of their amplifiers.
Json readings(const Scan& scan, double energy, double elapsed, double exposure_s, Random& random) {
  const double flux = incident_flux(energy, elapsed), density = absorption(scan.film, energy);
  const auto measured = [&](double signal, double offset, double noise) {
    return signal * (1 + 0.0008 * random.normal()) + offset + noise * random.normal();
  };
  const double i0 = measured(1.45e-9 * flux, 2.1e-12, 1.2e-12);
  const double drain = measured(4.2e-11 * flux * (0.15 + density), 3.5e-13, 6e-14);
  const double diode = measured(4.1 * flux * std::exp(-density), 0.0031, 0.0009);
  return Json::object({{"energy", std::round((energy + 0.004 * random.normal()) * 1e4) / 1e4},
                       {"sample_theta", std::round((scan.theta_deg + 0.0005 * random.normal()) * 1e4) / 1e4},
                       {"exposure_time", exposure_s},
                       {"ring_current", std::round((ring_current_ma(elapsed) + 0.01 * random.normal()) * 1000) / 1000},
                       {"i0", i0},
                       {"drain_current", drain},
                       {"photodiode", diode}});
}

/// Every value was read a little before its event; the frame's readout ends last.
Json reading_times(const Json& data, double time, double period, Random& random) {
  Json times = Json::object();
  for (const auto& [key, value] : data.as_object()) {
    const double lag = std::min(0.02, 0.2 * period) * (0.2 + 0.8 * random.uniform());
    times.set(key, key == "counts" ? time : time - lag);
  }
  return times;
}

class Beamtime {
 public:
  Beamtime(const std::filesystem::path& database, const SimulationOptions& options, std::uint64_t total)
      : options_(options),
        total_(total),
        pace_(options.rate_hz, options.live, options.seed),
        detector_(options.height, options.width, options.dtype, options.seed),
        energies_(energy_grid(options.events)),
        writer_(database, writer_options()) {}

  SimulationReport record() {
    for (std::uint64_t number = 1; number <= options_.runs; ++number) {
      if (number > 1) pace_.change_sample();
      record_run(make_scan(options_.seed, number));
    }
    writer_.close();
    return std::move(report_);
  }

 private:
  RunWriterOptions writer_options() const {
    RunWriterOptions writer;
    writer.durability = options_.durability;
    writer.frames = options_.frames;
    writer.on_run_change = options_.on_run_change;
    writer.clock = pace_.clock();
    return writer;
  }

  void record_run(const Scan& scan) {
    const std::string uid =
        writer_.open_run(scan.frames ? "rsoxs_scan" : "nexafs_scan", run_options(scan, options_, energies_, pace_.now()));
    report_.run_uids.push_back(uid);
    writer_.open_stream(kStream, data_keys(scan, options_));
    Random random(options_.seed, scan.number);
    pace_.start_run();  // opening took its time: the first event is a period away from here
    for (std::uint64_t i = 0; i < options_.events; ++i) {
      pace_.next_event([this] {
        tell([this] {
          if (options_.progress) options_.progress(report_.events, total_);
        });
      });
      write_event(scan, energies_[i], random);
      ++report_.events;
      report_.frames += scan.frames ? 1 : 0;
      tell([&] {
        if (options_.acknowledged) options_.acknowledged({uid, i + 1, scan.frames});
        if (options_.progress) options_.progress(report_.events, total_);
      });
    }
    writer_.close_run();
  }

  void write_event(const Scan& scan, double energy, Random& random) {
    const double elapsed = static_cast<double>(report_.events) * pace_.period();  // not the clock's: equal seeds, equal values
    NewEvent event;
    event.data = readings(scan, energy, elapsed, 0.5 * pace_.period(), random);
    if (scan.frames) {
      event.data.set("counts", detector_.expose(scan.film, {energy, incident_flux(energy, elapsed)}, random));
      event.frames.push_back({std::string(kFrameField), detector_.frame()});
    }
    event.time = pace_.now();
    event.timestamps = reading_times(event.data, *event.time, pace_.period(), random);
    writer_.write_event(kStream, event);
  }

  /// Call the caller; when it throws, it wants to stop: the run ends as aborted, and what was written stays.
  template <class Call>
  void tell(const Call& call) {
    try {
      call();
    } catch (...) {
      writer_.close_run(ExitStatus::aborted, "the simulation was stopped");
      throw;
    }
  }

  const SimulationOptions& options_;
  std::uint64_t total_;
  Pace pace_;
  Detector detector_;
  std::vector<double> energies_;
  RunWriter writer_;
  SimulationReport report_;
};

}  // namespace

SimulationReport simulate_beamtime(const std::filesystem::path& database, const SimulationOptions& options) {
  if (!(std::isfinite(options.rate_hz) && options.rate_hz >= 1e-4 && options.rate_hz <= 1e6))
    throw Error(ErrorCode::invalid_argument, fmt::format("cannot simulate {} events per second; give 0.0001 to 1000000", options.rate_hz));
  constexpr std::uint64_t most_events = 100'000'000;  // their energies are kept in memory
  const auto total = checked_multiply(options.runs, options.events);
  if (!total || options.events > most_events)
    throw Error(ErrorCode::invalid_argument, fmt::format("cannot simulate {} runs of {} events; give at most {} events per run",
                                                         options.runs, options.events, most_events));
  return Beamtime(database, options, *total).record();
}

}  // namespace resonance
