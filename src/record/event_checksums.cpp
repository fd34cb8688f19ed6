#include "record/event_checksums.hpp"

#include <algorithm>

#include "schema/event_checksum.hpp"

namespace resonance::record {

void EventChecksums::insert(Statements& statements, const Open& row) {
  if (row.last >= row.first) statements.insert_event_checksum({row.stream_uid, row.first, row.last, row.crc32c});
}

void EventChecksums::add(Statements& statements, std::span<const EventRow> events) {
  in_transaction_ = written_;
  for (const auto& event : events) {
    auto row = std::find_if(in_transaction_.begin(), in_transaction_.end(),
                            [&](const auto& other) { return other.stream_uid == event.stream_uid; });
    if (row == in_transaction_.end()) row = in_transaction_.insert(row, {event.stream_uid, event.seq_num, event.seq_num, 0});
    row->last = event.seq_num;
    row->crc32c = schema::event_checksum({event.uid, static_cast<std::int64_t>(event.seq_num), event.time, event.data, event.timestamps},
                                         row->crc32c);
    if (row->last - row->first + 1 < schema::kEventsPerChecksum) continue;
    insert(statements, *row);
    *row = {event.stream_uid, event.seq_num + 1, event.seq_num, 0};
  }
}

void EventChecksums::finish(Statements& statements) const {
  for (const auto& row : written_) insert(statements, row);
}

}  // namespace resonance::record
