/// Power loss: everything that is written and synced is recorded, and disks are built from it as a power cut may leave them. Each
/// is opened, recovered and compared with what was promised (README.md).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <random>

#include "crash/model/images.hpp"
#include "crash/model/options.hpp"
#include "crash/model/point_scenarios.hpp"

namespace resonance::crash {
namespace {

class PowerLoss {
 public:
  explicit PowerLoss(const Options& options) : options_(options), random_(options.seed), clock_(options.clock()) {
    for (const auto* all : {&scenarios(), &point_scenarios()})
      for (const auto& scenario : *all)
        if (options.scenario.empty() || scenario.name == options.scenario) scenarios_.push_back(&scenario);
  }

  int run() {
    fmt::print("seed {}\n", options_.seed);
    if (scenarios_.empty()) throw std::invalid_argument("there is no scenario " + options_.scenario);
    for (; more(); first_round_ = false) round();
    std::size_t not_looked_at = 0;
    for (const auto* scenario : scenarios_) {
      const auto count = counts_[scenario->name];
      not_looked_at += count == 0 ? 1 : 0;
      fmt::print("{:>8} images of {}{}\n", count, scenario->name, count == 0 ? ": not looked at" : "");
    }
    fmt::print("{} images in {:.1f} s, {} with faults{}\n", images_, clock_.elapsed(), failures_,
               not_looked_at > 0 ? fmt::format("; too little for {} of {} scenarios", not_looked_at, scenarios_.size()) : "");
    return failures_ > 0 ? 1 : not_looked_at > 0 ? kTooShort : 0;
  }

 private:
  static constexpr std::uint64_t kImagesOfOneRecording = 120, kFirstImages = 12;

  [[nodiscard]] bool more() const {
    return (options_.images == 0 || images_ < options_.images) && (first_round_ || !clock_.over()) && failures_ < 20;
  }

  /// Each scenario is recorded anew, so that threads meet in another way, and crashes at some of its operations. In the first round
  /// each has its share of the time, and one image however little that is, so that a short run comes to all of them.
  void round() {
    for (std::size_t i = 0; i < scenarios_.size() && more(); ++i) {
      Recording recording;
      play(*scenarios_[i], room_.path(), recording, false, random_());
      crash(recording, i);
    }
  }

  void crash(const Recording& recording, std::size_t number) {
    const auto last = recording.log.operations.size();
    const auto time_is_up = [&] { return first_round_ && clock_.over(number, scenarios_.size()); };
    std::vector<std::uint64_t> positions(time_is_up()                       ? 1
                                         : first_round_ && clock_.limited() ? kFirstImages
                                                                            : kImagesOfOneRecording * recording.weight / 10);
    for (auto& position : positions) position = std::uniform_int_distribution<std::uint64_t>(0, last)(random_);
    std::sort(positions.begin(), positions.end());
    Disk disk(recording.log);
    for (const auto position : positions) {
      if (!more() || (positions.size() > 1 && time_is_up())) return;
      disk.advance_to(position);
      const auto survival = random_() % 6 == 0 ? Survival::everything : random_() % 2 == 0 ? Survival::ordered : Survival::folders;
      one(recording, disk, {position, survival, random_()});
    }
  }

  void one(const Recording& recording, const Disk& disk, const ImageName& name) {
    const auto faults = check_image(recording, disk, name, room_.path(), checks_of(images_));
    ++images_;
    ++counts_[recording.name];
    if (faults.empty()) return;
    ++failures_;
    const auto file =
        std::filesystem::temp_directory_path() / fmt::format("crash-{}-{}-{}.recording", recording.name, options_.seed, images_);
    save_recording(recording, file);
    fmt::print("\n{}: {}, {}\n", recording.name, place_of(recording, name.position),
               name.survival == Survival::everything ? "the process died" : "the power failed");
    for (const auto& fault : faults) fmt::print("  {}\n", fault);
    fmt::print("  again: crash_power --replay {}:{}\n", file.string(), to_string(name));
    std::fflush(stdout);
  }

  const Options options_;
  std::mt19937_64 random_;
  const Room room_;
  const Clock clock_;
  std::vector<const Scenario*> scenarios_;
  bool first_round_ = true;
  std::uint64_t images_ = 0, failures_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

int replay(const std::string& text) {
  std::string rest = text;
  std::uint64_t numbers[3];
  for (int i = 2; i >= 0; --i) {
    const auto colon = rest.rfind(':');
    if (colon == std::string::npos) throw std::invalid_argument("--replay takes FILE:POSITION:SURVIVAL:SEED");
    numbers[i] = std::stoull(rest.substr(colon + 1));
    rest.resize(colon);
  }
  const ImageName name{numbers[0], static_cast<Survival>(numbers[1]), numbers[2]};
  Recording recording;
  load_recording(rest, recording);
  Disk disk(recording.log);
  disk.advance_to(name.position);
  const Room room;
  const auto kept = std::filesystem::path(rest + ".image");
  std::filesystem::remove_all(kept);
  (void)disk.save(kept, name.survival, name.seed);
  fmt::print("{}: {}; the disk as it was left: {}\n", recording.name, place_of(recording, name.position), kept.string());
  const auto faults = check_image(recording, disk, name, room.path(), checks_of(0));
  for (const auto& fault : faults) fmt::print("  {}\n", fault);
  if (faults.empty()) fmt::print("no fault\n");
  return faults.empty() ? 0 : 1;
}

}  // namespace
}  // namespace resonance::crash

int main(int count, char** arguments) {
  using namespace resonance::crash;
  const auto options = parse_options(count, arguments, "Power loss at any operation, with any part of what was not synced.",
                                     {.images = 20000, .seconds = 0});
  try {
    return options.replay.empty() ? PowerLoss(options).run() : replay(options.replay);
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_power: {}\n", error.what());
    return 2;
  }
}
