#include "repair/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/names.hpp"
#include "base/text.hpp"
#include "base/uid.hpp"
#include "record/recover.hpp"
#include "resonance/error.hpp"
#include "resonance/version.hpp"
#include "schema/event_checksum.hpp"
#include "schema/key_ranges.hpp"

namespace resonance::repair {

namespace {

constexpr std::size_t kBatch = 50000;
constexpr int kChecksums = 1000;
constexpr const char* kRunLost = "its row in runs was lost with a damaged database";
constexpr const char* kEventsLost = "lost with a damaged database";

void tell(RepairContext& context, Outcome outcome, const char* kind, const std::string& run_uid, std::string message) {
  context.tell({.outcome = outcome, .kind = kind, .run_uid = run_uid, .file = context.database, .message = std::move(message)});
}

/// When a uid was issued, s; nothing when it does not say.
std::optional<double> time_in(std::string_view uid, double now) {
  constexpr std::size_t kTimeDigits = 12, kVersionAt = 12;
  if (!is_uid(uid) || uid[kVersionAt] != '7') return std::nullopt;
  std::uint64_t milliseconds = 0;
  std::from_chars(uid.data(), uid.data() + kTimeDigits, milliseconds, 16);
  const auto time = static_cast<double>(milliseconds) / 1000;
  return time < now ? std::optional(time) : std::nullopt;
}

std::string free_name(RecordStatements& statements, const std::string& run_uid, const std::string& uid) {
  constexpr std::size_t kDigits = 8;
  auto name = "recovered-" + printable(uid, kDigits).substr(0, kDigits);
  for (int n = 2; statements.stream_named(run_uid, name); ++n)
    name = fmt::format("recovered-{}.{}", printable(uid, kDigits).substr(0, kDigits), n);
  return name;
}

void mend_stream(RepairContext& context, RecordStatements& statements, const LostStream& stream) {
  auto run = stream.group.empty() ? std::nullopt : statements.run_of_group(stream.group);
  if (!run) run = statements.run_at(stream.first_time, stream.last_time);
  const auto run_uid = run ? *run : new_uid(stream.first_time);
  const auto name = free_name(statements, run_uid, stream.uid);
  statements.insert_stream(stream.uid, run_uid, name, stream.first_time);
  tell(context, Outcome::lost, "parent", run_uid,
       fmt::format("the stream of {} events ({}) is lost: they are in stream '{}' of run {} now{}", stream.events, printable(stream.uid),
                   name, printable(run_uid), run ? "" : ", which was made for them, because nothing says to which run they belonged"));
}

void mend_run(RepairContext& context, RecordStatements& statements, const std::string& uid) {
  const auto issued = time_in(uid, context.now);
  const auto times = statements.times_of_run(uid).value_or(std::pair(issued.value_or(0), issued.value_or(0)));
  const auto start = std::min(times.first, issued.value_or(times.first));
  statements.insert_run(uid, start, std::max(start, times.second));
  if (context.ours) statements.insert_details(uid, kRunLost, std::string("resonance ") + kVersion, record::lock_byte_of(uid));
  tell(context, Outcome::lost, "parent", uid,
       fmt::format("run {} is lost but for its streams and notes: it is called 'recovered', and its sample, operator and metadata are gone",
                   printable(uid)));
}

void mend_event(RepairContext& context, RecordStatements& statements, const LostEvent& event) {
  const auto run = statements.run_of_group(event.group);
  if (!run && context.unknown_run.empty()) context.unknown_run = new_uid(context.now);
  const auto run_uid = run.value_or(context.unknown_run);
  const auto stream = recovered_stream(context, statements, run_uid);
  const auto start = statements.start_of(run_uid).value_or(time_in(run_uid, context.now).value_or(0));
  statements.insert_event(event.uid, stream, time_in(event.uid, context.now).value_or(start));
}

std::string as_range(std::int64_t first, std::int64_t last) {
  return first == last ? fmt::format("event {}", first) : fmt::format("events {} to {}", first, last);
}

void record_gap(RepairContext& context, RecordStatements& statements, const std::string& run_uid, const StreamOfRun& stream,
                std::int64_t first, std::int64_t last) {
  statements.insert_lost_events(stream.uid, first, last, context.now, kEventsLost);
  context.tell(
      {.outcome = Outcome::lost,
       .kind = "event",
       .run_uid = run_uid,
       .first = static_cast<std::uint64_t>(first),
       .last = static_cast<std::uint64_t>(last),
       .count = static_cast<std::uint64_t>(last - first) + 1,
       .file = context.database,
       .message = fmt::format("{} of stream '{}' {} lost", as_range(first, last), printable(stream.name), first == last ? "is" : "are")});
}

/// Events at the end of a stream leave no gap; that there were some is known from the run's count, if it is to be trusted.
void record_lost_end(RepairContext& context, RecordStatements& statements, const RunEnds& run, const std::vector<StreamOfRun>& streams) {
  const auto missing = run.num_events.value_or(0) - (run.events - run.substitutes) - statements.lost_events_of(run.uid);
  if (missing <= 0 || run.open) return;
  if (std::count_if(streams.begin(), streams.end(), [](const auto& stream) { return stream.name != kRecovered; }) == 1 &&
      streams.front().name != kRecovered) {
    const auto last = statements.last_seq_num(streams.front().uid);
    return record_gap(context, statements, run.uid, streams.front(), last + 1, last + missing);
  }
  context.tell({.outcome = Outcome::lost,
                .kind = "event",
                .run_uid = run.uid,
                .count = static_cast<std::uint64_t>(missing),
                .file = context.database,
                .message = fmt::format("{} events at the end of its {} streams are lost", missing, streams.size())});
}

/// They follow from the events that are left.
void mend_ranges(RepairContext& context, RecordStatements& statements, const std::string& run_uid, const StreamOfRun& stream) {
  const auto said = statements.ranges_said(stream.uid);
  const auto now = statements.ranges_now(stream.uid);
  try {
    if (said && schema::same_ranges(schema::parse_ranges(*said), now)) return;
  } catch (const Error&) {  // it was damaged
  }
  statements.set_ranges(stream.uid, schema::dump_ranges(now));
  if (said)
    tell(context, Outcome::mended, "data_range", run_uid,
         fmt::format("between which values stream '{}' lies was found again from its events", printable(stream.name)));
}

void mend_run_end(RepairContext& context, RecordStatements& statements, const RunEnds& run, bool first_time) {
  const auto streams = statements.streams(run.uid);
  for (const auto& stream : streams)
    statements.each_gap(stream.uid, [&](auto first, auto last) { record_gap(context, statements, run.uid, stream, first, last); });
  if (first_time) record_lost_end(context, statements, run, streams);
  if (run.open) {
    statements.close_run(run.uid, "the recording process ended without closing the run");
    tell(context, Outcome::mended, "dead_run", run.uid, fmt::format("run {} had no end; it is closed as failed", printable(run.uid)));
  }
  if (run.num_events != run.events) {
    statements.set_num_events(run.uid, run.events);
    if (!run.open)
      tell(context, Outcome::mended, "count", run.uid, fmt::format("runs.num_events is {} now, as many as there are", run.events));
  }
  statements.set_num_frames(run.uid);
  for (const auto& stream : streams) mend_ranges(context, statements, run.uid, stream);
}

}  // namespace

std::string recovered_stream(RepairContext& context, RecordStatements& statements, const std::string& run_uid) {
  if (auto there = statements.stream_named(run_uid, kRecovered)) return *there;
  auto uid = new_uid(context.now);
  statements.insert_stream(uid, run_uid, kRecovered, context.now);
  tell(context, Outcome::note, "parent", run_uid,
       fmt::format("frames of run {1} have lost their events: they belong to substitutes in its stream '{0}' now, which have no data",
                   kRecovered, printable(run_uid)));
  return uid;
}

void mend_parents(RepairContext& context, RecordStatements& statements) {
  if (const auto rows = statements.mend_array_names(); rows > 0)
    context.tell(
        {.outcome = Outcome::mended,
         .kind = "reference",
         .count = rows,
         .file = context.database,
         .message = fmt::format("{} rows named an array or a run that is none; which one was meant follows from the others", rows)});
  if (const auto samples = statements.insert_missing_samples(); samples > 0)
    context.tell({.outcome = Outcome::lost,
                  .kind = "parent",
                  .count = samples,
                  .file = context.database,
                  .message = fmt::format("{} samples that runs name are lost; they are called 'recovered-<id>' now", samples)});
  for (auto streams = statements.lost_streams(kBatch); !streams.empty(); streams = statements.lost_streams(kBatch))
    for (const auto& stream : streams) mend_stream(context, statements, stream);
  for (auto events = statements.lost_events(kBatch); !events.empty(); events = statements.lost_events(kBatch))
    for (const auto& event : events) mend_event(context, statements, event);
  for (auto runs = statements.lost_runs(kBatch); !runs.empty(); runs = statements.lost_runs(kBatch))
    for (const auto& run : runs) mend_run(context, statements, run);
  for (const auto& run : statements.runs_without_details()) {
    statements.insert_details(run, "its row in run_details was lost with a damaged database", std::string("resonance ") + kVersion,
                              record::lock_byte_of(run));
    tell(context, Outcome::lost, "row", run,
         fmt::format("the row of run {} in run_details is lost, and its scan_id with it", printable(run)));
  }
}

void drop_orphans(RepairContext& context, RecordStatements& statements) {
  struct Edge {
    const char *table, *column, *parent, *parent_column;
  };
  constexpr Edge kEdges[] = {{"run_details", "run_uid", "runs", "uid"},
                             {"run_tags", "run_uid", "runs", "uid"},
                             {"frame_stores", "run_uid", "runs", "uid"},
                             {"frame_checksums", "ref_id", "image_refs", "id"},
                             {"durable_frames", "zarr_group", "frame_stores", "zarr_group"},
                             {"event_checksums", "stream_uid", "streams", "uid"},
                             {"run_notes", "run_uid", "runs", "uid"},
                             {"stream_ranges", "stream_uid", "streams", "uid"},
                             {"lost_events", "stream_uid", "streams", "uid"}};
  for (const auto& edge : kEdges) {
    const auto rows = statements.delete_orphans(edge.table, edge.column, edge.parent, edge.parent_column);
    if (rows == 0) continue;
    context.tell(
        {.outcome = Outcome::note,
         .kind = "row",
         .count = rows,
         .file = context.database,
         .message = fmt::format("{} rows of {} belong to rows of {} that are lost, and were left out", rows, edge.table, edge.parent)});
  }
}

void mend_checksums(RepairContext& context, RecordStatements& statements) {
  ChecksumRow last;
  for (auto rows = statements.checksums_behind(last, kChecksums); !rows.empty(); rows = statements.checksums_behind(last, kChecksums)) {
    for (const auto& row : rows) {
      const auto [sum, events] = statements.checksum_now(row);
      const bool sensible = row.last >= row.first && row.last - row.first < static_cast<std::int64_t>(schema::kEventsPerChecksum);
      if (sensible && std::cmp_equal(sum, row.crc32c)) continue;
      statements.delete_checksum(row);
      if (events != row.last - row.first + 1) continue;  // some are lost, which is told with their numbers
      context.tell({.outcome = Outcome::changed,
                    .kind = "event_checksum",
                    .first = static_cast<std::uint64_t>(row.first),
                    .last = static_cast<std::uint64_t>(row.last),
                    .count = static_cast<std::uint64_t>(events),
                    .file = context.database,
                    .message = fmt::format("of {} in stream {} at least one is not as it was recorded: their checksum is another; they are "
                                           "kept as they are",
                                           as_range(row.first, row.last), printable(row.stream_uid))});
    }
    last = rows.back();
  }
}

void mend_runs(RepairContext& context, RecordStatements& statements, bool first_time) {
  for (const auto& run : statements.runs())
    if (run.ours) mend_run_end(context, statements, run, first_time);
}

}  // namespace resonance::repair
