/// `resonance show`: everything about one run.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "app.hpp"
#include "index_options.hpp"
#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "run_reference.hpp"
#include "run_text.hpp"
#include "terminal.hpp"
#include "text_layout.hpp"
#include "time_text.hpp"
#include "wire/json_forms.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::string run;
};

/// The page under construction, and what the terminal can do.
struct Page {
  Output& out;
  std::size_t width = line_width();
  bool colours = colours_wanted();

  void heading(std::string_view text) { out.write("\n" + painted(text, kBold, colours) + "\n"); }
  void line(std::string_view name, std::string_view value, const char* colour = "") {
    if (!value.empty()) out.write(fmt::format("  {:<9} {}\n", name, painted(safe_text(value), colour, colours)));
  }
};

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::string stop_in_words(const RunSummary& run) {
  if (!run.time_stop) return "";
  return fmt::format("{}  ({})", local_second(*run.time_stop), human_duration(*run.time_stop - run.time_start));
}

void print_sample(Page& page, const SampleMetadata& sample) {
  page.line("sample", sample.formula ? fmt::format("{} ({})", sample.name, *sample.formula) : sample.name);
  page.line("  serial", sample.serial.value_or(""));
  page.line("  at", sample.beamline_pos.value_or(""));
  page.line("  tags", joined(sample.tags));
  if (sample.extra.is_object() && sample.extra.size() > 0) page.out.write(outline(sample.extra, 12, page.width));
}

void print_header(Page& page, const Run& run, const RunSummary& summary) {
  const std::string scan = summary.scan_id ? fmt::format("scan {}: ", *summary.scan_id) : "";
  page.out.write(painted(scan + safe_text(summary.plan_name), kBold, page.colours) + "\n");
  page.line("uid", summary.uid);
  const Cell status = status_cell(as_shown(run, summary));
  page.line("status", status.text, status.colour);
  const bool dead = status.text == "dead" && !summary.exit_status;
  page.line("reason", dead ? "the program that recorded it is gone; 'resonance recover' closes it" : run.reason().value_or(""));
  page.line("started", local_second(summary.time_start));
  page.line("stopped", stop_in_words(summary));
  page.line("operator", summary.operator_name.value_or(""));
  page.line("tags", joined(summary.tags));
  if (const auto sample = run.sample()) print_sample(page, *sample);
  page.line("holds", fmt::format("{}, {}", counted(summary.num_events, "event"), counted(summary.num_frames, "frame")));
}

std::string member(const Json& key, std::string_view name) {
  const Json* value = key.find(name);
  return value == nullptr || value->is_null() ? "" : plain(*value);
}

/// "256×256" of [256, 256]; nothing for scalars.
std::string shape_in_words(const Json& key) {
  const Json* shape = key.find("shape");
  if (shape == nullptr || !shape->is_array()) return "";
  std::string text;
  for (const Json& extent : shape->as_array()) text += (text.empty() ? "" : "×") + (extent.is_null() ? "?" : plain(extent));
  return text;
}

/// The NumPy name where there is one ("uint16" for "<u2"), else the event-model's word.
std::string dtype_in_words(const Json& key) {
  const std::string numpy = member(key, "dtype_numpy");
  try {
    return numpy.empty() ? member(key, "dtype") : std::string(to_string(parse_dtype(numpy)));
  } catch (const Error&) {
    return numpy;  // structured types and other people's words stay as they are
  }
}

/// Six digits of a measured value, all of a count or a time.
std::string short_number(double value) { return std::abs(value) < 1e5 ? fmt::format("{:.6g}", value) : fmt::format("{:.10g}", value); }

/// "270 … 320", or "5" where all values are equal.
std::string values_in_words(const DataKeyRange& range) {
  const auto low = short_number(range.low), high = short_number(range.high);
  return low == high ? low : fmt::format("{} … {}", low, high);
}

void print_streams(Page& page, const Run& run) {
  std::map<std::pair<std::string, std::string>, std::string> values;  // by stream and data key
  for (const DataKeyRange& range : run.data_key_ranges()) values[{range.stream, range.data_key}] = values_in_words(range);
  for (const StreamInfo& stream : run.streams()) {
    page.heading(fmt::format("Stream {}, {}", safe_text(stream.name), counted(stream.num_events, "event")));
    TextTable table({{"data key", false, Cut::middle}, {"dtype"}, {"shape", true}, {"units"}, {"values"}, {"source", false, Cut::middle}},
                    "  ");
    const auto take = [&](const std::string& name) {
      auto found = values.extract({stream.name, name});
      return found ? found.mapped() : std::string();
    };
    if (stream.data_keys.is_object())
      for (const auto& [name, key] : stream.data_keys.as_object())
        table.add({name, dtype_in_words(key), shape_in_words(key), member(key, "units"), take(name), member(key, "source")});
    for (auto it = values.lower_bound({stream.name, ""}); it != values.end() && it->first.first == stream.name; ++it)
      table.add({it->first.second, "", "", "", it->second, ""});
    page.out.write(table.empty() ? "  no data keys declared\n" : table.render(page.width, page.colours));
  }
}

void print_frames(Page& page, const Run& run) {
  const std::vector<FrameStoreInfo> stores = run.frame_stores();
  if (stores.empty()) return;
  page.heading("Frames");
  TextTable table(
      {{"field", false, Cut::middle}, {"frames", true}, {"shape", true}, {"dtype"}, {"codec"}, {"on disk", true}, {"ratio", true}}, "  ");
  for (const FrameStoreInfo& store : stores) {
    const double memory = static_cast<double>(store.frames) * static_cast<double>(store.height) * static_cast<double>(store.width) *
                          static_cast<double>(item_size(store.dtype));
    table.add({store.field, fmt::to_string(store.frames), fmt::format("{}×{}", store.height, store.width),
               std::string(to_string(store.dtype)), store.codec, human_bytes(store.bytes),
               store.bytes > 0 ? fmt::format("{:.2f}", memory / static_cast<double>(store.bytes)) : ""});
  }
  page.out.write(table.render(page.width, page.colours));
}

/// "32" or "32 to 48"
std::string range_in_words(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::to_string(first) : fmt::format("{} to {}", first, last);
}

void print_lost_frames(Page& page, const Run& run) {
  constexpr std::size_t kMost = 20;
  const auto lost = run.lost_frames();
  if (lost.empty()) return;
  page.heading(fmt::format("Lost, {}", counted(lost.size(), "frame")));
  TextTable table({{"field", false, Cut::middle},
                   {"stream", false, Cut::middle},
                   {"events", true},
                   {"frames", true},
                   {"found"},
                   {"reason", false, Cut::end}},
                  "  ");
  std::size_t rows = 0, i = 0;
  for (; i < lost.size() && rows < kMost; ++rows) {
    const auto& first = lost[i];
    const LostFrame* last = &first;  // of those that follow on each other, for the same reason
    for (++i;
         i < lost.size() && lost[i].zarr_group == first.zarr_group && lost[i].frame == last->frame + 1 && lost[i].reason == first.reason;
         ++i)
      last = &lost[i];
    table.add({first.field, first.stream, range_in_words(first.seq_num, last->seq_num), range_in_words(first.frame, last->frame),
               local_second(first.time_found), first.reason});
  }
  page.out.write(table.render(page.width, page.colours));
  if (i < lost.size()) page.out.write(fmt::format("  and {} more; --json has all of them\n", lost.size() - i));
}

void print_notes(Page& page, const Run& run) {
  const auto notes = run.notes();
  if (!notes.empty()) page.heading(notes.size() == 1 ? "Note" : "Notes");
  for (const Note& note : notes) page.out.write(note_text(note, 2, page.colours));
}

int run(Session& session, const Options& options) {
  require_beamtime(options.database);
  use_clocks_of(options.database);
  const Catalog catalog(options.database);
  warn_of_missing(session, catalog);
  const Run found = find_run(catalog, options.run);
  if (session.json) {
    session.print(wire::run_to_json(found));
    return 0;
  }
  Page page{session.out};
  print_header(page, found, found.summary());
  print_notes(page, found);
  print_streams(page, found);
  print_frames(page, found);
  print_lost_frames(page, found);
  if (const Json metadata = found.metadata(); metadata.is_object() && metadata.size() > 0) {
    page.heading("Metadata");
    page.out.write(outline(metadata, 2, page.width));
  }
  return 0;
}

}  // namespace

void add_show(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"show", "Show everything about one run",
                                           "  resonance show znpc.db -1\n"
                                           "  resonance show znpc.db 80276\n"
                                           "  resonance show znpc.db 0195a3c7 --json"},
                                          run);
  app.add_option("X.db", options.database, "The beamtime")->required()->option_text(" ");
  app.add_option("RUN", options.run, "uid, a prefix of it, scan_id, or -1 for the newest")->required()->option_text(" ");
}

}  // namespace resonance::cli
