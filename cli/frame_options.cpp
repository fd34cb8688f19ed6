#include "frame_options.hpp"

#include <fmt/format.h>

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

namespace {

/// What the library would refuse at the first frame, when the run is there already.
void check(const FrameWords& words, Codec codec) {
  const bool zstd = codec == Codec::zstd;
  const int lowest = zstd ? -131072 : 0, highest = zstd ? 22 : 9;
  if (codec != Codec::none && words.level != -1 && (words.level < lowest || words.level > highest))  // -1: the default
    throw Error(ErrorCode::invalid_argument, fmt::format("--level {}: {} takes {} to {}", words.level, words.codec, lowest, highest));
  constexpr std::uint64_t kMost = std::uint64_t{64} << 10;
  if (words.shard_mib < 1 || words.shard_mib > kMost)
    throw Error(ErrorCode::invalid_argument, fmt::format("--shard-mib {}: write 1 to {}", words.shard_mib, kMost));
}

}  // namespace

FrameOptions frame_options(const FrameWords& words) {
  FrameOptions out;
  out.codec = parse_codec(words.codec);
  check(words, out.codec);
  out.level = words.level;
  out.blosc.shuffle = words.shuffle == "bits" ? Shuffle::bits : words.shuffle == "bytes" ? Shuffle::bytes : Shuffle::none;
  out.shard_bytes = words.shard_mib << 20;
  return out;
}

}  // namespace resonance::cli
