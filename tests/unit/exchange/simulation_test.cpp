// A simulated beamtime: what a beamline scientist would expect to see in it, and what tests rely on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "exchange/image/pixels.hpp"
#include "exchange/simulation/detector.hpp"
#include "exchange/simulation/film.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/simulation.hpp"
#include "support/temporary_folder.hpp"

namespace resonance {
namespace {

using namespace simulation;
using testing::HasSubstr;

std::int64_t pixel_sum(const FrameView& frame) {
  return image::visit_dtype(frame.dtype, [&]<class T>() {
    std::int64_t sum = 0;
    for (std::uint64_t i = 0; i < frame.height * frame.width; ++i) {
      const double value = image::as_double(image::load<T>(frame.bytes.data(), i));
      EXPECT_EQ(value, std::floor(value));
      sum += static_cast<std::int64_t>(value);
    }
    return sum;
  });
}

template <class Call>
void expect_invalid(const std::string& part, const Call& call) {
  try {
    call();
    ADD_FAILURE() << "no error that says " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Film, AbsorbsAtTheResonancesOfItsBlocks) {
  const Film film = make_film(0, 1);
  const auto at = [&](double energy) { return absorption(film, energy); };
  EXPECT_GT(at(285.1), 5 * at(283.0));  // C=C π*
  EXPECT_GT(at(285.1), 2 * at(286.3));
  EXPECT_GT(at(288.5), 1.5 * at(287.0));  // C=O π*
  EXPECT_GT(at(320), 4 * at(275));        // above and below the edge
  EXPECT_GT(contrast(284.9), 5 * contrast(275));
  EXPECT_LT(incident_flux(284.9, 0), 0.9 * incident_flux(282, 0));  // carbon on the mirrors
}

TEST(EnergyGrid, RisesFrom270To340AndIsDenseAtTheResonances) {
  const auto energies = energy_grid(181);
  EXPECT_EQ(energies.front(), 270);
  EXPECT_EQ(energies.back(), 340);
  EXPECT_TRUE(std::is_sorted(energies.begin(), energies.end()));
  const auto between = std::count_if(energies.begin(), energies.end(), [](double e) { return e > 282 && e < 296; });
  EXPECT_GT(between, 90);
  EXPECT_EQ(energy_grid(1).size(), 1u);
  EXPECT_TRUE(energy_grid(0).empty());
}

class EveryDtype : public testing::TestWithParam<DType> {};

TEST_P(EveryDtype, GivesWholeNumbersWhoseSumIsExact) {
  Detector detector(48, 64, GetParam(), 7);
  Random random(7, 1);
  const auto counts = detector.expose(make_film(7, 1), {284.9, 1.0}, random);
  EXPECT_EQ(counts, pixel_sum(detector.frame()));
  EXPECT_GT(counts, 0);
  EXPECT_EQ(detector.frame().bytes.size(), 48 * 64 * item_size(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Detector, EveryDtype,
                         testing::Values(DType::boolean, DType::int8, DType::int16, DType::int32, DType::int64, DType::uint8, DType::uint16,
                                         DType::uint32, DType::uint64, DType::float16, DType::float32, DType::float64),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST(Detector, ShowsABrighterRingAtTheResonanceAroundADarkBeamStop) {
  const Film film{0.5, 100, 40};
  Random random(1, 1);
  Detector detector(256, 256, DType::uint16, 1);
  const auto mean_between = [&](double near, double far) {  // of the half that the arm does not cross
    double sum = 0, pixels = 0;
    for (std::uint64_t i = 0; i < 256 * 256; ++i) {
      const double y = static_cast<double>(i / 256) - 0.475 * 256, x = static_cast<double>(i % 256) - 0.545 * 256;
      if (x > 0 || std::hypot(x, y) < near || std::hypot(x, y) >= far) continue;
      sum += image::load<std::uint16_t>(detector.frame().bytes.data(), i);
      ++pixels;
    }
    return sum / pixels;
  };
  detector.expose(film, {284.9, 1.0}, random);
  const double ring = mean_between(58, 66), gap = mean_between(36, 42), stop = mean_between(0, 4), outside = mean_between(88, 96);
  EXPECT_GT(ring, 1.2 * gap);
  EXPECT_GT(ring, 3 * outside);
  EXPECT_LT(stop, 0.6 * ring);
  detector.expose(film, {275, 1.0}, random);
  EXPECT_GT(ring, 1.5 * mean_between(58, 66));
}

TEST(Detector, RefusesFramesWithoutPixelsAndFramesWithoutEnd) {
  expect_invalid("cannot simulate frames of 0 x 5", [] { Detector(0, 5, DType::uint16, 0); });
  expect_invalid("at most 268435456 pixels", [] { Detector(1ull << 33, 1ull << 33, DType::uint16, 0); });
}

/// Small and quick.
SimulationOptions small() {
  SimulationOptions options;
  options.runs = 3;
  options.events = 5;
  options.height = 16;
  options.width = 24;
  return options;
}

TEST(SimulateBeamtime, AlternatesScansWithAndWithoutFramesWhoseSumsAreCounts) {
  const test::TemporaryFolder folder;
  std::vector<SimulatedEvent> acknowledged;
  auto options = small();
  options.acknowledged = [&](const SimulatedEvent& event) { acknowledged.push_back(event); };
  const auto report = simulate_beamtime(folder / "x.db", options);
  EXPECT_EQ(report.events, 15u);
  EXPECT_EQ(report.frames, 10u);
  ASSERT_EQ(report.run_uids.size(), 3u);
  ASSERT_EQ(acknowledged.size(), 15u);
  EXPECT_EQ(acknowledged[5].run_uid, report.run_uids[1]);
  EXPECT_EQ(acknowledged[5].seq_num, 1u);
  EXPECT_FALSE(acknowledged[5].has_frame);

  const Catalog catalog(folder / "x.db");
  const auto first = catalog.run(report.run_uids[0]), second = catalog.run(report.run_uids[1]);
  EXPECT_EQ(first.summary().plan_name, "rsoxs_scan");
  EXPECT_EQ(first.summary().exit_status, "success");
  EXPECT_EQ(first.summary().num_events, 5u);
  EXPECT_EQ(second.summary().plan_name, "nexafs_scan");
  EXPECT_EQ(second.summary().num_frames, 0u);
  EXPECT_EQ(second.summary().sample, "PS-b-PMMA 1");
  EXPECT_EQ(catalog.by_sample("PS-b-PMMA 2").size(), 1u);
  const Table table = first.table();
  EXPECT_EQ(table["i0"].units, "A");
  EXPECT_EQ(table["energy"].units, "eV");
  const auto images = first.images();
  ASSERT_EQ(images.size(), 5u);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(table["counts"].at(i).as_int64(), pixel_sum(images[i].view()));
}

TEST(SimulateBeamtime, GivesEqualValuesAndTimesForEqualSeeds) {
  const test::TemporaryFolder folder;
  auto options = small();
  const auto events_of = [&](const char* name) {
    std::vector<std::string> events;
    const auto report = simulate_beamtime(folder / name, options);
    const Catalog catalog(folder / name);
    for (const auto& uid : report.run_uids) {
      const auto run = catalog.run(uid);
      events.push_back(std::to_string(run.summary().time_start) + run.metadata().dump());
      run.for_each_event("primary", [&](const Event& event) {
        events.push_back(std::to_string(event.time) + event.data.dump() + event.timestamps.dump());
        for (const auto& [key, time] : event.timestamps.as_object()) EXPECT_LE(time.as_double(), event.time) << key;
        return true;
      });
    }
    return events;
  };
  const auto first = events_of("a.db");
  EXPECT_EQ(first.size(), 18u);
  EXPECT_EQ(first, events_of("b.db"));
  options.seed = 1;
  EXPECT_NE(first, events_of("c.db"));
}

TEST(SimulateBeamtime, KeepsRealTimeWhenLive) {
  const test::TemporaryFolder folder;
  auto options = small();
  options.runs = 1;
  options.live = true;
  options.rate_hz = 50;
  const auto report = simulate_beamtime(folder / "x.db", options);
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_GE(run.summary().time_stop.value() - run.summary().time_start, 0.07);  // five events at 50 Hz, never early
  EXPECT_EQ(report.events, 5u);
}

TEST(SimulateBeamtime, KeepsWhatWasWrittenWhenTheCallerStopsIt) {
  const test::TemporaryFolder folder;
  auto options = small();
  options.progress = [](std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 15u);
    if (done == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(simulate_beamtime(folder / "x.db", options), std::runtime_error);
  const auto run = Catalog(folder / "x.db").run("-1");
  EXPECT_EQ(run.summary().exit_status, "aborted");
  EXPECT_EQ(run.reason(), "the simulation was stopped");
  EXPECT_EQ(run.summary().num_events, 3u);
}

TEST(SimulateBeamtime, RefusesRatesAndNumbersThatMakeNoSense) {
  const test::TemporaryFolder folder;
  auto options = small();
  options.rate_hz = 0;
  expect_invalid("cannot simulate 0 events per second", [&] { simulate_beamtime(folder / "x.db", options); });
  options = small();
  options.events = UINT64_MAX;
  expect_invalid("give at most 100000000 events per run", [&] { simulate_beamtime(folder / "x.db", options); });
  EXPECT_FALSE(std::filesystem::exists(folder / "x.db"));
}

}  // namespace
}  // namespace resonance
