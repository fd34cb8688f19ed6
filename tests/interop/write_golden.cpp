/// Writes a tiny beamtime whose frame store has the same bytes on every day: a run per codec, uids and clock are fixed.
///   write_golden X.db
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "pixels.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::interop {
namespace {

struct Field {
  const char* name;
  std::uint64_t number;  ///< in the formula of the pixels
  std::uint64_t frames, height, width;
  DType dtype;
};
constexpr Field kFields[] = {{"image", 0, 40, 4, 6, DType::uint16}, {"wave", 1, 5, 3, 7, DType::float32}};

void write_frames(RunWriter& writer, const Field& field) {
  for (std::uint64_t frame = 0; frame < field.frames; ++frame) {
    const auto bytes = pixels(field.dtype, field.number, frame, 1, field.height, field.width);
    NewEvent event;
    event.frames.push_back({field.name, {bytes, field.height, field.width, field.dtype}});
    writer.write_event("primary", event);
  }
}

void write_run(const char* database, Codec codec, const std::string& uid) {
  RunWriterOptions options;
  options.clock = [] { return 1.8e9; };
  options.frames.codec = codec;
  RunWriter writer(database, options);
  RunOptions run;
  run.uid = uid;
  writer.open_run("golden", run);
  Json keys = Json::object();
  for (const auto& field : kFields) keys.set(field.name, image_key("formula", field.height, field.width, field.dtype));
  writer.open_stream("primary", keys);
  for (const auto& field : kFields) write_frames(writer, field);
  writer.close_run();
}

}  // namespace
}  // namespace resonance::interop

int main(int argc, char** argv) try {
  if (argc != 2) throw std::invalid_argument("usage: write_golden X.db");
  char last_digit = '1';
  for (const auto codec : resonance::interop::kCodecs)
    resonance::interop::write_run(argv[1], codec, std::string("01a318ff9c0070008000000000000000").replace(31, 1, 1, last_digit++));
} catch (const std::exception& error) {
  std::fprintf(stderr, "write_golden: %s\n", error.what());
  return 1;
}
