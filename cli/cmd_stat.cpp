/// `resonance stat`: how much a beamtime holds, and how fast it came.
#include <fmt/format.h>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/beamtime.hpp"
#include "run_reference.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
};

double number(std::uint64_t count) { return static_cast<double>(count); }

std::string rate(double value) { return value < 100 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value); }

std::string rates_in_words(const BeamtimeStatistics& s) {
  std::string text = fmt::format("{} events/s", rate(number(s.events) / s.recording_seconds));
  if (s.frames > 0)
    text += fmt::format(", {} frames/s, {}/s of frames", rate(number(s.frames) / s.recording_seconds),
                        human_bytes(static_cast<std::uint64_t>(number(s.frame_bytes) / s.recording_seconds)));
  return text;
}

std::string in_words(const BeamtimeStatistics& s) {
  std::string text = fmt::format("holds      {}, {}, {}, {}, {}\n", counted(s.runs, "run"), counted(s.samples, "sample"),
                                 counted(s.streams, "stream"), counted(s.events, "event"), counted(s.frames, "frame"));
  text += fmt::format("database   {}\n", human_bytes(s.database_bytes));
  if (s.frames > 0) {
    text += fmt::format("frames     {} on disk, {} in memory", human_bytes(s.store_bytes), human_bytes(s.frame_bytes));
    if (s.store_bytes > 0) text += fmt::format(", compressed {:.2f} : 1", number(s.frame_bytes) / number(s.store_bytes));
    text += "\n";
  }
  if (s.first_start) text += fmt::format("from       {}\n", local_second(*s.first_start));
  if (s.last_stop) text += fmt::format("to         {}\n", local_second(*s.last_stop));
  if (s.recording_seconds > 0) {
    text += fmt::format("recording  {}\n", human_duration(s.recording_seconds));
    text += fmt::format("rates      {}\n", rates_in_words(s));
  }
  return text;
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  use_clocks_of(options.database);
  warn_of_missing(session, Catalog(options.database));
  const BeamtimeStatistics statistics = beamtime_statistics(options.database);
  if (session.json) {
    session.print(wire::to_json(statistics));
  } else {
    session.out.write(in_words(statistics));
  }
  return 0;
}

}  // namespace

void add_stat(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"stat", "Count what a beamtime holds: runs, bytes, rates",
                                           "  resonance stat znpc.db\n"
                                           "  resonance stat znpc.db --json"},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
}

}  // namespace resonance::cli
