#include "record/known_events.hpp"

namespace resonance::record {

KnownEvents::KnownEvents(const std::filesystem::path& database)
    : connection_(database, sqlite::Access::read),
      event_(connection_.prepare("SELECT stream_uid, data, timestamps, time FROM events WHERE uid = ?")),
      frames_(connection_.prepare(
          "SELECT i.field_name, i.dtype, i.shape_x, i.shape_y, c.crc32c FROM image_refs i LEFT JOIN frame_checksums c ON c.ref_id = "
          "i.id WHERE i.event_uid = ? ORDER BY i.id")) {}

std::optional<KnownEvent> KnownEvents::find(std::string_view uid) {
  const sqlite::Reset reset(event_), reset_frames(frames_);
  event_.bind(1, uid);
  if (!event_.step()) return std::nullopt;
  KnownEvent out{event_.string(0), event_.string(1), event_.string(2), event_.real(3), {}};
  frames_.bind(1, uid);
  while (frames_.step()) {
    const auto sum = frames_.optional_int64(4);
    out.frames.push_back({frames_.string(0), frames_.string(1), static_cast<std::uint64_t>(frames_.int64(2)),
                          static_cast<std::uint64_t>(frames_.int64(3)),
                          sum ? std::optional(static_cast<std::uint32_t>(*sum)) : std::nullopt});
  }
  return out;
}

}  // namespace resonance::record
