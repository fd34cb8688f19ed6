/// The tests are tested: recordings of a writer that keeps a broken protocol, each of which must be caught (README.md).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>
#include <regex>

#include "crash/model/images.hpp"
#include "crash/model/options.hpp"

namespace resonance::crash {
namespace {

/// A way to break a recording. Its operations keep their number, so that promises keep their place.
struct Mutant {
  const char* name;
  const char* scenario;
  bool early;  ///< acknowledged before it is done
  std::function<void(std::vector<LoggedOperation>&)> change;
};

bool is_log(const LoggedOperation& operation) { return operation.path == "x.db-wal"; }
bool is_frame(const LoggedOperation& operation) { return operation.path.find("/ccd/c/") != std::string::npos; }

/// As if the call were not made.
void drop(LoggedOperation& operation) { operation = {Kind::sync, 0}; }

template <class Which>
auto without(Which which) {
  return [which](std::vector<LoggedOperation>& operations) {
    for (auto& operation : operations)
      if (which(operation)) drop(operation);
  };
}

/// zarr.json that says one frame more than there are.
void shape_before_data(std::vector<LoggedOperation>& operations) {
  static const std::regex shape(R"("shape":\s*\[\s*(\d+))");
  for (auto& operation : operations) {
    if (operation.kind != Kind::write || operation.path.find("/ccd/zarr.json") == std::string::npos) continue;
    std::string text(reinterpret_cast<const char*>(operation.bytes.data()), operation.bytes.size());
    std::smatch found;
    if (!std::regex_search(text, found, shape)) continue;
    text.replace(static_cast<std::size_t>(found.position(1)), static_cast<std::size_t>(found.length(1)),
                 std::to_string(std::stoull(found[1]) + 1));
    const auto bytes = std::as_bytes(std::span(text));
    operation.bytes.assign(bytes.begin(), bytes.end());
  }
}

/// Each write of a frame comes only behind the transaction that names it.
void reference_before_frame(std::vector<LoggedOperation>& operations) {
  for (std::size_t i = operations.size(); i-- > 0;) {
    if (operations[i].kind != Kind::write || !is_frame(operations[i])) continue;
    auto end = i;
    while (end + 1 < operations.size() && !is_log(operations[end + 1])) ++end;
    while (end + 1 < operations.size() && is_log(operations[end + 1])) ++end;
    std::rotate(operations.begin() + static_cast<std::ptrdiff_t>(i), operations.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                operations.begin() + static_cast<std::ptrdiff_t>(end) + 1);
  }
}

const std::vector<Mutant>& mutants() {
  static const auto syncs = [](const LoggedOperation& operation) {
    return operation.kind == Kind::sync || operation.kind == Kind::sync_folder;
  };
  static const std::vector<Mutant> all = {
      {"no sync at all", "commit-raw", false, without(syncs)},
      {"no sync of folders", "strict-blosc", false, without([](const auto& operation) { return operation.kind == Kind::sync_folder; })},
      {"no sync of the log at strict", "strict-raw", false,
       without([](const auto& operation) { return operation.kind == Kind::sync && is_log(operation); })},
      {"no sync of frames at strict", "strict-blosc", false,
       without([](const auto& operation) { return operation.kind == Kind::sync && is_frame(operation); })},
      {"acknowledged before the commit", "commit-shared", true, {}},
      {"durable before the sync", "strict-shared", true, {}},
      {"shape before data", "commit-raw", false, shape_before_data},
      {"reference before frame", "commit-raw", false, reference_before_frame},
      {"reference before frame, shared chunks", "commit-shared", false, reference_before_frame},
  };
  return all;
}

/// What became of one mutant.
struct Tally {
  std::uint64_t images = 0, hunts = 0, caught = 0;
  bool missed = false;  ///< as many images as are enough were looked at, and none was at fault
};

class Hunt {
 public:
  Hunt(const Options& options, const Room& room) : options_(options), random_(options.seed), room_(room), clock_(options.clock()) {}

  /// All of them, one after the other; and again while there is time, each time with other images.
  int run() {
    std::vector<Tally> tallies(mutants().size());
    do {
      for (std::size_t i = 0; i < mutants().size() && !clock_.over(); ++i) hunt(mutants()[i], i, tallies[i]);
      first_round_ = false;
    } while (clock_.limited() && !clock_.over());
    return judge(tallies);
  }

 private:
  static constexpr std::uint64_t kEnough = 300;  // images; each mutant is caught by one of the first dozens

  [[nodiscard]] std::uint64_t most() const { return options_.images > 0 ? options_.images : kEnough; }
  [[nodiscard]] bool time_is_up(std::size_t number) const { return first_round_ ? clock_.over(number, mutants().size()) : clock_.over(); }

  /// Images of the broken recording, until one is at fault of which the sound one is not.
  void hunt(const Mutant& mutant, std::size_t number, Tally& tally) {
    const auto scenario =
        std::find_if(scenarios().begin(), scenarios().end(), [&](const auto& one) { return one.name == mutant.scenario; });
    Recording recording;
    play(*scenario, room_.path(), recording, mutant.early);
    Recording broken;
    broken.name = recording.name;
    broken.expected = recording.expected;
    broken.log.first = recording.log.first;
    broken.log.operations = recording.log.operations;
    if (mutant.change) mutant.change(broken.log.operations);
    ++tally.hunts;
    for (std::uint64_t tried = 1; tried <= most(); ++tried, ++tally.images) {
      if (time_is_up(number)) return;
      const ImageName name{random_() % (broken.log.operations.size() + 1), static_cast<Survival>(random_() % kSurvivals), random_()};
      const auto faults = faults_of(broken, name);
      // Early acknowledgements are in what is expected; there is no sound recording beside it.
      if (faults.empty() || (!mutant.early && !faults_of(recording, name).empty())) continue;
      if (tally.caught++ == 0) fmt::print("{:<40} caught by image {}: {}\n", mutant.name, tried, faults.front().substr(0, 100));
      std::fflush(stdout);
      ++tally.images;
      return;
    }
    tally.missed = true;
    fmt::print("{:<40} NOT CAUGHT by {} images of {}\n", mutant.name, most(), mutant.scenario);
  }

  [[nodiscard]] int judge(const std::vector<Tally>& tallies) const {
    std::size_t caught = 0, missed = 0;
    std::uint64_t images = 0, hunts = 0;
    for (std::size_t i = 0; i < tallies.size(); ++i) {
      const auto& tally = tallies[i];
      images += tally.images;
      hunts += tally.hunts;
      caught += tally.caught > 0 && !tally.missed ? 1 : 0;
      missed += tally.missed ? 1 : 0;
      if (tally.caught > 0 || tally.missed) continue;
      fmt::print("{:<40} {}\n", mutants()[i].name,
                 tally.images == 0 ? std::string("not looked at") : fmt::format("not caught by {} images; too few to tell", tally.images));
    }
    fmt::print("{} of {} caught; {} hunts, {} images, {:.0f} s{}\n", caught, tallies.size(), hunts, images, clock_.elapsed(),
               missed > 0                 ? fmt::format("; NOT CAUGHT: {}", missed)
               : caught == tallies.size() ? ""
                                          : "; too little time for the others");
    return missed > 0 ? 1 : caught == tallies.size() ? 0 : kTooShort;
  }

  std::vector<std::string> faults_of(const Recording& recording, const ImageName& name) {
    Disk disk(recording.log);
    disk.advance_to(name.position);
    return check_image(recording, disk, name, room_.path(), {});
  }

  const Options options_;
  std::mt19937_64 random_;
  const Room& room_;
  const Clock clock_;
  bool first_round_ = true;
};

}  // namespace
}  // namespace resonance::crash

int main(int count, char** arguments) {
  using namespace resonance::crash;
  const auto options = parse_options(count, arguments, "Broken protocols, each of which must be caught.", {.images = 300});
  try {
    fmt::print("seed {}\n", options.seed);
    const Room room;
    return Hunt(options, room).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_mutants: {}\n", error.what());
    return 2;
  }
}
