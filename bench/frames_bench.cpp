// Frames per second: raw ones beside plain pwrite of the same bytes into a preallocated file, compressed ones beside the codec
// alone. Every frame comes with its event.
#include "floors.hpp"
#include "frames/layout.hpp"
#include "material.hpp"
#include "pair.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::bench {
namespace {

struct Work {
  std::uint64_t side;   // frames are side x side
  std::uint64_t count;  // frames of one round
  Codec codec = Codec::none;
  Durability level = Durability::commit;
  DType dtype = DType::uint16;
  std::uint64_t block = 1;     // frames in a call
  std::uint64_t distinct = 8;  // making noise takes longer than storing it
  [[nodiscard]] std::uint64_t frame_bytes() const noexcept { return side * side * item_size(dtype); }
};

class Recording {
 public:
  explicit Recording(const Work& work) : work_(work), frames_(distinct_frames(work.distinct, work.side, work.dtype)), writer_(open(work)) {
    data_ = make_event(0, false).data;
    if (work.block > 1) block_ = join(frames_, work.block);
  }

  [[nodiscard]] const Frames& frames() const noexcept { return frames_; }

  /// Seconds to write one round; `durable`: until it is on stable storage, else until it is committed.
  double write(bool durable) {
    const Stopwatch watch;
    if (work_.block > 1)
      write_blocks();
    else
      write_singly();
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
    keys.set("image", image_key("ccd", work.side, work.side, work.dtype));
    (void)writer.open_stream("primary", keys);
    return writer;
  }

  void write_singly() {
    NewEvent event;
    event.data = data_;
    for (std::uint64_t i = 0; i < work_.count; ++i) {
      event.frames.assign(1, {"image", {frames_[i % frames_.size()], work_.side, work_.side, work_.dtype}});
      (void)writer_.write_event("primary", event);
    }
  }

  void write_blocks() {
    NewEvent event;
    event.data = data_;
    const std::vector<NewEvent> events(work_.block, event);
    for (std::uint64_t i = 0; i < work_.count; i += work_.block)
      (void)writer_.write_frames(writer_.write_events("primary", events), "image",
                                 {block_, work_.block, work_.side, work_.side, work_.dtype});
  }

  const test::TemporaryFolder folder_;
  const Work work_;
  const Frames frames_;
  std::vector<std::byte> block_;
  Json data_;
  RunWriter writer_;
};

void append_raw(benchmark::State& state, Work work, bool durable) {
  const test::TemporaryFolder folder;
  Recording recording(work);
  compare(
      state, "pwrite into a preallocated file", static_cast<double>(work.count), [&] { return recording.write(durable); },
      [&] { return plain_pwrite(folder / "plain", recording.frames(), work.count, durable); });
}

/// The floor compresses what Resonance compresses: chunks, of as many frames as it puts into one.
void append_compressed(benchmark::State& state, Work work) {
  Recording recording(work);
  FrameOptions options;
  options.codec = work.codec;
  const auto in_chunk = frames::make_layout({work.side, work.side, work.dtype}, options).frames_per_chunk;
  const auto chain = zarr::CodecChain::for_frames(work.codec, -1, work.dtype, {in_chunk, work.side, work.side});
  const Frames chunks = in_chunk == 1 ? recording.frames() : Frames(2, join(recording.frames(), in_chunk));
  EncodeFloor encoder(chain, std::max(1u, std::thread::hardware_concurrency()));
  const auto floor = [&] {
    const Stopwatch watch;
    encoder.run(chunks, (work.count + in_chunk - 1) / in_chunk);
    return watch.seconds();
  };
  compare(state, "the codec alone on all cores", static_cast<double>(work.count), [&] { return recording.write(false); }, floor);
  state.counters["compression"] = static_cast<double>(chunks[0].size()) / static_cast<double>(encoder.encoded_bytes(chunks[0]));
}

template <class Function, class... Arguments>
void add(const std::string& name, int rounds, Function function, Arguments... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), function, arguments...)->UseManualTime()->Iterations(rounds)->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  constexpr auto commit = Durability::commit, group = Durability::group;
  constexpr auto uint16 = DType::uint16, int32 = DType::int32;
  add("frames/raw 1024x1024 int32, until committed", 7, append_raw, Work{1024, 64, Codec::none, commit, int32}, false);
  add("frames/raw 1024x1024 int32, until on disk", 7, append_raw, Work{1024, 64, Codec::none, commit, int32}, true);
  add("frames/raw 256x256, group, until committed", 7, append_raw, Work{256, 2000, Codec::none, group}, false);
  add("frames/blosc 1024x1024, commit", 7, append_compressed, Work{1024, 128, Codec::blosc, commit});
  add("frames/blosc 1024x1024, group", 7, append_compressed, Work{1024, 128, Codec::blosc, group});
  add("frames/blosc 1024x1024, blocks of 64", 7, append_compressed, Work{1024, 128, Codec::blosc, commit, uint16, 64});
  add("frames/blosc 256x256, group", 9, append_compressed, Work{256, 4000, Codec::blosc, group});
  add("frames/blosc 32x32, group", 7, append_compressed, Work{32, 20'000, Codec::blosc, group});
  add("frames/blosc 4096x4096, group", 5, append_compressed, Work{4096, 16, Codec::blosc, group, uint16, 1, 4});
  add("frames/zstd 1024x1024, group", 5, append_compressed, Work{1024, 32, Codec::zstd, group});
  return true;
}();

}  // namespace
}  // namespace resonance::bench
