// Frames per second: raw ones beside plain pwrite of the same bytes into a preallocated file, compressed ones beside the codec
// alone. Every frame comes with its event and that event's commit, as in a measurement; small ones at group level.
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "material.hpp"
#include "pair.hpp"
#include "support/temporary_folder.hpp"
#include "workers.hpp"
#include "zarr/codec.hpp"

namespace resonance::bench {
namespace {

struct Work {
  std::uint64_t side;   // frames are side x side uint16
  std::uint64_t count;  // frames of one round
  Codec codec = Codec::none;
  Durability level = Durability::commit;
  [[nodiscard]] std::uint64_t frame_bytes() const noexcept { return side * side * 2; }
};

class Recording {
 public:
  explicit Recording(const Work& work) : work_(work), frames_(make_frames(16, work.side, work.side)), writer_(open(work)) {
    const auto event = make_event(0, false);
    data_ = event.data;
  }

  [[nodiscard]] const std::vector<std::vector<std::byte>>& frames() const noexcept { return frames_; }

  /// Seconds to write one round; `durable`: until it is on stable storage, else until it is committed.
  double write(bool durable) {
    NewEvent event;
    event.data = data_;
    const Stopwatch watch;
    for (std::uint64_t i = 0; i < work_.count; ++i) {
      event.frames.assign(1, {"image", {frames_[i % frames_.size()], work_.side, work_.side, DType::uint16}});
      (void)writer_.write_event("primary", event);
    }
    if (durable)
      writer_.sync();
    else
      writer_.flush();
    const auto seconds = watch.seconds();
    writer_.sync();  // what it still does behind our back must not slow the floor down
    return seconds;
  }

 private:
  RunWriter open(const Work& work) {
    RunWriterOptions options;
    options.frames.codec = work.codec;
    options.durability = work.level;
    RunWriter writer(folder_ / "ours.db", std::move(options));
    (void)writer.open_run("scan");
    auto keys = data_keys();
    keys.set("image", image_key("ccd", work.side, work.side, DType::uint16));
    (void)writer.open_stream("primary", keys);
    return writer;
  }

  const test::TemporaryFolder folder_;
  const Work work_;
  const std::vector<std::vector<std::byte>> frames_;
  Json data_;
  RunWriter writer_;
};

/// A file of full size whose blocks are allocated, written front to back. The kernel is asked to write early, as we do.
double plain_pwrite(const std::filesystem::path& path, const std::vector<std::vector<std::byte>>& frames, const Work& work, bool durable) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0 || ::posix_fallocate(file, 0, static_cast<off_t>(work.count * work.frame_bytes())) != 0 || ::fsync(file) != 0)
    throw std::runtime_error("cannot make " + path.string());
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < work.count; ++i) {
    const auto& frame = frames[i % frames.size()];
    const auto offset = static_cast<off_t>(i * frame.size());
    if (::pwrite(file, frame.data(), frame.size(), offset) != static_cast<ssize_t>(frame.size())) throw std::runtime_error("cannot write");
    ::sync_file_range(file, offset, static_cast<off_t>(frame.size()), SYNC_FILE_RANGE_WRITE);
  }
  if (durable) ::fdatasync(file);
  const auto seconds = watch.seconds();
  ::fdatasync(file);
  ::close(file);
  std::filesystem::remove(path);
  return seconds;
}

void append_raw(benchmark::State& state, Work work, bool durable) {
  const test::TemporaryFolder folder;
  Recording recording(work);
  compare(
      state, "pwrite into a preallocated file", static_cast<double>(work.count), [&] { return recording.write(durable); },
      [&] { return plain_pwrite(folder / "plain", recording.frames(), work, durable); });
}

void append_compressed(benchmark::State& state, Work work, unsigned cores) {
  Recording recording(work);
  Workers workers(cores);
  const auto chain = zarr::CodecChain::for_frames(work.codec, -1, DType::uint16, {1, work.side, work.side});
  std::vector<std::vector<std::byte>> out(workers.size(), std::vector<std::byte>(chain.max_encoded_bytes()));
  const auto& frames = recording.frames();
  const auto floor = [&] {
    const Stopwatch watch;
    workers.run(work.count,
                [&](std::uint64_t i, unsigned worker) { benchmark::DoNotOptimize(chain.encode(frames[i % frames.size()], out[worker])); });
    return watch.seconds();
  };
  compare(
      state, fmt::format("the codec alone on {}", cores == 1 ? "one core" : "all cores"), static_cast<double>(work.count),
      [&] { return recording.write(false); }, floor);
  state.counters["compression"] = static_cast<double>(work.frame_bytes()) / static_cast<double>(chain.encode(frames[0], out[0]));
}

template <class Function, class... Arguments>
void add(const std::string& name, int rounds, Function function, Arguments... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), function, arguments...)->UseManualTime()->Iterations(rounds)->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  const auto all = std::max(1u, std::thread::hardware_concurrency());
  add("frames/raw 1024x1024, until committed", 7, append_raw, Work{1024, 64}, false);
  add("frames/raw 1024x1024, until on disk", 7, append_raw, Work{1024, 64}, true);
  add("frames/raw 256x256, group, until committed", 7, append_raw, Work{256, 2000, Codec::none, Durability::group}, false);
  add("frames/blosc 1024x1024", 7, append_compressed, Work{1024, 64, Codec::blosc}, 1u);
  add("frames/blosc 1024x1024, beside all cores", 7, append_compressed, Work{1024, 64, Codec::blosc}, all);
  add("frames/blosc 256x256, group", 9, append_compressed, Work{256, 2000, Codec::blosc, Durability::group}, 1u);
  add("frames/blosc 256x256, group, beside all cores", 9, append_compressed, Work{256, 2000, Codec::blosc, Durability::group}, all);
  add("frames/zstd 1024x1024", 5, append_compressed, Work{1024, 32, Codec::zstd}, 1u);
  return true;
}();

}  // namespace
}  // namespace resonance::bench
