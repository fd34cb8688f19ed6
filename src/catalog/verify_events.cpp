/// Are events what was recorded.
#include <fmt/format.h>

#include <limits>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"

namespace resonance::catalog {

namespace {

constexpr std::int64_t kPageRows = 512;

std::string in_words(const EventSumRow& sum) {
  return sum.first == sum.last ? fmt::format("event {}", sum.first) : fmt::format("one or more of events {} to {}", sum.first, sum.last);
}

/// What is wrong with the events under one checksum; empty: nothing.
std::string compare(VerifyQueries& queries, const VerifyStreamRow& stream, const EventSumRow& sum, std::uint64_t& compared) {
  if (sum.first < 0 || sum.last < sum.first || sum.last - sum.first >= static_cast<std::int64_t>(schema::kEventsPerChecksum))
    return fmt::format("the row of event_checksums for events {} to {} makes no sense; it was changed", sum.first, sum.last);
  std::uint32_t crc32c = 0;
  std::int64_t events = 0;
  queries.events(stream.uid, sum.first, sum.last, [&](const schema::EventContent& event) {
    crc32c = schema::event_checksum(event, crc32c);
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
  auto first = std::numeric_limits<std::int64_t>::min();
  for (;;) {
    const auto sums = queries.event_sums(stream.uid, first, kPageRows);
    for (const auto& sum : sums) {
      const auto wrong = compare(queries, stream, sum, context.report.events_compared);
      // What was taken out meanwhile, rows and checksums together, is no fault.
      if (!wrong.empty() && queries.has_event_sum(stream.uid, sum))
        context.tell({.kind = "event_checksum",
                      .run_uid = facts.run.uid,
                      .seq_num = sum.first < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(sum.first)),
                      .file = context.database,
                      .message = wrong});
    }
    if (sums.size() < static_cast<std::size_t>(kPageRows)) return;
    first = sums.back().first;
  }
}

}  // namespace

void check_events(VerifyContext& context, VerifyQueries& queries, const RunFacts& facts) {
  for (const auto& stream : facts.streams) check_stream(context, queries, facts, stream);
}

}  // namespace resonance::catalog
