#include "crash/model/options.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace resonance::crash {

namespace {

[[noreturn]] void help(const char* program, const char* about, int status) {
  fmt::print(status == 0 ? stdout : stderr,
             "{}\n\n  {} [--seconds N] [--images N] [--seed N] [--scenario NAME] [--replay FILE:POSITION:SURVIVAL:SEED]\n", about, program);
  std::exit(status);
}

}  // namespace

Options parse_options(int count, char** arguments, const char* about, const Options& defaults) {
  Options out = defaults;
  bool limited = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help") help(arguments[0], about, 0);
    if (i + 1 == count) help(arguments[0], about, 2);
    const std::string value = arguments[++i];
    try {
      // A limit that is given takes the place of those that are not; of two, the one that is met first counts.
      if ((name == "--images" || name == "--seconds") && !std::exchange(limited, true)) out.images = 0, out.seconds = 0;
      if (name == "--images")
        out.images = std::stoull(value);
      else if (name == "--seconds")
        out.seconds = std::stoull(value);
      else if (name == "--seed")
        out.seed = std::stoull(value);
      else if (name == "--scenario")
        out.scenario = value;
      else if (name == "--replay")
        out.replay = value;
      else
        help(arguments[0], about, 2);
    } catch (const std::logic_error&) {
      help(arguments[0], about, 2);
    }
  }
  if (out.seed == 0) out.seed = std::random_device{}();
  return out;
}

}  // namespace resonance::crash
