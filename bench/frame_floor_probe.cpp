// One timed round of a floor that bench/compare_frames holds frame stores against; the answer is a line of JSON.
//   pixels --side N --dtype uint16|int32 --out FILE.npy       the frames that everybody stores
//   write  --dir D --side N --dtype T --frames N              pwrite into a preallocated file until it is on stable storage
//   encode|decode --side N --dtype T --frames N [--codec C] [--cores N]   the codec alone; default: all cores
//   copy   --side N --dtype T --frames N                      memcpy on all cores
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>

#include "arguments.hpp"
#include "floors.hpp"
#include "material.hpp"
#include "stopwatch.hpp"

namespace resonance::bench {
namespace {

constexpr std::uint64_t kDistinct = 8;
constexpr std::uint64_t kPlaces = 128;  // frames in the array that is decoded or copied into

unsigned all_cores() { return std::max(1u, std::thread::hardware_concurrency()); }

struct Work {
  explicit Work(const Arguments& arguments)
      : side(arguments.number("side", 1024)),
        frames(arguments.number("frames", 64)),
        cores(static_cast<unsigned>(arguments.number("cores", all_cores()))),
        dtype(parse_dtype(arguments.text("dtype", "uint16"))),
        codec(parse_codec(arguments.text("codec", "blosc"))),
        pixels(distinct_frames(kDistinct, side, dtype)) {}
  [[nodiscard]] zarr::CodecChain chain() const { return zarr::CodecChain::for_frames(codec, -1, dtype, {1, side, side}); }

  std::uint64_t side, frames;
  unsigned cores;
  DType dtype;
  Codec codec;
  Frames pixels;
};

/// Shape [8, side, side], as numpy.load() reads it.
void save_pixels(const std::filesystem::path& path, const Work& work) {
  std::ofstream file(path, std::ios::binary);
  auto header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}, {}), }}",
                            work.dtype == DType::int32 ? "<i4" : "<u2", kDistinct, work.side, work.side);
  header.resize(118 - 1, ' ');
  header += '\n';
  file.write("\x93NUMPY\x01\x00\x76\x00", 10);  // 0x76: 118 bytes follow, so that the pixels begin at 128
  file << header;
  for (const auto& frame : work.pixels) file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// Seconds of the second call: the first one finds the pages.
double second_time(const std::function<void(std::uint64_t)>& work, std::uint64_t frames) {
  work(std::min(frames, kPlaces));
  const Stopwatch watch;
  work(frames);
  return watch.seconds();
}

double encode(const Work& work) {
  const auto chain = work.chain();
  EncodeFloor floor(chain, work.cores);
  return second_time([&](std::uint64_t frames) { floor.run(work.pixels, frames); }, work.frames);
}

/// One core decodes into one frame's memory, as who reads single frames does; all cores into one array.
double into_array(const Work& work, const std::function<void(std::uint64_t, std::span<std::byte>)>& fill) {
  const auto frame_bytes = work.pixels[0].size();
  const auto places = work.cores == 1 ? 1 : std::min(kPlaces, work.frames);
  std::vector<std::byte> out(places * frame_bytes);
  Workers workers(work.cores);
  const auto one = [&](std::uint64_t i, unsigned) { fill(i % kDistinct, std::span(out).subspan(i % places * frame_bytes, frame_bytes)); };
  return second_time([&](std::uint64_t frames) { workers.run(frames, one); }, work.frames);
}

double decode(const Work& work) {
  const auto chain = work.chain();
  const auto encoded = encode_all(chain, work.pixels);
  return into_array(work, [&](std::uint64_t i, std::span<std::byte> out) { chain.decode(encoded[i], out); });
}

double copy(const Work& work) {
  const auto from = join(work.pixels, std::min(kPlaces, work.frames));
  std::atomic<std::uint64_t> next = 0;
  return into_array(work, [&](std::uint64_t, std::span<std::byte> out) {
    const auto place = next++ * out.size() % from.size();
    std::memcpy(out.data(), from.data() + place, out.size());
  });
}

double measure(const std::string& verb, const std::filesystem::path& folder, const Work& work) {
  if (verb == "write") return plain_pwrite(folder / "plain", work.pixels, work.frames, true);
  if (verb == "encode") return encode(work);
  if (verb == "decode") return decode(work);
  if (verb == "copy") return copy(work);
  throw std::invalid_argument("a verb is needed: pixels, write, encode, decode or copy");
}

Json run(const Arguments& arguments) {
  const Work work(arguments);
  if (arguments.verb() == "pixels") {
    save_pixels(arguments.text("out"), work);
    return Json::object({{"frames", kDistinct}});
  }
  const auto seconds = measure(arguments.verb(), arguments.text("dir", "."), work);
  return Json::object({{"frames", work.frames}, {"bytes", work.frames * work.pixels[0].size()}, {"seconds", seconds}});
}

}  // namespace
}  // namespace resonance::bench

int main(int count, char** words) try {
  const resonance::bench::Arguments arguments(count, words, {"dir", "side", "dtype", "frames", "codec", "cores", "out"});
  std::puts(resonance::bench::run(arguments).dump().c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
