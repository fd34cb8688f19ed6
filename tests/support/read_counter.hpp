/// What reading costs, as the kernel counts it.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace resonance::test {

/// Read calls of this process and the bytes that they brought, as /proc/self/io has them.
struct ReadCount {
  std::uint64_t calls = 0;
  std::uint64_t bytes = 0;
};

[[nodiscard]] inline ReadCount reads_so_far() {
  std::ifstream in("/proc/self/io");
  ReadCount out;
  std::string name;
  for (std::uint64_t value = 0; in >> name >> value;) {
    if (name == "rchar:") out.bytes = value;
    if (name == "syscr:") out.calls = value;
  }
  return out;
}

/// What `work` read: at most that, as far as the system counts; nothing where it does not.
template <class Work>
[[nodiscard]] ReadCount reads_of(Work&& work) {
  (void)reads_so_far();
  const auto first = reads_so_far();
  const auto second = reads_so_far();  // what looking costs
  work();
  const auto third = reads_so_far();
  const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
  return {less(third.calls - second.calls, second.calls - first.calls), less(third.bytes - second.bytes, second.bytes - first.bytes)};
}

}  // namespace resonance::test
