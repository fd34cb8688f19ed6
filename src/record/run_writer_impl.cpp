#include "record/run_writer_impl.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/checked.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "base/uid.hpp"
#include "record/recover.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

RunWriterOptions completed(RunWriterOptions options) {
  if (!options.file_system) options.file_system = io::posix_file_system();
  if (!options.clock)
    options.clock = [] { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); };
  return options;
}

record::BeamtimeFileOptions file_options(const RunWriterOptions& options) {
  return {options.busy_timeout, options.allow_network_file_system, options.durability == Durability::strict, options.file_system};
}

void require_frame_size(const FrameBlock& block) {
  const std::uint64_t extents[] = {block.count, block.height, block.width, item_size(block.dtype)};
  const auto bytes = checked_product(extents);
  if (!bytes || *bytes != block.bytes.size() || block.count == 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} frames of {}x{} {} do not fit {} bytes of memory", block.count, block.height,
                                                         block.width, to_string(block.dtype), block.bytes.size()));
}

void require_sample(const SampleMetadata& sample) {
  require_label(sample.name, "sample name");
  if (!sample.extra.is_object()) throw Error(ErrorCode::invalid_argument, "a sample's extra must be an object");
  record::require_depth(sample.extra, "a sample's extra");
}

/// SQL has no NaN: it would become NULL, and one event could take a whole transaction with it.
void require_time(std::optional<double> time, std::string_view what) {
  if (time && !std::isfinite(*time))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is {}; it must be seconds since the Unix epoch", what, shortest(*time)));
}

void require_run_options(std::string_view plan_name, const RunOptions& options) {
  require_label(plan_name, "plan name");
  if (!options.metadata.is_object()) throw Error(ErrorCode::invalid_argument, "a run's metadata must be an object");
  record::require_depth(options.metadata, "a run's metadata");
  require_time(options.time_start, "time_start");
  for (const auto& tag : options.tags) require_label(tag, "tag");
  if (options.uid) require_uid(*options.uid, "run uid");
  if (options.sample) require_sample(*options.sample);
}

}  // namespace

RunWriter::Impl::Impl(const std::filesystem::path& database, RunWriterOptions options)
    : database_(database),
      options_(completed(std::move(options))),
      process_(::getpid()),
      file_(database_, file_options(options_)),
      statements_(file_.connection()) {
  record::close_dead_runs(file_, statements_);
  using record::Chore;
  if (options_.durability == Durability::group)
    committing_ = std::make_unique<Chore>(options_.commit_interval, Chore::Start::after_interval, [this] { commit_chore(); });
  publishing_ = std::make_unique<Chore>(options_.publish_interval, Chore::Start::now, [this] { publish_chore(); });
  syncing_ = std::make_unique<Chore>(options_.sync_interval, Chore::Start::after_interval, [this] { sync_chore(); });
}

RunWriter::Impl::~Impl() {
  if (::getpid() != process_) {  // a child after fork(): the threads are the parent's, there is nothing to join
    (void)committing_.release();
    (void)publishing_.release();
    (void)syncing_.release();
    return;
  }
  try {
    close();
  } catch (const std::exception& error) {
    log(fmt::format("closing {}: {}", database_.string(), error.what()));
  }
}

void RunWriter::Impl::log(const std::string& message) const noexcept {
  try {
    if (options_.log) options_.log(message);
  } catch (...) {  // a log that throws has nobody left to tell
  }
}

double RunWriter::Impl::now() const { return options_.clock(); }

void RunWriter::Impl::fail(std::string why) noexcept {
  if (!failure_.empty()) return;
  log(why);
  failure_ = std::move(why);
}

void RunWriter::Impl::sync_run() {
  try {
    sync_frames();
    file_.sync_log();
  } catch (const std::exception& error) {
    fail(fmt::format("syncing: {}", error.what()));
    throw;
  }
}

void RunWriter::Impl::require_own_process() const {
  if (::getpid() != process_)
    throw Error(ErrorCode::invalid_state, "this writer belongs to the parent process; open another one after fork()");
}

void RunWriter::Impl::require_usable() const {
  if (closed_) throw Error(ErrorCode::invalid_state, fmt::format("the writer of {} is closed", database_.string()));
  if (!failure_.empty())
    throw Error(
        ErrorCode::invalid_state,
        fmt::format("nothing more can be written to this run of {}: {}. What was acknowledged is kept; close the writer and open a new one",
                    database_.string(), failure_));
}

RunWriter::Impl::OpenRun& RunWriter::Impl::require_run() {
  require_usable();
  if (!run_) throw Error(ErrorCode::invalid_state, "no run is open; call open_run first");
  return *run_;
}

RunWriter::Impl::Stream& RunWriter::Impl::require_stream(std::string_view name) {
  auto& run = require_run();
  if (const auto it = run.streams.find(name); it != run.streams.end()) return it->second;
  std::string known;
  for (const auto& [other, stream] : run.streams) known += (known.empty() ? "" : ", ") + other;
  throw Error(ErrorCode::not_found,
              fmt::format("this run has no stream '{}'; {}", printable(name), known.empty() ? "open one first" : "it has: " + known));
}

RunWriter::Impl::Stream& RunWriter::Impl::stream_by_uid(std::string_view uid) {
  auto& streams = require_run().streams;
  return std::find_if(streams.begin(), streams.end(), [&](const auto& item) { return item.second.uid == uid; })->second;
}

std::int64_t RunWriter::Impl::sample_id(const SampleMetadata& sample) {
  if (const auto found = statements_.find_sample(sample.name, sample.id)) return *found;
  return statements_.insert_sample(sample);
}

std::int64_t RunWriter::Impl::add_sample(const SampleMetadata& sample) {
  require_sample(sample);
  const std::lock_guard lock(mutex_);
  require_usable();
  std::int64_t id = 0;
  file_.transact([&] { id = sample_id(sample); });
  sync_run();
  return id;
}

std::string RunWriter::Impl::open_run(std::string_view plan_name, RunOptions options) {
  require_run_options(plan_name, options);
  const std::lock_guard lock(mutex_);
  require_usable();
  if (run_) throw Error(ErrorCode::invalid_state, fmt::format("run {} is open; close it before the next one", run_->uid));
  record::NewRunRow row;
  row.time_start = options.time_start.value_or(now());
  row.uid = options.uid.value_or(new_uid(row.time_start));
  row.plan_name = plan_name;
  row.operator_name = options.operator_name;
  row.metadata = options.metadata.dump();
  row.tags = options.tags;
  const auto lock_byte = record::lock_byte_of(row.uid);
  row.lock_byte = static_cast<std::int64_t>(lock_byte);
  const auto* said = options.metadata.find("scan_id");
  if (!options.scan_id && said != nullptr && said->is_integer()) options.scan_id = said->as_int64();
  // The lock is taken first: the run is never in the database without a living owner.
  file_.locks().lock(lock_byte, options_.busy_timeout);
  try {
    file_.transact([&] {
      if (statements_.run_exists(row.uid))
        throw Error(ErrorCode::already_exists, fmt::format("{} has a run {} already", database_.string(), row.uid));
      if (options.sample) row.sample_id = sample_id(*options.sample);
      row.scan_id = options.scan_id ? *options.scan_id : statements_.next_scan_id();
      statements_.insert_run(row);
    });
    sync_run();
  } catch (...) {
    file_.locks().unlock(lock_byte);
    throw;
  }
  run_.emplace(OpenRun{row.uid, lock_byte, {options_.file_system, frame_store_of(database_), row.uid, options_.frames}, {}, 0, 0, {}, {}});
  return row.uid;
}

std::string RunWriter::Impl::open_stream(std::string_view name, const Json& data_keys) {
  require_label(name, "stream name");
  record::DataKeys keys(data_keys, options_.allow_undeclared);
  const std::lock_guard lock(mutex_);
  auto& run = require_run();
  if (run.streams.contains(name)) throw Error(ErrorCode::already_exists, fmt::format("this run has a stream '{}' already", name));
  const auto time = now();
  const auto uid = new_uid(time);
  file_.transact([&] { statements_.insert_stream(uid, run.uid, name, data_keys.dump(), time); });
  run.streams.emplace(name, Stream{uid, std::move(keys)});
  sync_run();
  return uid;
}

void RunWriter::Impl::queue_event(Stream& stream, const NewEvent& event) {
  auto& run = *run_;
  const auto time = event.time.value_or(now());
  record::EventRow row{new_uid(now()), stream.uid, stream.queued + 1, time, {}, {}};
  row.data.reserve(512);  // a usual event fits; growing step by step costs more
  event.data.dump_to(row.data);
  event.timestamps.dump_to(row.timestamps);
  for (const auto& item : event.frames) queue_.refs.push_back(run.frames.append(row.uid, item.field, item.frame));
  queue_.bytes += row.data.size() + row.timestamps.size() + 256 * (1 + event.frames.size());
  ++stream.queued;
  queue_.events.push_back(std::move(row));
}

void RunWriter::Impl::queue_all(const std::function<void()>& work) {
  const auto events = queue_.events.size();
  const auto refs = queue_.refs.size();
  const auto bytes = queue_.bytes;
  const auto frames = run_->frames.mark();
  std::vector<std::uint64_t> counts;  // of the streams, in their order
  for (const auto& [name, stream] : run_->streams) counts.push_back(stream.queued);
  try {
    work();
  } catch (...) {
    queue_.events.resize(events);
    queue_.refs.resize(refs);
    queue_.bytes = bytes;
    auto count = counts.begin();
    for (auto& [name, stream] : run_->streams) stream.queued = *count++;
    try {
      run_->frames.take_back(frames);
    } catch (const std::exception& error) {
      fail(fmt::format("taking back frames of a call that failed: {}", error.what()));
    }
    throw;
  }
}

std::vector<std::string> RunWriter::Impl::write_events(std::string_view stream_name, std::span<const NewEvent> events,
                                                       bool one_transaction) {
  const std::lock_guard lock(mutex_);
  auto& stream = require_stream(stream_name);
  // Everything that can be wrong with the call is found before the first byte is written.
  for (const auto& event : events) {
    stream.keys.require_event(event.data, event.timestamps);
    require_time(event.time, "an event's time");
    for (const auto& [field, frame] : event.frames) {
      stream.keys.require_frame(field, {frame.height, frame.width, frame.dtype});
      require_frame_size({frame.bytes, 1, frame.height, frame.width, frame.dtype});
    }
  }
  if (one_transaction) commit_queue();
  const auto first = queue_.events.size();
  queue_all([&] {
    for (const auto& event : events) queue_event(stream, event);
  });
  std::vector<std::string> uids;
  for (auto i = first; i < queue_.events.size(); ++i) uids.push_back(queue_.events[i].uid);
  if (!uids.empty()) {
    run_->last_event = uids.back();
    run_->last_event_stream = stream.uid;
  }
  finish_call(one_transaction);
  return uids;
}

std::string RunWriter::Impl::stream_of(std::string_view event_uid) {
  auto& run = *run_;
  if (event_uid == run.last_event) return run.last_event_stream;
  commit_queue();  // the event may still be queued
  if (auto found = statements_.stream_of_event(event_uid, run.uid)) return *found;
  throw Error(ErrorCode::not_found, fmt::format("this run has no event '{}'", printable(event_uid)));
}

std::uint64_t RunWriter::Impl::write_frames(std::span<const std::string> event_uids, std::string_view field, const FrameBlock& block,
                                            bool one_transaction) {
  require_frame_size(block);
  if (event_uids.size() != block.count)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} events are named for {} frames", event_uids.size(), block.count));
  const std::lock_guard lock(mutex_);
  require_run();
  for (const auto& uid : event_uids) stream_by_uid(stream_of(uid)).keys.require_frame(field, {block.height, block.width, block.dtype});
  if (one_transaction) commit_queue();
  const auto frame_bytes = block.bytes.size() / block.count;
  const auto first = queue_.refs.size();
  queue_all([&] {
    for (std::uint64_t i = 0; i < block.count; ++i)
      queue_.refs.push_back(run_->frames.append(
          event_uids[i], field, {block.bytes.subspan(i * frame_bytes, frame_bytes), block.height, block.width, block.dtype}));
  });
  queue_.bytes += 256 * block.count;
  const auto number = queue_.refs[first].number;
  finish_call(one_transaction);
  return number;
}

void RunWriter::Impl::finish_run(ExitStatus status, std::string_view reason, std::optional<double> time_stop) {
  auto& run = *run_;
  std::string problem = failure_;
  std::exception_ptr cause;
  std::vector<std::pair<std::string, std::uint64_t>> stores;
  try {
    if (problem.empty()) commit_queue();
    stores = run.frames.finish();
  } catch (const std::exception& error) {
    cause = std::current_exception();
    if (problem.empty()) problem = error.what();
  }
  if (!problem.empty()) status = ExitStatus::failed;
  const auto why = problem.empty() ? std::string(reason) : reason.empty() ? problem : fmt::format("{}; {}", reason, problem);
  file_.transact([&] {
    for (const auto& [group, frames] : stores) statements_.close_frame_store(group, frames);
    statements_.close_run(run.uid, time_stop.value_or(now()), to_string(status), run.events, run.frame_refs, why);
  });
  try {
    sync_run();
  } catch (const std::exception&) {  // the run is closed all the same: its row says so, as far as anybody can tell
    if (!cause) cause = std::current_exception();
  }
  file_.locks().unlock(run.lock_byte);
  run_.reset();
  queue_ = {};
  if (cause) std::rethrow_exception(cause);
}

void RunWriter::Impl::close_run(ExitStatus status, std::string_view reason, std::optional<double> time_stop) {
  require_time(time_stop, "time_stop");
  const std::lock_guard one(sync_mutex_);
  const std::lock_guard lock(mutex_);
  if (!run_ || closed_) (void)require_run();
  finish_run(status, reason, time_stop);
}

void RunWriter::Impl::close() {
  if (::getpid() != process_) return;
  std::exception_ptr cause;
  {
    const std::lock_guard one(sync_mutex_);
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    try {
      if (run_) finish_run(ExitStatus::failed, "the writer was closed while the run was open", {});
    } catch (...) {
      cause = std::current_exception();
      if (run_) file_.locks().unlock(run_->lock_byte);  // the next writer closes it
      run_.reset();
      queue_ = {};
    }
  }
  // Stopped before the file is closed, without the mutexes: they may be about to take them.
  committing_.reset();
  publishing_.reset();
  syncing_.reset();
  const std::lock_guard lock(mutex_);
  file_.close();
  if (cause) std::rethrow_exception(cause);
}

bool RunWriter::Impl::run_open() const {
  if (::getpid() != process_) return false;
  const std::lock_guard lock(mutex_);
  return run_.has_value();
}

}  // namespace resonance
