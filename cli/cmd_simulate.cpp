/// `resonance simulate`: a believable beamtime without a beamline.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "app.hpp"
#include "frame_options.hpp"
#include "index_options.hpp"
#include "resonance/error.hpp"
#include "resonance/simulation.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::uint64_t runs = SimulationOptions{}.runs;
  std::uint64_t events = SimulationOptions{}.events;
  double rate_hz = SimulationOptions{}.rate_hz;
  std::string shape = "256,256";
  std::string dtype = "uint16";
  FrameWords frames;
  std::string durability = "commit";
  std::uint64_t seed = 0;
  bool live = false;
};

/// "500,400" (or 500x400) as height and width.
std::pair<std::uint64_t, std::uint64_t> parse_shape(std::string_view text) {
  std::uint64_t height = 0, width = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, height);
  if (first.ec == std::errc() && first.ptr != end && (*first.ptr == ',' || *first.ptr == 'x')) {
    const auto second = std::from_chars(first.ptr + 1, end, width);
    if (second.ec == std::errc() && second.ptr == end && height > 0 && width > 0) return {height, width};
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("--shape '{}': write height and width, as in 500,500", safe_text(text)));
}

SimulationOptions library_options(const Options& options) {
  if (!(options.rate_hz > 0) || !std::isfinite(options.rate_hz))
    throw Error(ErrorCode::invalid_argument, "--rate: write a number greater than 0");
  SimulationOptions result;
  result.runs = options.runs;
  result.events = options.events;
  result.rate_hz = options.rate_hz;
  std::tie(result.height, result.width) = parse_shape(options.shape);
  result.dtype = parse_dtype(options.dtype);
  result.frames = frame_options(options.frames);
  result.durability = parse_durability(options.durability);
  result.seed = options.seed;
  result.live = options.live;
  return result;
}

/// One line per acknowledged event, out of the process before the next event is written.
void tell_acknowledged(Session& session, const SimulatedEvent& event) {
  session.out.write(fmt::format(R"({{"run": "{}", "seq_num": {}, "acknowledged": true}})"
                                "\n",
                                event.run_uid, event.seq_num));
  session.out.flush();
}

int run(Session& session, const Options& options) {
  refuse_folder(options.database);
  SimulationOptions how = library_options(options);
  how.on_run_change = listener_for(session, options.database);
  ProgressBar bar("simulating", session.quiet);
  note_signals();
  how.progress = [&bar](std::uint64_t done, std::uint64_t total) {
    check_interrupt();
    bar.update(done, total);
  };
  const bool each = options.live && session.json;
  how.acknowledged = [&session, each](const SimulatedEvent& event) {
    if (each) tell_acknowledged(session, event);
    check_interrupt();
  };
  const SimulationReport report = simulate_beamtime(options.database, how);
  bar.clear();
  if (each) return 0;
  if (session.json) {
    session.print(wire::to_json(report));
  } else if (!session.quiet) {
    session.out.write(fmt::format("{}: {}, {}, {}\n", safe_text(options.database.string()), counted(report.run_uids.size(), "run"),
                                  counted(report.events, "event"), counted(report.frames, "frame")));
  }
  return 0;
}

}  // namespace

void add_simulate(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"simulate", "Record a realistic beamtime without a beamline",
                                           "  resonance simulate demo.db\n"
                                           "  resonance simulate demo.db --runs 2 --events 200 --shape 500,500 --seed 7\n"
                                           "  resonance simulate demo.db --live --rate 20 --json\n\n"
                                           "Odd runs are scattering scans with a frame per event, even runs absorption\nscans without. "
                                           "An event with a frame carries the frame's pixel sum as counts."},
                                          run);
  app.add_option("X.db", options.database, "The beamtime; made when missing")->required()->option_text(" ");
  whole_number(app.add_option("--runs", options.runs, "How many runs (4)")->option_text("N"));
  whole_number(app.add_option("--events", options.events, "Events in each run (60)")->option_text("N"));
  app.add_option("--rate", options.rate_hz, "Events per second, of real time with --live (10)")->option_text("HZ");
  app.add_option("--shape", options.shape, "Height and width of a frame (256,256)")->option_text("H,W");
  one_of(session, app.add_option("--dtype", options.dtype, "Element type of a frame (uint16)")->option_text("T"),
         {"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"});
  add_frame_options(session, app, options.frames);
  one_of(
      session,
      app.add_option("--durability", options.durability, "When an event is written: strict, commit, group (commit)")->option_text("LEVEL"),
      {"strict", "commit", "group"});
  whole_number(app.add_option("--seed", options.seed, "Equal seeds give equal values (0)")->option_text("N"));
  app.add_flag("--live", options.live, "Keep real time; with --json a line for each written event");
}

}  // namespace resonance::cli
