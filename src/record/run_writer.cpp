#include "resonance/run_writer.hpp"

#include "record/run_writer_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

/// What a call is forwarded to. \throws Error(invalid_state) when there is nothing, because the writer was moved away
template <class Impl>
Impl& in_use(const std::unique_ptr<Impl>& impl) {
  if (!impl) throw Error(ErrorCode::invalid_state, "this writer was moved away; use the one it was moved to");
  impl->require_own_process();
  return *impl;
}

/// In a child after fork() the writer is the parent's: its threads are not there to be joined, others of its threads may hold its locks,
/// and to let go of its connection would touch the parent's database. So it stays as it is, until the child ends.
template <class Impl>
void leave_to_its_process(std::unique_ptr<Impl>& impl) noexcept {
  if (impl && !impl->of_this_process()) (void)impl.release();
}

}  // namespace

RunWriter::RunWriter(const std::filesystem::path& database, RunWriterOptions options)
    : impl_(std::make_unique<Impl>(database, std::move(options))) {}
RunWriter::~RunWriter() { leave_to_its_process(impl_); }
RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&& other) noexcept {
  leave_to_its_process(impl_);
  impl_ = std::move(other.impl_);
  return *this;
}

std::int64_t RunWriter::add_sample(const SampleMetadata& sample) { return in_use(impl_).add_sample(sample); }
std::string RunWriter::open_run(std::string_view plan_name, RunOptions options) {
  return in_use(impl_).open_run(plan_name, std::move(options));
}
std::string RunWriter::open_stream(std::string_view name, const Json& data_keys) { return in_use(impl_).open_stream(name, data_keys); }

std::string RunWriter::write_event(std::string_view stream, const NewEvent& event) {
  return std::move(in_use(impl_).write_events(stream, {&event, 1}, false).front());
}

std::string RunWriter::write_event(std::string_view stream, Json data, Json timestamps) {
  return write_event(stream, NewEvent{std::move(data), std::move(timestamps), {}, {}, {}, {}});
}

std::string RunWriter::write_event(std::string_view stream, std::initializer_list<Json::Member> data, Json timestamps) {
  return write_event(stream, Json::object(data), timestamps.is_null() ? Json::object() : std::move(timestamps));  // null: "{}"
}

std::optional<std::string> RunWriter::try_write_event(std::string_view stream, const NewEvent& event) {
  return in_use(impl_).try_write_event(stream, event);
}

std::vector<std::string> RunWriter::write_events(std::string_view stream, std::span<const NewEvent> events) {
  return in_use(impl_).write_events(stream, events, true);
}

std::uint64_t RunWriter::write_frame(std::string_view event_uid, std::string_view field, const FrameView& frame) {
  const std::string uid(event_uid);
  return in_use(impl_).write_frames({&uid, 1}, field, {frame.bytes, 1, frame.height, frame.width, frame.dtype}, false);
}

std::uint64_t RunWriter::write_frames(std::span<const std::string> event_uids, std::string_view field, const FrameBlock& block) {
  return in_use(impl_).write_frames(event_uids, field, block, true);
}

std::uint64_t RunWriter::write_encoded_frames(std::span<const std::string> event_uids, std::string_view field,
                                              std::span<const EncodedFrame> frames) {
  return in_use(impl_).write_encoded_frames(event_uids, field, frames);
}

void RunWriter::flush() { in_use(impl_).flush(); }
void RunWriter::sync() { in_use(impl_).sync(); }
std::uint64_t RunWriter::durable(std::string_view stream) const { return in_use(impl_).durable(stream); }

void RunWriter::close_run(ExitStatus status, std::string_view reason, std::optional<double> time_stop) {
  in_use(impl_).close_run(to_string(status), reason, time_stop);
}

void RunWriter::close_run(std::string_view status, std::string_view reason, std::optional<double> time_stop) {
  in_use(impl_).close_run(status, reason, time_stop);
}

void RunWriter::close() {
  if (impl_) impl_->close();
}

bool RunWriter::run_open() const { return impl_ && impl_->run_open(); }

const std::filesystem::path& RunWriter::database() const noexcept {
  static const std::filesystem::path none;
  return impl_ ? impl_->database() : none;
}

}  // namespace resonance
