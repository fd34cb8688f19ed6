#include "crash/model/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace resonance::crash {

RunWriterOptions quiet_options(Durability level, Codec codec) {
  RunWriterOptions out;
  out.durability = level;
  out.commit_interval = std::chrono::hours(1);
  out.sync_interval = std::chrono::hours(1);
  out.publish_interval = std::chrono::milliseconds(1);
  out.encode_threads = 1;
  out.frames.codec = codec;
  out.frames.shard_bytes = 1 << 20;
  return out;
}

Session::Session(std::filesystem::path database, RunWriterOptions options, const Timeline& log, Expected& expected, bool early)
    : database_(std::move(database)),
      level_(options.durability),
      log_(log),
      expected_(expected),
      early_(early),
      writer_(std::make_unique<RunWriter>(database_, std::move(options))) {}

template <class Call>
std::uint64_t Session::mark(Call&& call) {
  const auto before = log_.position();
  call();
  return early_ ? before : log_.position();
}

void Session::promise(Promise& promise, std::uint64_t at, bool committed, bool durable) const {
  if (committed) promise.process = std::min(promise.process, at);
  if (durable) promise.power = std::min(promise.power, at);
}

void Session::promise_all(std::uint64_t at, bool durable) {
  for (auto& stream : run().streams)
    for (auto& event : stream.events) {
      promise(event.promise, at, true, durable);
      for (auto& frame : event.frames) promise(frame.promise, at, true, durable);
    }
}

void Session::note_durable() {
  for (auto& stream : run().streams) {
    const auto durable = writer_->durable(stream.name);
    const auto at = log_.position();
    for (std::uint64_t i = 0; i < durable && i < stream.events.size(); ++i) {
      promise(stream.events[i].promise, at, true, true);
      for (auto& frame : stream.events[i].frames)
        if (frame.with_event) promise(frame.promise, at, true, true);
    }
  }
}

ExpectedStream& Session::stream(const std::string& name) {
  for (auto& stream : run().streams)
    if (stream.name == name) return stream;
  throw std::logic_error("no stream " + name);
}

ExpectedFrame Session::next_frame(const FieldFrames& frames, bool with_event) {
  std::uint64_t seed = 1;
  for (const auto& stream : run().streams)
    for (const auto& event : stream.events) seed += event.frames.size();
  return {frames.field, seed + 1000 * expected_.runs.size(), frames.height, frames.width, with_event};
}

ExpectedEvent& Session::expect_event(ExpectedStream& stream, const std::vector<FieldFrames>& frames) {
  const auto place = static_cast<std::uint64_t>(&stream - run().streams.data());
  ExpectedEvent event;
  event.uid = fmt::format("{:08x}{:08x}{:016x}", expected_.runs.size(), place + 1, stream.events.size() + 1);
  event.x = static_cast<double>(stream.events.size()) + 0.5;
  auto& out = stream.events.emplace_back(std::move(event));
  for (const auto& field : frames)
    for (std::uint64_t i = 0; i < field.count; ++i) out.frames.push_back(next_frame(field, true));
  return out;
}

void Session::open_run(const std::string& plan) {
  auto& run = expected_.runs.emplace_back();
  run.uid = fmt::format("{:032x}", 0xabc000 + expected_.runs.size());
  RunOptions options;
  options.uid = run.uid;
  options.time_start = 1.7e9 + static_cast<double>(expected_.runs.size());
  options.sample = SampleMetadata{};
  options.sample->name = fmt::format("sample {}", expected_.runs.size());
  const auto at = mark([&] { writer_->open_run(plan, std::move(options)); });
  promise(run.opened, at, true, true);
}

void Session::open_stream(const std::string& name, const std::vector<FieldFrames>& fields) {
  auto& stream = run().streams.emplace_back();
  stream.name = name;
  auto keys = Json::object({{"x", number_key("motor", "mm")}, {"text", string_key("log")}});
  for (const auto& field : fields) keys.set(field.field, image_key("camera", field.height, field.width, DType::uint16));
  const auto at = mark([&] { writer_->open_stream(name, keys); });
  promise(stream.promise, at, true, true);
}

namespace {

/// An event as the writer takes it, and the memory that it borrows.
struct Given {
  explicit Given(const ExpectedEvent& expected) {
    event.data = Json::object({{"x", expected.x}});
    event.time = 1.7e9 + expected.x;
    event.uid = expected.uid;
    for (const auto& frame : expected.frames) pixels.push_back(pixels_of(frame));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const auto& frame = expected.frames[i];
      event.frames.push_back({frame.field, {pixels[i], frame.height, frame.width, DType::uint16}});
    }
  }
  NewEvent event;
  std::vector<std::vector<std::byte>> pixels;
};

}  // namespace

void Session::event(const std::string& name, const std::vector<FieldFrames>& frames) {
  auto& expected = expect_event(stream(name), frames);
  const Given given(expected);
  const auto at = mark([&] { writer_->write_event(name, given.event); });
  promise(expected.promise, at, level_ != Durability::group, level_ == Durability::strict);
  for (auto& frame : expected.frames) frame.promise = expected.promise;
  note_durable();
}

void Session::large_event(const std::string& name, std::uint64_t bytes) {
  auto& expected = expect_event(stream(name), {});
  Given given(expected);
  given.event.data.set("text", std::string(bytes, 'x'));
  const auto at = mark([&] { writer_->write_event(name, given.event); });
  promise(expected.promise, at, level_ != Durability::group, level_ == Durability::strict);
  note_durable();
}

void Session::events(const std::string& name, std::uint64_t count, const std::vector<FieldFrames>& frames) {
  auto& into = stream(name);
  std::vector<Given> given;
  for (std::uint64_t i = 0; i < count; ++i) given.emplace_back(expect_event(into, frames));
  std::vector<NewEvent> block;
  for (const auto& one : given) block.push_back(one.event);
  const auto at = mark([&] { writer_->write_events(name, block); });
  // What was queued before is committed with a block, by its order.
  promise_all(at, level_ == Durability::strict);
  note_durable();
}

void Session::add_frames(const std::string& name, std::uint64_t last_events, const FieldFrames& frames) {
  auto& events = stream(name).events;
  std::vector<std::string> uids;
  std::vector<std::byte> block;
  for (auto event = events.end() - static_cast<std::ptrdiff_t>(last_events); event != events.end(); ++event) {
    event->frames.push_back(next_frame(frames, false));
    const auto& pixels = pixels_of(event->frames.back());
    block.insert(block.end(), pixels.begin(), pixels.end());
    uids.push_back(event->uid);
  }
  const auto at =
      mark([&] { writer_->write_frames(uids, frames.field, {block, uids.size(), frames.height, frames.width, DType::uint16}); });
  promise_all(at, level_ == Durability::strict);
  note_durable();
}

void Session::flush() {
  const auto at = mark([&] { writer_->flush(); });
  promise_all(at, false);
}

void Session::sync() {
  const auto at = mark([&] { writer_->sync(); });
  promise_all(at, true);
}

void Session::close_run() {
  const auto at = mark([&] { writer_->close_run(); });
  promise_all(at, true);
  promise(run().closed, at, true, true);
}

void Session::close() { writer_->close(); }

void Session::wait_until_durable(const std::string& name) {
  const auto wanted = stream(name).events.size();
  for (int i = 0; i < 5000 && writer_->durable(name) < wanted; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  note_durable();
}

}  // namespace resonance::crash
