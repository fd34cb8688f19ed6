#include "frame_options.hpp"

#include <limits>

#include "resonance/error.hpp"

namespace resonance::cli {

void add_frame_options(Session& session, CLI::App& app, FrameWords& words) {
  one_of(session, app.add_option("--codec", words.codec, "How frames are stored: blosc, zstd, gzip, none (blosc)")->option_text("C"),
         {"blosc", "zstd", "gzip", "none"});
  app.add_option("--level", words.level, "Compression level: blosc and gzip 0 to 9, zstd to 22 (1)")->option_text("N");
  one_of(session, app.add_option("--shuffle", words.shuffle, "How blosc groups pixels: bits, bytes, none (bits)")->option_text("S"),
         {"bits", "bytes", "none"});
  whole_number(app.add_option("--shard-mib", words.shard_mib, "How much one file of frames may hold, in MiB (256)")->option_text("N"));
}

FrameOptions frame_options(const FrameWords& words) {
  FrameOptions out;
  out.codec = parse_codec(words.codec);
  out.level = words.level;
  out.blosc.shuffle = words.shuffle == "bits" ? Shuffle::bits : words.shuffle == "bytes" ? Shuffle::bytes : Shuffle::none;
  if (words.shard_mib > std::numeric_limits<std::uint64_t>::max() >> 20)
    throw Error(ErrorCode::invalid_argument, "--shard-mib: write a number of MiB, as in 256");
  out.shard_bytes = words.shard_mib << 20;
  return out;
}

}  // namespace resonance::cli
