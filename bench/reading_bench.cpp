// Reading frames: compressed ones beside the codec's decoder alone, raw ones beside memcpy; and what a mapped frame costs.
#include <cstring>

#include "material.hpp"
#include "pair.hpp"
#include "resonance/catalog.hpp"
#include "support/temporary_folder.hpp"
#include "workers.hpp"
#include "zarr/codec.hpp"

namespace resonance::bench {
namespace {

constexpr std::uint64_t kSide = 1024, kFrames = 64, kFrameBytes = kSide * kSide * 2;

/// A closed run of 64 frames, read so often that it is in the page cache.
class Store {
 public:
  explicit Store(Codec codec)
      : chain_(zarr::CodecChain::for_frames(codec, -1, DType::uint16, {1, kSide, kSide})), frames_(make_frames(kFrames, kSide, kSide)) {
    RunWriterOptions options;
    options.frames.codec = codec;
    RunWriter writer(folder_ / "x.db", std::move(options));
    (void)writer.open_run("scan");
    (void)writer.open_stream("primary", Json::object({{"image", image_key("ccd", kSide, kSide, DType::uint16)}}));
    for (const auto& frame : frames_) {
      NewEvent event;
      event.frames.push_back({"image", {frame, kSide, kSide, DType::uint16}});
      (void)writer.write_event("primary", event);
    }
    writer.close_run();
  }

  [[nodiscard]] ImageSequence images() const { return Catalog(folder_ / "x.db").run("-1").images("image"); }
  [[nodiscard]] const zarr::CodecChain& chain() const noexcept { return chain_; }
  [[nodiscard]] const std::vector<std::vector<std::byte>>& frames() const noexcept { return frames_; }
  [[nodiscard]] std::vector<std::vector<std::byte>> encoded() const {
    std::vector<std::vector<std::byte>> out;
    for (const auto& frame : frames_) {
      auto& bytes = out.emplace_back(chain_.max_encoded_bytes());
      bytes.resize(chain_.encode(frame, bytes));
      bytes.shrink_to_fit();
    }
    return out;
  }

 private:
  const test::TemporaryFolder folder_;
  const zarr::CodecChain chain_;
  const std::vector<std::vector<std::byte>> frames_;
};

/// Room for a stack: at the beginning of a page, or where malloc puts it, which is 16 bytes behind one.
class Room {
 public:
  Room(std::size_t size, bool at_page) : memory_(size + 2 * kPage), size_(size) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    skip_ = (kPage - address % kPage) % kPage + (at_page ? 0 : 16);
  }
  [[nodiscard]] std::span<std::byte> span() noexcept { return std::span(memory_).subspan(skip_, size_); }

 private:
  static constexpr std::size_t kPage = 4096;
  std::vector<std::byte> memory_;
  std::size_t size_, skip_;
};

std::vector<std::uint64_t> random_order() {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> out(2 * kFrames);
  for (auto& number : out) number = random() % kFrames;
  return out;
}

void random_frame(benchmark::State& state, Codec codec, bool at_page) {
  const Store store(codec);
  const auto images = store.images();
  const auto encoded = store.encoded();
  const auto order = random_order();
  Room room(kFrameBytes, at_page);
  const auto out = room.span();
  const auto ours = [&] {
    const Stopwatch watch;
    for (const auto i : order) images.read(i, 1, out);
    return watch.seconds();
  };
  const auto floor = [&] {
    const Stopwatch watch;
    for (const auto i : order) {
      if (codec == Codec::none)
        std::memcpy(out.data(), encoded[i].data(), out.size());
      else
        store.chain().decode(encoded[i], out);
    }
    return watch.seconds();
  };
  compare(state, codec == Codec::none ? "memcpy" : "the decoder alone", static_cast<double>(order.size()), ours, floor);
}

void whole_stack(benchmark::State& state, Codec codec, bool at_page) {
  const Store store(codec);
  const auto images = store.images();
  const auto encoded = store.encoded();
  Workers workers;
  Room room(kFrames * kFrameBytes, at_page);
  const auto out = room.span();
  const auto ours = [&] {
    const Stopwatch watch;
    images.read(0, kFrames, out);
    return watch.seconds();
  };
  const auto floor = [&] {
    const Stopwatch watch;
    workers.run(kFrames, [&](std::uint64_t i, unsigned) {
      const auto place = out.subspan(i * kFrameBytes, kFrameBytes);
      if (codec == Codec::none)
        std::memcpy(place.data(), encoded[i].data(), place.size());
      else
        store.chain().decode(encoded[i], place);
    });
    return watch.seconds();
  };
  compare(state, codec == Codec::none ? "memcpy on all cores" : "the decoder alone on all cores", kFrames, ours, floor);
}

/// A part of the pixels of all frames, beside reading them whole: how many times faster.
void part_of_stack(benchmark::State& state, Codec codec, FrameSelection selection) {
  const Store store(codec);
  const auto images = store.images();
  const auto [frames, rows, columns] = images.shape_of(selection);
  std::vector<std::byte> part(frames * rows * columns * 2), whole(kFrames * kFrameBytes);
  const auto ours = [&] {
    const Stopwatch watch;
    images.read(selection, part);
    return watch.seconds();
  };
  const auto floor = [&] {
    const Stopwatch watch;
    images.read(0, kFrames, whole);
    return watch.seconds();
  };
  compare(state, "all 64 frames whole", kFrames, ours, floor);
}

/// Seconds of map(i), or of map(0, count) when `count` is not 1.
double seconds_to_map(const ImageSequence& images, std::uint64_t count, std::uint64_t i) {
  const Stopwatch watch;
  if (count == 1)
    benchmark::DoNotOptimize(images.map(i).view.bytes.data());
  else
    benchmark::DoNotOptimize(images.map(0, count).parts.data());
  return watch.seconds();
}

/// The median of 25 calls, each with nothing of the store open but its zarr.json when `first`.
void map_frames(benchmark::State& state, std::uint64_t count, bool first) {
  const Store store(Codec::none);
  auto images = store.images();
  for (auto _ : state) {
    std::vector<double> seconds;
    for (std::uint64_t i = 0; i < 25; ++i) {
      if (first) {
        images = store.images();
        (void)images.mappable();  // zarr.json is read here
      }
      seconds.push_back(seconds_to_map(images, count, i));
    }
    state.SetIterationTime(median(std::move(seconds)));
  }
}

template <class Function, class... Arguments>
void add(const char* name, Function function, Arguments... arguments) {
  benchmark::RegisterBenchmark(name, function, arguments...)->UseManualTime()->Iterations(11)->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  add("reading/a random frame, blosc 1024x1024", random_frame, Codec::blosc, false);
  add("reading/a random frame, raw 1024x1024", random_frame, Codec::none, true);
  add("reading/a random frame, raw 1024x1024, memory of malloc", random_frame, Codec::none, false);
  add("reading/64 frames into one array, blosc", whole_stack, Codec::blosc, false);
  add("reading/64 frames into one array, raw", whole_stack, Codec::none, true);
  add("reading/64 frames into one array, raw, memory of malloc", whole_stack, Codec::none, false);
  constexpr FrameSelection kStrided{.row_step = 4, .column_step = 4}, kWindow{.row = 400, .rows = 128, .column = 400, .columns = 128},
      kEveryEighth{.step = 8};
  add("reading/every 4th row and column of 64 frames, blosc", part_of_stack, Codec::blosc, kStrided);
  add("reading/every 4th row and column of 64 frames, raw", part_of_stack, Codec::none, kStrided);
  add("reading/128x128 pixels of 64 frames, blosc", part_of_stack, Codec::blosc, kWindow);
  add("reading/128x128 pixels of 64 frames, raw", part_of_stack, Codec::none, kWindow);
  add("reading/every 8th of 64 frames, blosc", part_of_stack, Codec::blosc, kEveryEighth);
  const auto map = [](const char* name, std::uint64_t count, bool first) {
    benchmark::RegisterBenchmark(name, map_frames, count, first)->UseManualTime()->Iterations(11)->Unit(benchmark::kMicrosecond);
  };
  map("reading/map() the first frame of a shard", 1, true);
  map("reading/map() another frame", 1, false);
  map("reading/map() 64 frames", kFrames, false);
  map("reading/map() 64 frames, nothing open", kFrames, true);
  return true;
}();

}  // namespace
}  // namespace resonance::bench
