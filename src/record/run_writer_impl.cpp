#include "record/run_writer_impl.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "base/uid.hpp"
#include "frames/layout.hpp"
#include "frames/metadata_file.hpp"
#include "record/recover.hpp"
#include "record/times.hpp"
#include "record/words.hpp"
#include "resonance/error.hpp"
#include "resonance/fork.hpp"

namespace resonance {

namespace {

RunWriterOptions completed(RunWriterOptions options) {
  if (!options.file_system) options.file_system = io::posix_file_system();
  // A chunk that several transactions add to is written again each time, and what it replaces stays in the file. That pays
  // where a transaction brings many frames.
  if (options.frames.frames_per_chunk == 0 && options.frames.codec != Codec::none && options.durability != Durability::group)
    options.frames.frames_per_chunk = 1;
  if (!options.clock) options.clock = system_time;
  (void)frames::make_layout({1, 1, DType::uint16}, options.frames);  // what no frame can be stored with is refused now, not at the first
  return options;
}

const auto kFailed = to_string(ExitStatus::failed);

unsigned threads_of(const RunWriterOptions& options) {
  return options.encode_threads != 0 ? options.encode_threads : std::max(1u, std::thread::hardware_concurrency());
}

record::BeamtimeFileOptions file_options(const RunWriterOptions& options) {
  return {.busy_timeout = options.busy_timeout,
          .allow_network_file_system = options.allow_network_file_system,
          .sync_commits = options.durability == Durability::strict,
          .file_system = options.file_system};
}

void require_sample(const SampleMetadata& sample) {
  require_label(sample.name, "sample name");
  if (!sample.extra.is_object()) throw Error(ErrorCode::invalid_argument, "a sample's extra must be an object");
  record::require_depth(sample.extra, "a sample's extra");
}

void require_run_options(std::string_view plan_name, const RunOptions& options) {
  require_label(plan_name, "plan name");
  if (!options.metadata.is_object()) throw Error(ErrorCode::invalid_argument, "a run's metadata must be an object");
  record::require_depth(options.metadata, "a run's metadata");
  record::require_time(options.time_start, "time_start");
  for (const auto& tag : options.tags) require_label(tag, "tag");
  if (options.uid) require_uid(*options.uid, "run uid");
  if (options.sample) require_sample(*options.sample);
}

}  // namespace

RunWriter::Impl::Impl(const std::filesystem::path& database, RunWriterOptions options)
    : options_(completed(std::move(options))),
      process_(::getpid()),
      memory_(options_.queue_bytes, 2 * threads_of(options_)),
      pool_(threads_of(options_)),
      file_(database, file_options(options_)),
      database_(file_.path()),
      statements_(file_.connection()) {
  if (!file_.missing_log().empty()) log(file_.missing_log());
  if (const auto& store = file_.place().store; options_.make_store) frames::make_groups(*options_.file_system, store, store);
  record::close_dead_runs(file_, statements_, now(), [this](const RecoveredRun& run) { tell_of(run.uid); });
  using record::Chore;
  const auto behind_the_back = [this](void (Impl::*chore)() noexcept) {
    return [this, chore] {
      const InsideLibrary inside;  // so that a fork() waits for it
      (this->*chore)();
    };
  };
  if (options_.durability == Durability::group)
    committing_ = std::make_unique<Chore>(options_.commit_interval, Chore::Start::after_interval, behind_the_back(&Impl::commit_chore));
  publishing_ = std::make_unique<Chore>(options_.publish_interval, Chore::Start::now, behind_the_back(&Impl::publish_chore));
  syncing_ = std::make_unique<Chore>(options_.sync_interval, Chore::Start::after_interval, behind_the_back(&Impl::sync_chore));
}

RunWriter::Impl::~Impl() {
  try {
    close();
  } catch (const std::exception& error) {
    log(record::words("closing {}: {}", database_.native(), error.what()));
  }
}

void RunWriter::Impl::log(const std::string& message) const noexcept {
  try {
    if (options_.log) options_.log(message);
  } catch (...) {  // a log that throws has nobody left to tell
  }
}

void RunWriter::Impl::tell_of(const std::string& run_uid) const noexcept {
  if (options_.on_run_change) options_.on_run_change->run_changed(database_, run_uid);
}

double RunWriter::Impl::now() const { return options_.clock(); }

void RunWriter::Impl::fail(std::string why) noexcept {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return;
  log(why);
  failure_ = std::move(why);
}

void RunWriter::Impl::sync_run() {
  try {
    sync_frames();
    file_.sync_log();
  } catch (const std::exception& error) {
    fail(record::words("syncing: {}", error.what()));
    throw;
  }
}

bool RunWriter::Impl::of_this_process() const noexcept { return ::getpid() == process_; }

void RunWriter::Impl::require_own_process() const {
  if (!of_this_process()) throw Error(ErrorCode::invalid_state, "this writer belongs to the parent process; open another one after fork()");
}

void RunWriter::Impl::require_usable() const {
  const std::lock_guard lock(mutex_);
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
  const std::lock_guard call(call_mutex_);
  const std::lock_guard commit(commit_mutex_);
  require_usable();
  std::int64_t id = 0;
  file_.transact([&] { id = sample_id(sample); });
  sync_run();
  return id;
}

std::string RunWriter::Impl::open_run(std::string_view plan_name, RunOptions options) {
  require_run_options(plan_name, options);
  const std::lock_guard call(call_mutex_);
  const std::lock_guard commit(commit_mutex_);
  require_usable();
  if (run_) throw Error(ErrorCode::invalid_state, fmt::format("run {} is open; close it before the next one", run_->uid));
  record::NewRunRow row;
  row.time_start = options.time_start.value_or(now());
  row.uid = options.uid.value_or(new_uid(row.time_start));
  row.plan_name = plan_name;
  row.operator_name = options.operator_name;
  row.metadata = options.metadata.dump();
  row.tags = options.tags;
  row.any_keys = options_.allow_undeclared;
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
  auto frames = std::make_unique<record::RunFrames>(options_.file_system, file_.place().store, row.uid, options_.frames,
                                                    frames::FrameArrayWriter::Means{pool_, memory_});
  {
    const std::lock_guard lock(mutex_);
    run_.emplace(OpenRun{row.uid, lock_byte, std::move(frames), {}, 0, 0, {}, {}, {}, {}});
  }
  tell_of(row.uid);
  return row.uid;
}

std::string RunWriter::Impl::open_stream(std::string_view name, const Json& data_keys) {
  require_label(name, "stream name");
  record::DataKeys keys(data_keys, options_.allow_undeclared);
  const std::lock_guard call(call_mutex_);
  const std::lock_guard commit(commit_mutex_);
  auto& run = require_run();
  if (run.streams.contains(name)) throw Error(ErrorCode::already_exists, fmt::format("this run has a stream '{}' already", name));
  const auto time = now();
  const auto uid = new_uid(time);
  file_.transact([&] { statements_.insert_stream(uid, run.uid, name, data_keys.dump(), time); });
  {
    const std::lock_guard lock(mutex_);
    run.streams.emplace(name, Stream{uid, std::move(keys), static_cast<std::uint32_t>(run.streams.size())});
  }
  sync_run();
  return uid;
}

void RunWriter::Impl::insert_ranges() {
  for (const auto& [name, stream] : run_->streams)
    statements_.insert_ranges(stream.uid,
                              schema::dump_ranges(schema::named_ranges(stream.key_numbers.keys(), run_->ranges.of(stream.number))));
}

/// With call_mutex_ and sync_mutex_ held.
void RunWriter::Impl::finish_run(std::string_view status, std::string_view reason, std::optional<double> time_stop) {
  auto& run = *run_;
  std::string problem;
  {
    const std::lock_guard lock(mutex_);
    problem = failure_;
  }
  std::exception_ptr cause;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      if (!cause) cause = std::current_exception();
      if (problem.empty()) problem = error.what();
    }
  };
  if (problem.empty()) attempt([&] { commit_queue(); });
  const std::lock_guard commit(commit_mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> stores;
  attempt([&] {
    std::exception_ptr failure;
    stores = run.frames->finish(failure);
    if (failure) std::rethrow_exception(failure);
  });
  attempt([&] { file_.require_in_place(); });
  if (!problem.empty()) status = kFailed;
  const auto why = problem.empty() ? std::string(reason) : reason.empty() ? problem : fmt::format("{}; {}", reason, problem);
  file_.transact_anyway([&] {
    for (const auto& [group, frames] : stores) statements_.close_frame_store(group, frames);
    run.event_checksums.finish(statements_);
    insert_ranges();
    statements_.close_run(run.uid, time_stop.value_or(now()), status, run.events, run.frame_refs, why);
  });
  try {
    sync_run();
  } catch (const std::exception&) {  // the run is closed all the same: its row says so, as far as anybody can tell
    if (!cause) cause = std::current_exception();
  }
  file_.locks().unlock(run.lock_byte);
  tell_of(run.uid);
  const std::lock_guard lock(mutex_);
  run_.reset();
  queue_.clear();
  given_uids_.clear();
  if (cause) std::rethrow_exception(cause);
}

void RunWriter::Impl::close_run(std::string_view status, std::string_view reason, std::optional<double> time_stop) {
  if (options_.allow_undeclared)
    require_label(status, "exit status");
  else
    (void)parse_exit_status(status);
  record::require_time(time_stop, "time_stop");
  const std::lock_guard call(call_mutex_);
  const std::lock_guard one(sync_mutex_);
  if (!run_ || closed_) (void)require_run();
  finish_run(status, reason, time_stop);
}

void RunWriter::Impl::close() {
  if (!of_this_process()) return;
  std::exception_ptr cause;
  {
    const std::lock_guard call(call_mutex_);
    const std::lock_guard one(sync_mutex_);
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(closed_, true)) return;
    }
    try {
      if (run_) finish_run(kFailed, "the writer was closed while the run was open", {});
    } catch (...) {
      cause = std::current_exception();
      const std::lock_guard lock(mutex_);
      if (run_) file_.locks().unlock(run_->lock_byte);  // the next writer closes it
      run_.reset();
      queue_.clear();
      given_uids_.clear();
    }
  }
  // Stopped before the file is closed, without the mutexes: they may be about to take them.
  committing_.reset();
  publishing_.reset();
  syncing_.reset();
  known_events_.reset();  // it would keep the database in log mode
  const std::lock_guard commit(commit_mutex_);
  file_.close();
  if (cause) std::rethrow_exception(cause);
}

bool RunWriter::Impl::run_open() const {
  if (!of_this_process()) return false;
  const std::lock_guard lock(mutex_);
  return run_.has_value();
}

}  // namespace resonance
