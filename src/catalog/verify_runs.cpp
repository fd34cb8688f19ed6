/// What the tables say about a run, compared with each other.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"
#include "resonance/json.hpp"

namespace resonance::catalog {

namespace {

constexpr int kMostGaps = 10;  // told of one stream

/// "3" or "3 to 5"
std::string missing_numbers(std::int64_t before, std::int64_t behind) {
  return behind - before == 2 ? fmt::format("{}", before + 1) : fmt::format("{} to {}", before + 1, behind - 1);
}

void compare_count(VerifyContext& context, const RunFacts& facts, std::string_view what, std::optional<std::int64_t> said,
                   std::int64_t found, std::string_view rows) {
  if (!said || *said == found) return;
  Fault fault{.kind = "count",
              .run_uid = facts.run.uid,
              .file = context.database,
              .message = fmt::format("{} is {}, but there are {} {}; rows are missing, or the number was changed by hand", what, *said,
                                     found, rows)};
  // Other programs count as they like.
  fault.severity = facts.run.ours ? Severity::fault : Severity::note;
  context.tell(fault);
}

void check_store_row(VerifyContext& context, const RunFacts& facts, const StoreRow& store) {
  std::int64_t refs = 0;
  for (const auto& array : facts.refs_of(store.group)) refs += array.count;
  Fault fault{.kind = "frame_store", .run_uid = facts.run.uid, .field = store.field, .file = context.store / store.group};
  if (store.lost > 0)
    context.note({.kind = "lost_frame",
                  .run_uid = facts.run.uid,
                  .field = store.field,
                  .file = context.store / store.group,
                  .message = fmt::format("{} frames of {} were lost before and taken out; table lost_frames says which and why", store.lost,
                                         printable(store.group, 300))});
  if (refs == 0 && store.lost == 0 && !facts.more_arrays) {
    fault.message =
        fmt::format("frame_stores names {}, but no event refers to a frame in it; its events were deleted", printable(store.group, 300));
    context.tell(fault);
  } else if (facts.run.closed && store.num_frames && *store.num_frames != refs + store.lost_inside) {
    fault.kind = "count";
    fault.message = fmt::format(
        "frame_stores.num_frames of {} is {}, but there are {} references to its frames; rows are missing, or the "
        "number was changed by hand",
        printable(store.group, 300), *store.num_frames, refs);
    context.tell(fault);
  }
}

}  // namespace

void check_writer(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  const auto& run = facts.run;
  if (run.closed || run.lock_byte.value_or(0) <= 0) return;
  if (beamtime::is_recorded(context.place, *run.lock_byte)) return;
  if (queries.is_closed(run.uid).value_or(true)) return;  // since we looked
  context.note({.kind = "dead_run",
                .run_uid = run.uid,
                .file = context.database,
                .message =
                    "nobody records it any more: its writer ended without closing it; 'resonance recover' closes it, and so does the next "
                    "program that opens the beamtime for recording"});
}

void check_texts(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  for (const auto& row : queries.texts(facts.run.uid)) {
    try {
      (void)Json::parse(row.text);
    } catch (const Error& error) {
      context.tell({.kind = "json",
                    .run_uid = facts.run.uid,
                    .file = context.database,
                    .message = fmt::format("{} cannot be read: {}; it was changed", printable(row.column), error.what())});
    }
  }
}

void check_counts(VerifyContext& context, const RunFacts& facts) {
  if (!facts.run.closed) return;
  compare_count(context, facts, "runs.num_events", facts.run.num_events, facts.events(), "events");
  if (!facts.more_arrays)
    compare_count(context, facts, "run_details.num_frames", facts.run.num_frames, facts.frames(), "references to frames");
}

void check_seq_nums(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  if (!facts.run.ours) return;  // others may begin where they like and leave numbers out
  for (const auto& stream : facts.streams) {
    if (const auto lost = queries.lost_events(stream.uid); lost > 0)
      context.note({.kind = "lost_event",
                    .run_uid = facts.run.uid,
                    .file = context.database,
                    .message = fmt::format("{} events of stream '{}' were lost before a repair; table lost_events says which", lost,
                                           printable(stream.name))});
    if (stream.events == 0 || (stream.first == 1 && stream.last == stream.events)) continue;
    const auto gaps = queries.gaps(stream.uid, kMostGaps + 1);
    for (std::size_t i = 0; i < std::min<std::size_t>(gaps.size(), kMostGaps); ++i) {
      const auto [before, behind] = gaps[i];
      const bool gap = behind - 1 > before;
      context.tell({.kind = "seq_num",
                    .run_uid = facts.run.uid,
                    .seq_num = behind < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(behind)),
                    .file = context.database,
                    .message = fmt::format("stream '{}' {} {}{}; events were deleted or changed by hand", printable(stream.name),
                                           gap ? "has no event" : "has an event with the number",
                                           gap ? missing_numbers(before, behind) : fmt::format("{}", behind),
                                           i + 1 == kMostGaps && gaps.size() > kMostGaps ? ", and more like this" : "")});
    }
  }
}

void check_frame_stores(VerifyContext& context, const RunFacts& facts) {
  if (!facts.run.ours) return;
  for (const auto& store : facts.stores) check_store_row(context, facts, store);
  for (const auto& array : facts.arrays) {
    if (const auto* store = facts.store_of(array.group); store != nullptr && store->field != array.field)
      context.tell(
          {.kind = "frame_store",
           .run_uid = facts.run.uid,
           .field = array.field,
           .file = context.store / array.group,
           .message = fmt::format("{} references to frames in {} are of the field '{}', frame_stores says '{}'; one of the two was "
                                  "changed, and the frames are missing from their field",
                                  array.count, printable(array.group, 300), printable(array.field), printable(store->field))});
    if (facts.store_of(array.group) != nullptr || &array != &facts.refs_of(array.group).front()) continue;
    context.tell({.kind = "frame_store",
                  .run_uid = facts.run.uid,
                  .field = array.field,
                  .file = context.store / array.group,
                  .message = fmt::format("events refer to {} frames in {}, which frame_stores does not name; its row was deleted",
                                         array.count, printable(array.group, 300))});
  }
}

}  // namespace resonance::catalog
