#include "record/event_checksums.hpp"

#include <algorithm>
#include <vector>

#include "schema/event_checksum.hpp"

namespace resonance::record {

void insert_event_checksums(Statements& statements, std::span<const EventRow> events) {
  std::vector<EventChecksumRow> open;  // one for each stream
  for (const auto& event : events) {
    auto row = std::find_if(open.begin(), open.end(), [&](const auto& other) { return other.stream_uid == event.stream_uid; });
    if (row == open.end()) row = open.insert(open.end(), {event.stream_uid, event.seq_num, event.seq_num, 0});
    if (event.seq_num - row->first == schema::kEventsPerChecksum) {
      statements.insert_event_checksum(*row);
      *row = {event.stream_uid, event.seq_num, event.seq_num, 0};
    }
    row->last = event.seq_num;
    row->crc32c = schema::event_checksum({event.uid, static_cast<std::int64_t>(event.seq_num), event.time, event.data, event.timestamps},
                                         row->crc32c);
  }
  for (const auto& row : open) statements.insert_event_checksum(row);
}

}  // namespace resonance::record
