/// Are events what was recorded.
#include <fmt/format.h>

#include <limits>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"
#include "schema/key_ranges.hpp"

namespace resonance::catalog {

namespace {

constexpr std::int64_t kPageRows = 512;

std::string in_words(const EventSumRow& sum) {
  return sum.first == sum.last ? fmt::format("event {}", sum.first) : fmt::format("one or more of events {} to {}", sum.first, sum.last);
}

/// What the values of a stream's data keys are said to lie between, held against the events as they are read.
class StoredRanges {
 public:
  StoredRanges(VerifyQueries& queries, const RunFacts& facts, const VerifyStreamRow& stream) : queries_(queries), stream_(stream) {
    if (facts.run.closed) text_ = queries.ranges(stream.uid);
  }

  void add(const schema::EventContent& event) {
    ++events_;
    if (!text_) return;
    try {
      found_.add(Json::parse(event.data));
    } catch (const Error&) {  // no event of ours; its checksum says so
      text_.reset();
    }
  }

  /// What is wrong with them; empty: nothing, or there are none, or not all events have a checksum.
  std::string fault() {
    if (!text_ || events_ != stream_.events || queries_.ranges(stream_.uid) != text_) return {};
    try {
      if (schema::same_ranges(schema::parse_ranges(*text_), found_.ranges())) return {};
    } catch (const Error& error) {
      return fmt::format("the row of stream_ranges for stream '{}' cannot be read: {}; it was changed", printable(stream_.name),
                         error.what());
    }
    return fmt::format("the values of stream '{}' lie between {}, stream_ranges says {}; it was changed", printable(stream_.name),
                       printable(schema::dump_ranges(found_.ranges()), 300), printable(*text_, 300));
  }

 private:
  VerifyQueries& queries_;
  const VerifyStreamRow& stream_;
  std::optional<std::string> text_;
  schema::KeyRanges found_;
  std::int64_t events_ = 0;
};

/// What is wrong with the events under one checksum; empty: nothing.
std::string compare(VerifyQueries& queries, const VerifyStreamRow& stream, const EventSumRow& sum, StoredRanges& ranges,
                    std::uint64_t& compared) {
  if (sum.first < 0 || sum.last < sum.first || sum.last - sum.first >= static_cast<std::int64_t>(schema::kEventsPerChecksum))
    return fmt::format("the row of event_checksums for events {} to {} makes no sense; it was changed", sum.first, sum.last);
  std::uint32_t crc32c = 0;
  std::int64_t events = 0;
  queries.events(stream.uid, sum.first, sum.last, [&](const schema::EventContent& event) {
    crc32c = schema::event_checksum(event, crc32c);
    ranges.add(event);
    ++events;
  });
  compared += static_cast<std::uint64_t>(events);
  if (events == sum.last - sum.first + 1 && crc32c == sum.crc32c) return {};
  const bool missing = events < sum.last - sum.first + 1;
  return fmt::format("{} of stream '{}' {} {} as recorded: the checksum is {:08x}, not {:08x}{}", in_words(sum), printable(stream.name),
                     sum.first == sum.last ? "is" : "are", missing ? "missing or not" : "not", crc32c, sum.crc32c,
                     "; take the file from a backup, or look at the rows");
}

void check_stream(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts, const VerifyStreamRow& stream) {
  StoredRanges ranges(queries, facts, stream);
  bool sound = true;
  auto first = std::numeric_limits<std::int64_t>::min();
  for (;;) {
    const auto sums = queries.event_sums(stream.uid, first, kPageRows);
    for (const auto& sum : sums) {
      const auto wrong = compare(queries, stream, sum, ranges, context.report.events_compared);
      // What was taken out meanwhile, rows and checksums together, is no fault.
      if (wrong.empty() || !queries.has_event_sum(stream.uid, sum)) continue;
      sound = false;
      context.tell({.kind = "event_checksum",
                    .run_uid = facts.run.uid,
                    .seq_num = sum.first < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(sum.first)),
                    .file = context.database,
                    .message = wrong});
    }
    if (sums.size() < static_cast<std::size_t>(kPageRows)) break;
    first = sums.back().first;
  }
  if (const auto wrong = sound ? ranges.fault() : std::string(); !wrong.empty())
    context.tell({.kind = "data_range", .run_uid = facts.run.uid, .file = context.database, .message = wrong});
}

}  // namespace

void check_events(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  for (const auto& stream : facts.streams) check_stream(context, queries, facts, stream);
}

}  // namespace resonance::catalog
