/// Death at named points: of every short scenario the process dies before and after each operation, and again at each operation
/// of the recovery that follows (README.md).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>

#include "crash/model/images.hpp"
#include "crash/model/options.hpp"
#include "crash/model/point_scenarios.hpp"
#include "crash/model/session.hpp"
#include "support/child.hpp"

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;

/// A log that ends the process, and with it all its threads, when so many operations have happened. The log outlives it in a file.
class DeadlyLog final : public Observer {
 public:
  DeadlyLog(Recording& recording, std::uint64_t deadline, fs::path file)
      : recording_(recording), deadline_(deadline), file_(std::move(file)) {}
  Verdict before(const Operation&) override {
    if (recording_.log.position() >= deadline_) {
      save_recording(recording_, file_);
      ::_exit(0);
    }
    return {};
  }
  void after(const Operation& operation, int error) override { recording_.log.after(operation, error); }

 private:
  Recording& recording_;
  const std::uint64_t deadline_;
  const fs::path file_;
};

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = fs::relative(entry.path(), folder).string();
    if (name.ends_with("-shm")) continue;
    std::string bytes = "folder";
    if (entry.is_regular_file()) {
      bytes.resize(fs::file_size(entry.path()));
      if (FILE* file = std::fopen(entry.path().c_str(), "rb")) {
        bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
        std::fclose(file);
      }
    }
    out[name] = bytes;
  }
  return out;
}

class DeathPoints {
 public:
  explicit DeathPoints(const Options& options) : options_(options), random_(options.seed), clock_(options.clock()) {}

  int run() {
    fmt::print("seed {}\n", options_.seed);
    std::vector<const Scenario*> wanted;
    for (const auto& scenario : point_scenarios())
      if (options_.scenario.empty() || scenario.name == options_.scenario) wanted.push_back(&scenario);
    if (wanted.empty()) throw std::invalid_argument("there is no scenario " + options_.scenario);
    std::vector<std::unique_ptr<Recording>> recordings;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      play(*wanted[i], room_.path(), *recordings.emplace_back(std::make_unique<Recording>()));
      first_deaths(*wanted[i], *recordings.back(), [&, i] { return clock_.over(i, kPhases * wanted.size()); });
    }
    for (const auto& recording : recordings)
      if (recording->name == kSmallest) die_twice_everywhere(*recording);
    const auto enough = second_deaths_ + options_.images;
    while (failures_ < kEnough && (clock_.limited() ? !clock_.over() : second_deaths_ < enough))
      die_twice(*recordings[random_() % recordings.size()]);
    fmt::print("{} deaths, {} of them the second one, in {:.1f} s; {} with faults{}\n", deaths_, second_deaths_, clock_.elapsed(),
               failures_, not_looked_at_ > 0 ? fmt::format("; too little time for {} scenarios", not_looked_at_) : "");
    return failures_ > 0 ? 1 : not_looked_at_ > 0 ? kTooShort : 0;
  }

 private:
  static constexpr int kRealDeaths = 4;
  static constexpr std::uint64_t kEnough = 20;
  static constexpr std::uint64_t kStride = 8;  // neighbours leave nearly the same to be recovered
  static constexpr std::string_view kSmallest = "record-strict";

  static constexpr std::size_t kPhases = 2;  // first deaths, second deaths: half of the time for each

  template <class Over>
  void first_deaths(const Scenario& scenario, const Recording& recording, const Over& over) {
    const auto points = recording.log.operations.size() + 1;
    const auto tried = die_everywhere(recording, over);
    int real = 0;
    for (; real < kRealDeaths && !over(); ++real) die_for_real(scenario, random_() % points);
    fmt::print("{:<14} dies at {} of {} points, and {} times for real\n", scenario.name, tried, points, real);
    std::fflush(stdout);
    not_looked_at_ += tried == 0 ? 1 : 0;
  }

  void note(const std::vector<std::string>& faults, const Recording& recording, const ImageName& name, std::string_view story) {
    ++deaths_;
    if (faults.empty()) return;
    ++failures_;
    const auto file = fs::temp_directory_path() / fmt::format("crash-{}-{}-{}.recording", recording.name, options_.seed, deaths_);
    save_recording(recording, file);
    fmt::print("\n{}: {}, {}\n", recording.name, story, place_of(recording, name.position));
    for (const auto& fault : faults) fmt::print("  {}\n", fault);
    fmt::print("  again: crash_power --replay {}:{}\n", file.string(), to_string(name));
    std::fflush(stdout);
  }

  /// Before the first operation, and behind each one, which is before the next. Neighbours not one after the other, so that a short
  /// run sees all of the recording; and once however little time there is. \return at how many points
  template <class Over>
  std::uint64_t die_everywhere(const Recording& recording, const Over& over) {
    std::uint64_t tried = 0;
    for (std::uint64_t first = 0; first < kStride; ++first) {
      Disk disk(recording.log);
      for (auto position = first; position <= recording.log.operations.size(); position += kStride, ++tried) {
        if ((tried > 0 && over()) || failures_ >= kEnough) return tried;
        disk.advance_to(position);
        const ImageName name{position, Survival::everything, 0};
        note(check_image(recording, disk, name, room_.path(), checks_of(position)), recording, name, "death");
      }
    }
    return tried;
  }

  /// A process that really ends there leaves what the image of that point holds; and it can be recovered from.
  void die_for_real(const Scenario& scenario, std::uint64_t deadline) {
    const auto folder = room_.path() / "real", file = room_.path() / "real.recording";
    fs::create_directory(folder);
    if (test::in_child([&] { return live_until(scenario, deadline, folder, file); }) != 0)
      throw std::runtime_error("the child did not die as it should");
    Recording recording;
    load_recording(file, recording);
    const ImageName name{recording.log.operations.size(), Survival::everything, 0};
    Disk disk(recording.log);
    disk.advance_to(name.position);
    (void)disk.save(room_.path() / "image", name.survival, 0);
    std::vector<std::string> faults;
    if (files_in(folder) != files_in(room_.path() / "image")) faults.emplace_back("the image differs from what the dead process left");
    fs::remove_all(room_.path() / "image");
    for (auto& fault : check_beamtime(folder / "x.db", recording.expected, {name.position, Death::process}, {.again = true}))
      faults.push_back(std::move(fault));
    note(faults, recording, name, "real death");
    fs::remove_all(folder);
  }

  static int live_until(const Scenario& scenario, std::uint64_t deadline, const fs::path& folder, const fs::path& file) {
    Recording recording;
    recording.name = scenario.name;
    const Stage stage{folder, recording.log, recording.expected};
    if (scenario.prepare) scenario.prepare(stage);
    DeadlyLog log(recording, deadline, file);
    const Watch watch(folder, log);
    recording.log.take_first_state(folder);
    scenario.act(stage);
    save_recording(recording, file);
    return 0;
  }

  /// What opening for writing does to the disk that a first death left.
  void record_recovery(const Recording& first, const ImageName& name, Recording& out) {
    const auto folder = room_.path() / "dead";
    Disk disk(first.log);
    disk.advance_to(name.position);
    (void)disk.save(folder, name.survival, name.seed);
    out.name = first.name + "-recovery";
    out.expected = left_by(first.expected, {name.position, name.survival == Survival::everything ? Death::process : Death::power});
    {
      const Watch watch(folder, out.log);
      out.log.take_first_state(folder);
      RunWriter(folder / "x.db", quiet_options(Durability::commit, Codec::none)).close();
    }
    fs::remove_all(folder);
  }

  void second_death(const ImageName& first_name, const Recording& recovery, Disk& disk, const ImageName& name) {
    disk.advance_to(name.position);
    note(check_image(recovery, disk, name, room_.path(), {.verify = deaths_ % 2 == 0}), recovery, name,
         fmt::format("second death, the first one was at {}", to_string(first_name)));
    ++second_deaths_;
  }

  /// After some of the first deaths, at every point of the recovery.
  void die_twice_everywhere(const Recording& first) {
    const auto count = first.log.operations.size() + 1, stride = clock_.limited() ? kStride : 3 * kStride;
    for (auto position = random_() % stride; position < count && failures_ < kEnough && !clock_.over(); position += stride) {
      const ImageName first_name{position, Survival::everything, 0};
      Recording recovery;
      record_recovery(first, first_name, recovery);
      Disk disk(recovery.log);
      for (std::uint64_t second = 0; second <= recovery.log.operations.size() && !clock_.over(); ++second)
        second_death(first_name, recovery, disk, {second, Survival::everything, 0});
    }
  }

  void die_twice(const Recording& first) {
    constexpr int kSecondDeaths = 8;
    const auto survival = [&] { return static_cast<Survival>(random_() % kSurvivals); };
    const ImageName first_name{random_() % (first.log.operations.size() + 1), survival(), random_()};
    Recording recovery;
    record_recovery(first, first_name, recovery);
    std::vector<std::uint64_t> positions(kSecondDeaths);
    for (auto& position : positions) position = random_() % (recovery.log.operations.size() + 1);
    std::sort(positions.begin(), positions.end());
    Disk disk(recovery.log);
    for (const auto position : positions) second_death(first_name, recovery, disk, {position, survival(), random_()});
  }

  const Options options_;
  std::mt19937_64 random_;
  const Room room_;
  const Clock clock_;
  std::uint64_t not_looked_at_ = 0;
  std::uint64_t deaths_ = 0, second_deaths_ = 0, failures_ = 0;
};

}  // namespace
}  // namespace resonance::crash

int main(int count, char** arguments) {
  using namespace resonance::crash;
  const auto options = parse_options(
      count, arguments, "Death of the process at every operation, and a second one while the first is mended.", {.images = 400});
  try {
    return DeathPoints(options).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_points: {}\n", error.what());
    return 2;
  }
}
