/// The machine has no memory left: allocation number k fails, in any thread. Nothing crashes, nothing acknowledged is lost, and a call
/// that throws has written nothing.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "crash/common/board.hpp"
#include "crash/common/recorder.hpp"
#include "crash/common/settings.hpp"
#include "crash/common/stubborn.hpp"

namespace {

// Counted are the allocations of all threads but ours, and of ours inside the calls of the library.
std::atomic<std::int64_t> left_until_failure{-1};  // below 0: none fails
std::atomic<std::int64_t> failures_left{0};
std::atomic<bool> counting{false};
std::atomic<std::int64_t> counted{0};
thread_local bool outside = false;

bool fails_now() noexcept {
  if (!counting.load(std::memory_order_relaxed) || outside) return false;
  const auto number = counted.fetch_add(1) + 1;
  return number >= left_until_failure.load() && failures_left.fetch_sub(1) > 0;
}

}  // namespace

// Inlined, new and delete look to GCC as if malloc() met delete.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t bytes) {
  if (fails_now()) throw std::bad_alloc();
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace resonance::crash {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  std::atomic<std::int64_t> allocations{0};
  std::atomic<std::uint64_t> troubles{0};
  char words[2000]{};
};

WriterPlan plan_of(std::uint64_t seed) {
  auto out = WriterPlan::of(seed);
  if (out.height > 64) out.height = out.width = 16;
  out.steps = 16;
  return out;
}

/// In a child: record while allocation `at` and those behind it fail, `many` of them.
void run_case(const fs::path& folder, const WriterPlan& plan, std::int64_t at, std::int64_t many, Outcome& outcome) {
  outside = true;
  left_until_failure = at;
  failures_left = many;
  StubbornRecorder::Means means;
  means.may_lack_memory = true;
  means.room_was_made = false;
  means.inside = [](bool inside) { outside = !inside; };
  StubbornRecorder recorder(folder / "x.db", plan, means);
  counting = true;
  recorder.run();
  counting = false;
  outcome.allocations = counted.load();
  outcome.troubles = recorder.troubles().size();
  try {
    check_afterwards(folder / "x.db", recorder.known(), mix(plan.seed, 8), "published_length");
  } catch (const std::exception& error) {
    std::string story = error.what();
    for (const auto& trouble : recorder.troubles())
      story += fmt::format("\n    {}: {}", trouble.call, trouble.known ? trouble.words : "std::bad_alloc");
    throw Broken(story);
  }
}

/// \return allocations that it took
std::int64_t in_child(const fs::path& folder, const WriterPlan& plan, std::int64_t at, std::int64_t many, std::uint64_t& met) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const Shared<Outcome> outcome;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 0;
    ::alarm(60);
    try {
      run_case(folder, plan, at, many, *outcome);
    } catch (const std::exception& error) {
      std::snprintf(outcome->words, sizeof outcome->words, "%s", error.what());
      status = 3;
    }
    ::_exit(status);
  }
  const auto status = wait_for(child);
  require(status == 0, "{}; allocation {}, {} of them: left with {}: {}", plan.words(), at, many, status, outcome->words);
  met += outcome->troubles > 0 ? 1 : 0;
  return outcome->allocations;
}

int run(const Settings& settings, Scratch& scratch, std::uint64_t seed) {
  const Clock clock(settings.has("seconds") ? std::optional(settings.number("seconds", 0)) : std::nullopt);
  const auto cases = settings.number("cases", settings.has("seconds") ? ~0ull : 300);
  Dice dice(seed);
  std::uint64_t met = 0, done = 0, broken = 0;
  for (; done < cases && !clock.over();) {
    const auto plan = plan_of(mix(seed, done / 20));
    const auto all = in_child(scratch / "x", plan, -1, 0, met);
    for (unsigned i = 0; i < 20 && done < cases && !clock.over(); ++i, ++done) {
      const auto at = static_cast<std::int64_t>(1 + dice.below(static_cast<std::uint64_t>(all)));
      try {
        in_child(scratch / "x", plan, at, dice.one_in(3) ? 1 + static_cast<std::int64_t>(dice.below(200)) : 1, met);
      } catch (const std::exception& error) {
        if (!settings.has("go-on")) throw Broken(fmt::format("case {}: {}", done, error.what()));
        fmt::print("{}\n", error.what());
        ++broken;
      }
    }
  }
  fmt::print("{} cases in {:.0f} s, {} of them told by a call\n", done, clock.elapsed(), met);
  require(broken == 0, "{} cases", broken);
  return done > 0 ? 0 : kTooShort;
}

}  // namespace
}  // namespace resonance::crash

int main(int argc, char** argv) {
  using namespace resonance::crash;
  const Settings settings(argc, argv, "let one allocation after another fail",
                          {{"seconds=", "how long; default: until --cases"},
                           {"cases=", "how many; default: 300"},
                           {"go-on", "name all cases that are broken"},
                           {"seed=", "of the random numbers"}});
  Scratch scratch;
  const auto seed = settings.seed();
  return guarded(scratch, seed, "", [&] { return run(settings, scratch, seed); });
}
