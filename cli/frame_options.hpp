/// How frames are stored, as the verbs that record are told it.
#pragma once

#include <cstdint>
#include <string>

#include "app.hpp"
#include "resonance/run_writer.hpp"

namespace resonance::cli {

struct FrameWords {
  std::string codec = "blosc";
  int level = -1;
  std::string shuffle = "bits";
  std::uint64_t shard_mib = FrameOptions{}.shard_bytes >> 20;
};

/// --codec, --level, --shuffle, --shard-mib
void add_frame_options(Session& session, CLI::App& app, FrameWords& words);

[[nodiscard]] FrameOptions frame_options(const FrameWords& words);

}  // namespace resonance::cli
