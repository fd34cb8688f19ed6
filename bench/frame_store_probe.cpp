// One timed round of what a program does with the frame store, through <resonance/...> alone; the answer is a line of JSON.
// bench/compare_frames and bench/memory call it:
//   append --dir D --side N --dtype uint16|int32 --frames N [--codec C] [--level L] [--block N]
//          [--queue-megabytes N]   makes D/ours.db
//   random --dir D --frames N                 single frames of D/ours.db in random order, into one buffer
//   stack  --dir D --passes N                 all frames of D/ours.db into one array
//   memory --dir D --side N --dtype T --megabytes N --samples N [--codec C] [--level L]   resident memory while appending
#include <cstdio>
#include <exception>
#include <fstream>

#include "arguments.hpp"
#include "material.hpp"
#include "resonance/resonance.hpp"
#include "stopwatch.hpp"

namespace resonance::bench {
namespace {

constexpr auto kField = "detector_image";
constexpr std::uint64_t kDistinct = 8;

struct Work {
  explicit Work(const Arguments& arguments)
      : side(arguments.number("side", 1024)),
        dtype(parse_dtype(arguments.text("dtype", "uint16"))),
        frames(arguments.number("frames", 64)),
        block(arguments.number("block", 1)),
        codec(parse_codec(arguments.text("codec", "blosc"))),
        level(parse_durability(arguments.text("level", "group"))),
        queue_megabytes(arguments.number("queue-megabytes", 32)) {
    if (block == 0 || (block > 1 && block % kDistinct != 0)) throw std::invalid_argument("--block is 1 or a multiple of 8");
  }
  [[nodiscard]] std::uint64_t frame_bytes() const { return side * side * item_size(dtype); }
  [[nodiscard]] FrameView view(std::span<const std::byte> bytes) const { return {bytes, side, side, dtype}; }

  std::uint64_t side;
  DType dtype;
  std::uint64_t frames;
  std::uint64_t block;  // frames in a call
  Codec codec;
  Durability level;
  std::uint64_t queue_megabytes;
};

RunWriter open_run(const std::filesystem::path& database, const Work& work) {
  RunWriterOptions options;
  options.durability = work.level;
  options.frames.codec = work.codec;
  options.queue_bytes = work.queue_megabytes << 20;
  RunWriter writer(database, std::move(options));
  (void)writer.open_run("scan");
  (void)writer.open_stream(
      "primary", Json::object({{"counts", integer_key("detector")}, {kField, image_key("detector", work.side, work.side, work.dtype)}}));
  return writer;
}

NewEvent numbered_event(std::uint64_t number) {
  NewEvent event;
  event.data = Json::object({{"counts", number}});
  return event;
}

/// An event for each frame, and the frame with it.
void append_singly(RunWriter& writer, const Work& work, const std::vector<std::vector<std::byte>>& frames) {
  for (std::uint64_t i = 0; i < work.frames; ++i) {
    auto event = numbered_event(i);
    event.frames.push_back({kField, work.view(frames[i % frames.size()])});
    (void)writer.write_event("primary", event);
  }
}

/// An event for each frame; events and frames come in blocks.
void append_blocks(RunWriter& writer, const Work& work, std::span<const std::byte> pixels) {
  std::vector<NewEvent> events;
  for (std::uint64_t first = 0; first < work.frames; first += work.block) {
    const auto count = std::min(work.block, work.frames - first);
    events.clear();
    for (std::uint64_t i = 0; i < count; ++i) events.push_back(numbered_event(first + i));
    const auto uids = writer.write_events("primary", events);
    (void)writer.write_frames(uids, kField, {pixels.first(count * work.frame_bytes()), count, work.side, work.side, work.dtype});
  }
}

/// `seconds` until everything is on stable storage, `closed_seconds` until the run is closed and its shards are sealed.
Json append(const std::filesystem::path& database, const Work& work) {
  const auto frames = distinct_frames(kDistinct, work.side, work.dtype);
  const auto pixels = work.block > 1 ? join(frames, work.block) : std::vector<std::byte>();
  auto writer = open_run(database, work);
  const Stopwatch watch;
  if (work.block > 1)
    append_blocks(writer, work, pixels);
  else
    append_singly(writer, work, frames);
  writer.sync();
  const auto seconds = watch.seconds();
  writer.close_run();
  const auto closed = watch.seconds();
  return Json::object(
      {{"frames", work.frames}, {"bytes", work.frames * work.frame_bytes()}, {"seconds", seconds}, {"closed_seconds", closed}});
}

/// The first round of a process pays for pages and threads that the others find: done in a database of its own.
Json append_warm(const std::filesystem::path& folder, const Work& work) {
  auto few = work;
  few.frames = std::min<std::uint64_t>(work.frames, std::max<std::uint64_t>(kDistinct, work.block));
  (void)append(folder / "warm.db", few);
  return append(folder / "ours.db", work);
}

ImageSequence images(const std::filesystem::path& folder) { return Catalog(folder / "ours.db").run("-1").images(kField); }

Json random_frames(const ImageSequence& images, std::uint64_t count) {
  std::vector<std::byte> out(images[0].bytes.size());
  RandomOrder order(images.size());
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) images.read(order.next(), 1, out);
  return Json::object({{"frames", count}, {"bytes", count * out.size()}, {"seconds", watch.seconds()}});
}

Json whole_stack(const ImageSequence& images, std::uint64_t passes) {
  std::vector<std::byte> out(images.size() * images[0].bytes.size());
  images.read(0, images.size(), out);
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < passes; ++i) images.read(0, images.size(), out);
  return Json::object({{"frames", passes * images.size()}, {"bytes", passes * out.size()}, {"seconds", watch.seconds()}});
}

/// Bytes of memory that is ours alone and in RAM: no page cache, no mapped files.
std::uint64_t resident_anonymous() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kilobytes = 0; word == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
  throw std::runtime_error("no RssAnon in /proc/self/status");
}

/// Frames without noise, so that a long stream takes little room on the disk.
std::vector<std::vector<std::byte>> calm_frames(const Work& work) {
  std::vector<std::vector<std::byte>> out;
  for (std::uint64_t n = 0; n < kDistinct; ++n) {
    std::vector<std::uint16_t> pixels(work.side * work.side);
    for (std::uint64_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<std::uint16_t>(300 + 40 * (i / work.side * 16 / work.side) + n);
    const auto bytes = std::as_bytes(std::span(pixels));
    out.emplace_back(bytes.begin(), bytes.end());
    if (work.dtype == DType::int32) out.back() = widen(out.back());
  }
  return out;
}

/// `rss_anon`: the most that was seen in each of `samples` equal parts of the stream.
Json memory(const std::filesystem::path& database, Work work, std::uint64_t bytes, std::uint64_t samples) {
  const auto frames = calm_frames(work);
  const auto total = std::max(samples, bytes / work.frame_bytes());
  const auto step = std::max<std::uint64_t>(1, (16 << 20) / work.frame_bytes());
  auto writer = open_run(database, work);
  auto parts = Json::array();
  std::uint64_t most = 0;
  const Stopwatch watch;
  for (std::uint64_t done = 0; done < total;) {
    const auto end = total * (parts.size() + 1) / samples;
    work.frames = std::min(step, end - done);
    append_singly(writer, work, frames);
    done += work.frames;
    most = std::max(most, resident_anonymous());
    if (done != end) continue;
    parts.push_back(Json::object({{"bytes", done * work.frame_bytes()}, {"rss_anon", most}}));
    most = 0;
  }
  writer.sync();
  const auto seconds = watch.seconds();
  writer.close_run();
  return Json::object({{"parts", parts},
                       {"frames", total},
                       {"bytes", total * work.frame_bytes()},
                       {"seconds", seconds},
                       {"rss_anon_closed", resident_anonymous()},
                       {"disk_bytes", Catalog(database).run("-1").frame_stores().at(0).bytes}});
}

Json run(const Arguments& arguments) {
  const std::filesystem::path folder = arguments.text("dir", ".");
  if (arguments.verb() == "append") return append_warm(folder, Work(arguments));
  if (arguments.verb() == "random") return random_frames(images(folder), arguments.number("frames", 256));
  if (arguments.verb() == "stack") return whole_stack(images(folder), arguments.number("passes", 3));
  if (arguments.verb() == "memory")
    return memory(folder / "ours.db", Work(arguments), arguments.number("megabytes", 1000) * 1'000'000, arguments.number("samples", 10));
  throw std::invalid_argument("a verb is needed: append, random, stack or memory");
}

}  // namespace
}  // namespace resonance::bench

int main(int count, char** words) try {
  const resonance::bench::Arguments arguments(
      count, words, {"dir", "side", "dtype", "frames", "block", "codec", "level", "queue-megabytes", "passes", "megabytes", "samples"});
  std::puts(resonance::bench::run(arguments).dump().c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
