/// Writes one beamtime with a run for every dtype and codec, and in each run four fields: without a frame, with one, with
/// part of a shard, with several shards. Prints what it wrote as JSON, one run a line.
///   write_matrix X.db
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "pixels.hpp"
#include "resonance/error.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::interop {
namespace {

constexpr std::uint64_t kShardBytes = 1 << 20;

struct Field {
  const char* name;
  std::uint64_t number;  ///< in the formula of the pixels
  std::uint64_t frames, height, width;
};

/// Frames of more than twice what a shard may hold fill three, however many of them share a chunk.
Field several(DType dtype) { return {"several", 3, (9 * kShardBytes / 4) / (128 * 128 * item_size(dtype)), 128, 128}; }

/// Works until it is told how often it may still be read.
class Clock {
 public:
  double read() {
    if (reads_left_ == 0) throw std::runtime_error("this clock stopped");
    if (reads_left_ > 0) --reads_left_;
    return 1.8e9;
  }
  void stop_after(int reads) { reads_left_ = reads; }
  void go_on() { reads_left_ = -1; }

 private:
  int reads_left_ = -1;
};

class Matrix {
 public:
  Matrix(const char* database, Codec codec) : codec_(codec), writer_(database, options(codec)) {}

  void write_run(DType dtype) {
    const Field fields[] = {{"empty", 0, 0, 6, 10}, {"one", 1, 1, 6, 10}, {"part", 2, 20, 6, 10}, several(dtype)};
    const auto uid = writer_.open_run("matrix");
    Json keys = Json::object(), shapes = Json::object();
    for (const auto& field : fields) {
      keys.set(field.name, image_key("formula", field.height, field.width, dtype));
      shapes.set(field.name, Json::array({field.frames, field.height, field.width}));
    }
    writer_.open_stream("primary", keys);
    write_none(fields[0], dtype);
    write_each(fields[1], dtype);
    write_each(fields[2], dtype);
    write_block(fields[3], dtype);
    writer_.close_run();
    const auto line = Json::object({{"uid", uid}, {"dtype", to_string(dtype)}, {"codec", to_string(codec_)}, {"fields", shapes}});
    std::printf("%s\n", line.dump().c_str());
  }

 private:
  RunWriterOptions options(Codec codec) {
    RunWriterOptions out;
    out.frames.codec = codec;
    out.frames.shard_bytes = kShardBytes;
    out.clock = [this] { return clock_.read(); };
    return out;
  }

  /// An array without frames is what stays of a call that fails after it took its first frame.
  void write_none(const Field& field, DType dtype) {
    const auto bytes = pixels(dtype, field.number, 0, 1, field.height, field.width);
    std::vector<NewEvent> events(100);
    events[0].frames.push_back({field.name, {bytes, field.height, field.width, dtype}});
    clock_.stop_after(50);
    try {
      writer_.write_events("primary", events);
    } catch (const std::runtime_error&) {
      return clock_.go_on();
    }
    throw std::logic_error("a call went well whose clock stopped");
  }

  void write_each(const Field& field, DType dtype) {
    for (std::uint64_t frame = 0; frame < field.frames; ++frame) {
      const auto bytes = pixels(dtype, field.number, frame, 1, field.height, field.width);
      NewEvent event;
      event.frames.push_back({field.name, {bytes, field.height, field.width, dtype}});
      writer_.write_event("primary", event);
    }
  }

  void write_block(const Field& field, DType dtype) {
    const std::vector<std::string> events(field.frames, writer_.write_event("primary", Json::object()));
    const auto bytes = pixels(dtype, field.number, 0, field.frames, field.height, field.width);
    writer_.write_frames(events, field.name, {bytes, field.frames, field.height, field.width, dtype});
  }

  Codec codec_;
  Clock clock_;
  RunWriter writer_;
};

}  // namespace
}  // namespace resonance::interop

int main(int argc, char** argv) try {
  if (argc != 2) throw std::invalid_argument("usage: write_matrix X.db");
  for (const auto codec : resonance::interop::kCodecs) {
    resonance::interop::Matrix matrix(argv[1], codec);
    for (const auto dtype : resonance::interop::kDTypes) matrix.write_run(dtype);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "write_matrix: %s\n", error.what());
  return 1;
}
