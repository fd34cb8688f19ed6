/// Records one run at a steady rate into small shards, so that many are sealed while others read. Every event has the sum of
/// its frame's pixels as `counts`. Frames come in bursts, and every seventh frame is all zero.
///   write_live X.db CODEC RATE FRAMES
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "pixels.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::interop {
namespace {

constexpr std::uint64_t kHeight = 64, kWidth = 64, kBurst = 5;

std::uint64_t sum(const std::vector<std::byte>& frame) {
  std::uint64_t out = 0;
  for (std::size_t at = 0; at < frame.size(); at += 2) {
    std::uint16_t pixel = 0;
    std::memcpy(&pixel, frame.data() + at, 2);
    out += pixel;
  }
  return out;
}

void record(const char* database, Codec codec, double rate, std::uint64_t frames) {
  RunWriterOptions options;
  options.frames.codec = codec;
  options.frames.shard_bytes = 1 << 20;
  options.sync_interval = std::chrono::milliseconds(100);  // full shards are sealed with each sync
  RunWriter writer(database, options);
  writer.open_run("live");
  const char* field = "detector_image";
  writer.open_stream("primary",
                     Json::object({{"counts", integer_key("formula")}, {field, image_key("formula", kHeight, kWidth, DType::uint16)}}));
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t frame = 0; frame < frames; ++frame) {
    const auto burst = static_cast<double>(frame / kBurst * kBurst);
    std::this_thread::sleep_until(start +
                                  std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(burst / rate)));
    const auto bytes = pixels(DType::uint16, 0, frame, 1, kHeight, kWidth);
    NewEvent event;
    event.data.set("counts", sum(bytes));
    event.frames.push_back({field, {bytes, kHeight, kWidth, DType::uint16}});
    writer.write_event("primary", event);
  }
  writer.close_run();
}

}  // namespace
}  // namespace resonance::interop

int main(int argc, char** argv) try {
  if (argc != 5) throw std::invalid_argument("usage: write_live X.db CODEC RATE FRAMES");
  resonance::interop::record(argv[1], resonance::parse_codec(argv[2]), std::stod(argv[3]), std::stoull(argv[4]));
} catch (const std::exception& error) {
  std::fprintf(stderr, "write_live: %s\n", error.what());
  return 1;
}
