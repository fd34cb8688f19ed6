/// Events and frames on their way in: what is wrong with a call is found before its first byte is written.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/checked.hpp"
#include "base/text.hpp"
#include "base/uid.hpp"
#include "record/run_writer_impl.hpp"
#include "record/times.hpp"
#include "record/words.hpp"
#include "resonance/error.hpp"

namespace resonance {

using frames::Geometry;
using frames::Lifetime;

namespace {

void require_frame_size(const FrameBlock& block) {
  const std::uint64_t extents[] = {block.count, block.height, block.width, item_size(block.dtype)};
  const auto bytes = checked_product(extents);
  if (!bytes || *bytes != block.bytes.size() || block.count == 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} frames of {}x{} {} do not fit {} bytes of memory", block.count, block.height,
                                                         block.width, to_string(block.dtype), block.bytes.size()));
}

}  // namespace

void RunWriter::Impl::Queue::append(Queue&& rows) {
  events.insert(events.end(), std::make_move_iterator(rows.events.begin()), std::make_move_iterator(rows.events.end()));
  refs.insert(refs.end(), std::make_move_iterator(rows.refs.begin()), std::make_move_iterator(rows.refs.end()));
  values.insert(values.end(), rows.values.begin(), rows.values.end());
  if (frames.size() < rows.frames.size()) frames.resize(rows.frames.size());
  for (std::size_t i = 0; i < rows.frames.size(); ++i) frames[i] = std::max(frames[i], rows.frames[i]);
  bytes += rows.bytes;
  given_uids.insert(given_uids.end(), std::make_move_iterator(rows.given_uids.begin()), std::make_move_iterator(rows.given_uids.end()));
  rows.clear();
}

void RunWriter::Impl::Queue::clear() noexcept {
  events.clear();
  refs.clear();
  values.clear();
  frames.clear();
  given_uids.clear();
  bytes = 0;
}

std::vector<RunWriter::Impl::Incoming> RunWriter::Impl::frames_of(const NewEvent& event) {
  std::vector<Incoming> out;
  const auto add_block = [&](const std::string& field, const FrameBlock& block, const std::shared_ptr<const void>& keep) {
    require_frame_size(block);
    const auto bytes = block.bytes.size() / block.count;
    for (std::uint64_t i = 0; i < block.count; ++i)
      out.push_back({field, {block.height, block.width, block.dtype}, {block.bytes.subspan(i * bytes, bytes), Lifetime::now, keep}});
  };
  for (const auto& [field, frame, keep] : event.frames) add_block(field, {frame.bytes, 1, frame.height, frame.width, frame.dtype}, keep);
  for (const auto& [field, frames, keep] : event.bursts) add_block(field, frames, keep);
  for (const auto& [field, frame, keep] : event.encoded)
    out.push_back({field, {frame.height, frame.width, frame.dtype}, {frame.bytes, Lifetime::now, keep}, true});
  return out;
}

void RunWriter::Impl::add_frame(std::string_view event_uid, const Incoming& frame, std::size_t frames_in_call) {
  auto source = frame.source;
  // Behind the caller's back only at level group; otherwise several frames of a call share the threads.
  source.lifetime = options_.durability == Durability::group ? Lifetime::copy : frames_in_call > 1 ? Lifetime::borrow : Lifetime::now;
  building_.refs.push_back(run_->frames->append(event_uid, frame.field, frame.geometry, source, frame.encoded));
  record::RunFrames::include(building_.frames, building_.refs.back());
  building_.bytes += 256;
}

void RunWriter::Impl::add_event(Stream& stream, std::uint64_t seq_num, const NewEvent& event, std::size_t frames_in_call) {
  const auto time = event.time.value_or(now());
  record::EventRow row{event.uid ? *event.uid : new_uid(now()), stream.uid, seq_num, time, {}, {}};
  if (event.uid) building_.given_uids.push_back(*event.uid);
  row.data.reserve(512);  // a usual event fits; growing step by step costs more
  event.data.dump_to(row.data);
  event.timestamps.dump_to(row.timestamps);
  for (const auto& frame : frames_of(event)) add_frame(row.uid, frame, frames_in_call);
  for (const auto& [key, value] : event.data.as_object())
    if (const auto number = schema::value_in_range(value))
      building_.values.push_back({stream.number, static_cast<std::uint32_t>(stream.key_numbers.number_of(key)), *number});
  building_.bytes += row.data.size() + row.timestamps.size() + event.data.size() * sizeof(record::RangeValue) + 256;
  building_.events.push_back(std::move(row));
}

void RunWriter::Impl::build(const std::function<void()>& work) {
  building_.clear();
  const auto mark = run_->frames->mark();
  try {
    work();
  } catch (...) {
    building_.clear();
    run_->last_event.clear();
    try {
      run_->frames->take_back(mark);
    } catch (const std::exception& error) {
      fail(record::words("taking back frames of a call that failed: {}", error.what()));
    }
    throw;
  }
}

void RunWriter::Impl::queue_built(Stream* stream, std::uint64_t events) {
  try {
    const std::lock_guard lock(mutex_);
    given_uids_.insert(building_.given_uids.begin(), building_.given_uids.end());
    queue_.append(std::move(building_));
    if (stream != nullptr) stream->queued += events;
  } catch (const std::exception&) {  // half of it may be queued
    fail("out of memory");
    throw;
  }
}

std::vector<std::string> RunWriter::Impl::write_events_now(Stream& stream, std::span<const NewEvent> events, bool one_transaction) {
  std::size_t frames = 0;
  for (const auto& event : events) {
    stream.keys.require_event(event.data, event.timestamps);
    record::require_time(event.time, "an event's time");
    for (const auto& frame : frames_of(event)) {
      stream.keys.require_frame(frame.field, frame.geometry);
      ++frames;
    }
  }
  const auto fresh = not_there_yet(stream, events);
  if (one_transaction) commit_queue();
  std::vector<std::string> uids;
  build([&] {
    for (const auto* event : fresh) add_event(stream, stream.queued + 1 + building_.events.size(), *event, frames);
    auto row = building_.events.begin();
    for (const auto& event : events)
      uids.push_back(row != building_.events.end() && fresh[row - building_.events.begin()] == &event ? (row++)->uid : *event.uid);
    if (fresh.empty()) return;
    run_->last_event = building_.events.back().uid;  // in here: when there is no memory for it, the frames are taken back
    run_->last_event_stream = stream.uid;
  });
  if (fresh.empty()) return uids;  // all of them are there
  queue_built(&stream, fresh.size());
  finish_call(one_transaction);
  return uids;
}

std::vector<std::string> RunWriter::Impl::write_events(std::string_view stream, std::span<const NewEvent> events, bool one_transaction) {
  const std::lock_guard call(call_mutex_);
  return write_events_now(require_stream(stream), events, one_transaction);
}

std::optional<std::string> RunWriter::Impl::try_write_event(std::string_view stream_name, const NewEvent& event) {
  const std::lock_guard call(call_mutex_);
  auto& stream = require_stream(stream_name);
  std::size_t bytes = 0;
  for (const auto& frame : frames_of(event))
    bytes += run_->frames->bytes_on_the_way(frame.field, frame.geometry, frame.source.keep == nullptr);
  if (bytes > 0 && !memory_.has_room(bytes)) return std::nullopt;
  return std::move(write_events_now(stream, {&event, 1}, false).front());
}

std::string RunWriter::Impl::stream_of(std::string_view event_uid) {
  auto& run = *run_;
  if (event_uid == run.last_event) return run.last_event_stream;
  commit_queue();  // the event may still be queued
  const std::lock_guard commit(commit_mutex_);
  if (auto found = statements_.stream_of_event(event_uid, run.uid)) return *found;
  throw Error(ErrorCode::not_found, fmt::format("this run has no event '{}'", printable(event_uid)));
}

std::uint64_t RunWriter::Impl::add_frames(std::span<const std::string> event_uids, const std::vector<Incoming>& frames,
                                          bool one_transaction) {
  if (event_uids.size() != frames.size() && event_uids.size() != 1)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} events are named for {} frames", event_uids.size(), frames.size()));
  require_run();
  const Stream* stream = nullptr;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i < event_uids.size()) stream = &stream_by_uid(stream_of(event_uids[i]));
    stream->keys.require_frame(frames[i].field, frames[i].geometry);
  }
  if (one_transaction) commit_queue();
  std::uint64_t first = 0;
  build([&] {
    for (std::size_t i = 0; i < frames.size(); ++i) add_frame(event_uids[event_uids.size() == 1 ? 0 : i], frames[i], frames.size());
    first = building_.refs.front().number;
  });
  queue_built(nullptr, 0);
  finish_call(one_transaction);
  return first;
}

std::uint64_t RunWriter::Impl::write_frames(std::span<const std::string> event_uids, std::string_view field, const FrameBlock& block,
                                            bool one_transaction) {
  require_frame_size(block);
  const auto bytes = block.bytes.size() / block.count;
  std::vector<Incoming> frames;
  for (std::uint64_t i = 0; i < block.count; ++i)
    frames.push_back({field, {block.height, block.width, block.dtype}, {block.bytes.subspan(i * bytes, bytes), Lifetime::now, nullptr}});
  const std::lock_guard call(call_mutex_);
  return add_frames(event_uids, frames, one_transaction);
}

std::uint64_t RunWriter::Impl::write_encoded_frames(std::span<const std::string> event_uids, std::string_view field,
                                                    std::span<const EncodedFrame> encoded) {
  if (encoded.empty()) throw Error(ErrorCode::invalid_argument, "no frames are given");
  std::vector<Incoming> frames;
  for (const auto& frame : encoded)
    frames.push_back({field, {frame.height, frame.width, frame.dtype}, {frame.bytes, Lifetime::now, nullptr}, true});
  const std::lock_guard call(call_mutex_);
  return add_frames(event_uids, frames, true);
}

}  // namespace resonance
