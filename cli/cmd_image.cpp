/// `resonance image`: frames as a picture, a TIFF stack or a NumPy array.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "app.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"
#include "run_reference.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database, output;
  std::string run;
  std::optional<std::string> field, frames, percentiles;
  std::optional<std::int64_t> frame;
  bool logarithmic = false;
};

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

std::string choose_field(const Run& run, const std::optional<std::string>& wanted) {
  const std::vector<std::string> fields = run.fields();
  if (fields.empty()) throw Error(ErrorCode::not_found, fmt::format("run {} has no frames", run.uid()));
  const std::string name = wanted.value_or("detector_image");
  if (std::find(fields.begin(), fields.end(), name) != fields.end()) return name;
  if (!wanted && fields.size() == 1) return fields.front();
  std::string names = safe_text(fields.front());
  for (std::size_t i = 1; i < fields.size(); ++i) names += ", " + safe_text(fields[i]);
  if (!wanted) refuse(fmt::format("run {} has frames in several fields; choose with --field: {}", run.uid(), names));
  throw Error(ErrorCode::not_found, fmt::format("run {} has no frames in '{}'; there are: {}", run.uid(), safe_text(name), names));
}

struct FrameRange {
  std::uint64_t first = 0, count = 1;
};

/// A frame number, counted from the end when negative, as one from the beginning.
std::optional<std::uint64_t> resolved(std::int64_t number, std::uint64_t size) {
  if (number >= 0) return static_cast<std::uint64_t>(number);
  const std::uint64_t back = 0 - static_cast<std::uint64_t>(number);
  return back <= size ? std::optional(size - back) : std::nullopt;
}

std::optional<std::int64_t> parse_bound(std::string_view text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "10:20", ":5", "-3:" as frames, without the second one.
FrameRange parse_range(std::string_view text, std::uint64_t size) {
  const std::size_t colon = text.find(':');
  const auto bad = [&] { refuse(fmt::format("--frames '{}': write first and last plus one, as in 10:20, :5 or -3:", safe_text(text))); };
  if (colon == std::string_view::npos) bad();
  const auto from = parse_bound(text.substr(0, colon), 0);
  const auto to = parse_bound(text.substr(colon + 1), static_cast<std::int64_t>(size));
  if (!from || !to) bad();
  const auto first = resolved(*from, size), last = resolved(*to, size);
  if (!first || !last || *first >= *last || *last > size)
    throw Error(ErrorCode::not_found, fmt::format("--frames {}: the run has frames 0 to {}", safe_text(text), size - 1));
  return {*first, *last - *first};
}

FrameRange choose_frames(const Options& options, std::uint64_t size) {
  if (options.frames) return parse_range(*options.frames, size);
  const std::int64_t number = options.frame.value_or(0);
  const auto first = resolved(number, size);
  if (!first || *first >= size) throw Error(ErrorCode::not_found, fmt::format("no frame {}; the run has frames 0 to {}", number, size - 1));
  return {*first, 1};
}

ImageScaling choose_scaling(const Options& options) {
  ImageScaling scaling;
  scaling.logarithmic = options.logarithmic;
  if (!options.percentiles) return scaling;
  const std::vector<std::string> parts = CLI::detail::split(*options.percentiles, ',');
  const bool parsed = parts.size() == 2 && CLI::detail::lexical_cast(parts[0], scaling.low_percentile) &&
                      CLI::detail::lexical_cast(parts[1], scaling.high_percentile);
  if (!parsed || !(scaling.low_percentile >= 0 && scaling.low_percentile < scaling.high_percentile && scaling.high_percentile <= 100))
    refuse(fmt::format("--percentiles '{}': write two numbers from 0 to 100, the smaller first, as in 1,99.8",
                       safe_text(*options.percentiles)));
  return scaling;
}

void report(Session& session, const Options& options, const ImageSequence& images, const FrameRange& range) {
  const auto [size, height, width] = images.shape();
  if (session.json) {
    session.print(Json::object({{"file", wire::path_to_json(options.output)},
                                {"field", wire::text_to_json(images.field())},
                                {"first", range.first},
                                {"count", range.count},
                                {"shape", Json::array({height, width})},
                                {"dtype", to_string(images.dtype())}}));
    return;
  }
  const std::string which =
      range.count == 1 ? fmt::format("frame {}", range.first) : fmt::format("frames {} to {}", range.first, range.first + range.count - 1);
  session.say(fmt::format("wrote {}: {} of {} of {}, {}×{} {}", safe_text(options.output.string()), which, size, safe_text(images.field()),
                          height, width, to_string(images.dtype())));
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  const ImageScaling scaling = choose_scaling(options);
  keep_apart(options.output, options.database);
  const Catalog catalog(options.database);
  warn_of_missing(session, catalog);
  const Run found = find_run(catalog, options.run);
  const ImageSequence images = found.images(choose_field(found, options.field));
  const FrameRange range = choose_frames(options, images.size());
  note_signals();
  ProgressBar bar("writing frames", session.quiet);
  write_image_file(options.output, images, range.first, range.count, scaling, [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update(done, total);
  });
  bar.clear();
  report(session, options, images, range);
  return 0;
}

}  // namespace

void add_image(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"image", "Write frames as PNG, TIFF or NumPy file",
                                           "  resonance image znpc.db -1 --frame 10 -o frame.png --log\n"
                                           "  resonance image znpc.db -1 --frames 0:20 -o stack.tif\n"
                                           "  resonance image znpc.db -1 --frames -5: -o last.npy\n\n"
                                           "PNG is scaled grey of one frame; TIFF and NumPy keep the exact values."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->required()->option_text(" ");
  app.add_option("--field", options.field, "Frame field (detector_image, or the only one there is)")->option_text("F");
  auto* frame = app.add_option("--frame", options.frame, "Frame number from 0; -1 is the last (0)")->option_text("N");
  app.add_option("--frames", options.frames, "Frames A to B without B")->option_text("A:B")->excludes(frame);
  app.add_option("-o,--output", options.output, "File to write: .png, .tif or .npy (required)")->required()->option_text("FILE");
  app.add_flag("--log", options.logarithmic, "PNG: grey values by the logarithm");
  app.add_option("--percentiles", options.percentiles, "PNG: percentiles drawn black and white (0.5,99.5)")->option_text("LO,HI");
}

}  // namespace resonance::cli
