/// The tests are tested: recordings of a writer that keeps a broken protocol, each of which must be caught (README.md).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
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

class Hunt {
 public:
  Hunt(const Options& options, const Room& room) : options_(options), random_(options.seed), room_(room) {}

  /// Images of the broken recording, until one is at fault of which the sound one is not. \return how many it took; 0: not caught
  std::uint64_t catch_one(const Mutant& mutant) {
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
    for (std::uint64_t tried = 1; tried <= options_.images; ++tried) {
      const ImageName name{random_() % (broken.log.operations.size() + 1), static_cast<Survival>(random_() % kSurvivals), random_()};
      const auto faults = faults_of(broken, name);
      // Early acknowledgements are in what is expected; there is no sound recording beside it.
      if (faults.empty() || (!mutant.early && !faults_of(recording, name).empty())) continue;
      fmt::print("{:<40} caught by image {}: {}\n", mutant.name, tried, faults.front().substr(0, 100));
      return tried;
    }
    fmt::print("{:<40} NOT CAUGHT by {} images of {}\n", mutant.name, options_.images, mutant.scenario);
    return 0;
  }

 private:
  std::vector<std::string> faults_of(const Recording& recording, const ImageName& name) {
    Disk disk(recording.log);
    disk.advance_to(name.position);
    return check_image(recording, disk, name, room_.path(), {});
  }

  const Options options_;
  std::mt19937_64 random_;
  const Room& room_;
};

}  // namespace
}  // namespace resonance::crash

int main(int count, char** arguments) {
  using namespace resonance::crash;
  const auto options = parse_options(count, arguments, "Broken protocols, each of which must be caught.", {.images = 300});
  try {
    fmt::print("seed {}\n", options.seed);
    const Room room;
    Hunt hunt(options, room);
    std::size_t caught = 0;
    for (const auto& mutant : mutants()) caught += hunt.catch_one(mutant) > 0 ? 1 : 0;
    fmt::print("{} of {} caught\n", caught, mutants().size());
    return caught == mutants().size() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_mutants: {}\n", error.what());
    return 2;
  }
}
