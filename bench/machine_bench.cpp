// The limits of the machine that the other benchmarks ran on.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "pair.hpp"
#include "support/temporary_folder.hpp"
#include "workers.hpp"

namespace resonance::bench {
namespace {

constexpr std::size_t kBuffer = 64 << 20;

void copy_memory(benchmark::State& state, unsigned cores) {
  Workers workers(cores);
  std::vector<std::vector<char>> from(cores, std::vector<char>(kBuffer, 1)), to(cores, std::vector<char>(kBuffer));
  for (auto _ : state)
    workers.run(cores, [&](std::uint64_t i, unsigned) {
      std::memcpy(to[i].data(), from[i].data(), kBuffer);
      benchmark::ClobberMemory();
    });
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * cores * kBuffer));
}

void write_disk(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const std::vector<char> block(8 << 20, 'x');
  constexpr int kBlocks = 32;
  for (auto _ : state) {
    const int file = ::open((folder / "disk").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const Stopwatch watch;
    for (int i = 0; i < kBlocks; ++i)
      if (::write(file, block.data(), block.size()) < 0) state.SkipWithError("cannot write");
    ::fdatasync(file);
    state.SetIterationTime(watch.seconds());
    ::close(file);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBlocks * block.size()));
}

void sync_disk(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const std::vector<char> page(4096, 'x');
  const int file = ::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  for (auto _ : state) {
    if (::write(file, page.data(), page.size()) < 0) state.SkipWithError("cannot write");
    ::fdatasync(file);
  }
  ::close(file);
}

const bool kRegistered = [] {
  const auto all = std::max(1u, std::thread::hardware_concurrency());
  benchmark::RegisterBenchmark("machine/memcpy on one core", copy_memory, 1u)->UseRealTime();
  benchmark::RegisterBenchmark("machine/memcpy on all cores", copy_memory, all)->UseRealTime();
  benchmark::RegisterBenchmark("machine/write 256 MiB and sync", write_disk)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("machine/append 4 KiB and sync", sync_disk)->UseRealTime()->Iterations(200)->Unit(benchmark::kMicrosecond);
  return true;
}();

}  // namespace
}  // namespace resonance::bench
