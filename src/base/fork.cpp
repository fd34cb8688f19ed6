#include "resonance/fork.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace resonance {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kForkPatience{1};     // of who forks, for calls that are on their way
constexpr std::chrono::seconds kCallPatience{3};     // of calls, for who forks: longer, so that it is the fork that gives up first
constexpr std::chrono::microseconds kLookAgain{50};  // a wait happens at a fork alone, and most last less than this

// Atomics, and no mutex, which would have to be made anew in a child.
std::atomic<int> inside = 0;   // threads
std::atomic<int> forking = 0;  // threads between before_fork() and after it
thread_local int depth = 0;    // of this thread's InsideLibrary
thread_local bool forks = false;

template <class Condition>
bool wait_until(std::chrono::seconds patience, const Condition& condition) noexcept {
  for (const auto end = Clock::now() + patience; !condition();) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

}  // namespace

InsideLibrary::InsideLibrary() noexcept {
  if (depth++ > 0) return;  // who forks waits for this thread as it is
  ++inside;
  while (forking > 0 && !forks) {  // seen after this thread was counted: either it is seen by who forks, or that is seen here
    --inside;
    const bool over = wait_until(kCallPatience, [] { return forking == 0; });
    ++inside;
    if (!over) return;
  }
}

InsideLibrary::~InsideLibrary() {
  if (--depth == 0) --inside;
}

void before_fork() noexcept {
  forks = true;
  ++forking;
  const int own = depth > 0 ? 1 : 0;
  wait_until(kForkPatience, [own] { return inside <= own; });
}

void after_fork_in_parent() noexcept {
  forks = false;
  --forking;
}

void after_fork_in_child() noexcept {
  forks = false;
  forking = 0;
  inside = depth > 0 ? 1 : 0;
}

}  // namespace resonance
