#include "crash/common/reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "resonance/catalog.hpp"
#include "resonance/error.hpp"
#include "resonance/verify.hpp"

namespace resonance::crash {

namespace {

template <class Work>
void attempt(std::map<std::string, std::string>& refused, const std::string& what, Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    refused[what] = error.what();
  }
}

std::string describe(const Run& run) {
  const auto summary = run.summary();
  std::string out =
      fmt::format("{} {} {} {} {} {} {} {} {} {}\n", run.uid(), summary.scan_id.value_or(-1), summary.plan_name,
                  summary.sample.value_or("-"), summary.time_start, summary.time_stop.value_or(-1), summary.exit_status.value_or("-"),
                  summary.num_events, summary.num_frames, summary.operator_name.value_or("-"));
  for (const auto& tag : summary.tags) out += tag + " ";
  out += run.metadata().dump() + "\n" + run.reason().value_or("-") + "\n";
  if (const auto sample = run.sample())
    out += fmt::format("{} {} {} {} {}\n", sample->name, sample->formula.value_or("-"), sample->serial.value_or("-"),
                       sample->beamline_pos.value_or("-"), sample->extra.dump());
  for (const auto& stream : run.streams())
    out += fmt::format("{} {} {} {} {}\n", stream.uid, stream.name, stream.data_keys.dump(), stream.time_created, stream.num_events);
  return out;
}

std::vector<std::string> events_of(const Run& run, const std::string& stream) {
  std::vector<std::string> out;
  run.for_each_event(stream, [&](const Event& event) {
    out.push_back(fmt::format("{} {} {} {} {}", event.uid, event.seq_num, event.time, event.data.dump(), event.timestamps.dump()));
    return true;
  });
  return out;
}

std::vector<FrameReading> frames_of(const Run& run, const std::string& field, std::map<std::string, std::string>& refused) {
  std::vector<FrameReading> out;
  const auto images = run.images(field);
  for (std::uint64_t i = 0; i < images.size(); ++i) {
    out.push_back({images.seq_num(i), {}});
    attempt(refused, fmt::format("frame {} of {}", i, field), [&] { out.back().pixels = images[i].bytes; });
  }
  return out;
}

RunReading read_run(const Run& run) {
  RunReading out;
  std::vector<StreamInfo> streams;
  std::vector<std::string> fields;
  attempt(out.refused, "", [&] {
    out.description = describe(run);
    streams = run.streams();
    fields = run.fields();
  });
  for (const auto& stream : streams)
    attempt(out.refused, "events " + stream.name, [&] { out.events[stream.name] = events_of(run, stream.name); });
  for (const auto& field : fields) attempt(out.refused, "frames " + field, [&] { out.frames[field] = frames_of(run, field, out.refused); });
  return out;
}

/// Members of `sound` that `damaged` has not, and the other way round.
template <class T>
std::uint64_t differences(const std::vector<T>& sound, const std::vector<T>& damaged, Effect& effect) {
  std::uint64_t out = 0;
  const auto common = std::min(sound.size(), damaged.size());
  for (std::size_t i = 0; i < common; ++i) out += sound[i] == damaged[i] ? 0 : 1;
  effect.only_shorter &= out == 0 && damaged.size() <= sound.size();
  return out + std::max(sound.size(), damaged.size()) - common;
}

template <class T>
const T& found_or_empty(const std::map<std::string, T>& all, const std::string& name) {
  static const T kNone{};
  const auto found = all.find(name);
  return found == all.end() ? kNone : found->second;
}

void compare_frames(const RunReading& sound, const RunReading& damaged, const std::string& field, Effect& effect) {
  if (damaged.refused.contains("frames " + field)) return;
  const auto& expected = found_or_empty(sound.frames, field);
  auto found = found_or_empty(damaged.frames, field);
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i)
    if (!found[i].pixels && expected[i].seq_num == found[i].seq_num) found[i] = expected[i];  // an Error said so
  effect.frames_changed += differences(expected, found, effect);
}

void compare_run(const RunReading& sound, const RunReading& damaged, Effect& effect) {
  effect.refused |= !damaged.refused.empty();
  effect.only_shorter &= damaged.refused.empty();
  if (damaged.refused.contains("")) return;  // its streams and fields are not known then
  effect.description_changed |= sound.description != damaged.description;
  auto streams = sound.events;
  streams.insert(damaged.events.begin(), damaged.events.end());
  for (const auto& [stream, rows] : streams)
    if (!damaged.refused.contains("events " + stream))
      effect.events_changed += differences(found_or_empty(sound.events, stream), found_or_empty(damaged.events, stream), effect);
  auto fields = sound.frames;
  fields.insert(damaged.frames.begin(), damaged.frames.end());
  for (const auto& [field, frames] : fields) compare_frames(sound, damaged, field, effect);
}

}  // namespace

BeamtimeReading read_everything(const std::filesystem::path& database) {
  BeamtimeReading out;
  try {
    const Catalog catalog(database, {.threads = 1});
    for (const auto& summary : catalog.recent(100)) {
      try {
        out.runs[summary.uid] = read_run(catalog.run(summary.uid));
      } catch (const Error& error) {
        out.runs[summary.uid].refused[""] = error.what();
      }
    }
  } catch (const Error& error) {
    out.refused = error.what();
  }
  return out;
}

Findings findings_of_verify(const std::filesystem::path& database, bool full) {
  Findings out;
  VerifyOptions options;
  options.frames = true;
  options.full = full;
  options.threads = 1;
  try {
    verify_beamtime(database, options, [&](const Fault& fault) {
      if (fault.severity != Severity::fault) return;
      if (out.faults++ == 0) out.first = fmt::format("{}: {}", fault.kind, fault.message);
    });
  } catch (const Error& error) {
    out.faults = 1;
    out.first = error.what();
  }
  return out;
}

Effect compare(const BeamtimeReading& sound, const BeamtimeReading& damaged) {
  Effect out;
  out.refused = !damaged.refused.empty();
  out.only_shorter = !out.refused;
  if (out.refused) return out;
  auto runs = sound.runs;
  runs.insert(damaged.runs.begin(), damaged.runs.end());
  for (const auto& [uid, run] : runs) {
    const bool known = sound.runs.contains(uid) && damaged.runs.contains(uid);
    if (known)
      compare_run(sound.runs.at(uid), damaged.runs.at(uid), out);
    else if (!damaged.runs.contains(uid))
      compare_run(run, {}, out);
    else
      out.description_changed = true, out.only_shorter = false;  // a run that never was
  }
  return out;
}

}  // namespace resonance::crash
