/// Events that a caller writes again, because it cannot know whether the first time was one.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/names.hpp"
#include "frames/layout.hpp"
#include "frames/pixel_check.hpp"
#include "record/run_writer_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

/// Those of `events` that are to be written. \throws Error(already_exists) one is there with other content
std::vector<const NewEvent*> RunWriter::Impl::not_there_yet(const Stream& stream, std::span<const NewEvent> events) {
  std::vector<const NewEvent*> out;
  std::set<std::string_view> given;
  for (const auto& event : events) {
    if (event.uid) {
      require_uid(*event.uid, "event uid");
      if (!given.insert(*event.uid).second)
        throw Error(ErrorCode::invalid_argument, fmt::format("two events of one call have the uid {}", *event.uid));
      if (is_there(stream, event)) continue;
    }
    out.push_back(&event);
  }
  return out;
}

bool RunWriter::Impl::is_there(const Stream& stream, const NewEvent& event) {
  bool on_its_way = false;
  {
    const std::lock_guard lock(mutex_);
    on_its_way = given_uids_.contains(*event.uid);
  }
  if (on_its_way) commit_queue();
  if (!known_events_) known_events_ = std::make_unique<record::KnownEvents>(database_);
  const auto known = known_events_->find(*event.uid);
  if (!known) return false;
  const auto frames = frames_of(event);
  const auto same_frame = [&](const Incoming& frame, const record::KnownFrame& other) {
    const auto& [height, width, dtype] = frame.geometry;
    return frame.field == other.field && height == other.height && width == other.width && to_string(dtype) == other.dtype &&
           (!other.crc32c || checksum_of(frame) == *other.crc32c);
  };
  // More frames may have been added since by write_frame().
  const bool same = known->stream_uid == stream.uid && known->data == event.data.dump() && known->timestamps == event.timestamps.dump() &&
                    (!event.time || *event.time == known->time) && known->frames.size() >= frames.size() &&
                    std::equal(frames.begin(), frames.end(), known->frames.begin(), same_frame);
  if (!same)
    throw Error(ErrorCode::already_exists, fmt::format("{} has an event {} already, with other content; give a new event a uid of its own",
                                                       database_.string(), *event.uid));
  return true;
}

std::uint32_t RunWriter::Impl::checksum_of(const Incoming& frame) const {
  const auto item = item_size(frame.geometry.dtype);
  if (!frame.encoded) return frames::pixel_checksum(frame.source.bytes, item);
  std::vector<std::byte> pixels(frame.geometry.frame_bytes());
  frames::make_layout(frame.geometry, options_.frames).metadata.codecs.decode(frame.source.bytes, pixels);
  return frames::pixel_checksum(pixels, item);
}

}  // namespace resonance
