/// How queued rows reach the database, and what happens behind the caller's back.
#include <fmt/format.h>

#include <algorithm>

#include "record/run_writer_impl.hpp"
#include "record/words.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

constexpr std::size_t kQueueEvents = 20000;
constexpr std::size_t kQueueBytes = 16 << 20;

}  // namespace

void RunWriter::Impl::finish_call(bool one_transaction) {
  bool full = false;
  if (options_.durability == Durability::group && !one_transaction) {
    const std::lock_guard lock(mutex_);
    full = queue_.events.size() + queue_.refs.size() >= kQueueEvents || queue_.bytes >= kQueueBytes;
    if (!full) return committing_->ask();
  }
  commit_queue();
}

/// After a transaction that failed; only where callers commit, so with call_mutex_ held.
void RunWriter::Impl::drop_queue() noexcept {
  try {
    run_->frames->take_back();
  } catch (const std::exception& error) {
    fail(record::words("taking back frames that were not committed: {}", error.what()));
  }
  const std::lock_guard lock(mutex_);
  for (auto& [name, stream] : run_->streams) stream.queued = stream.committed;
  queue_.clear();
  given_uids_.clear();
  run_->last_event.clear();
}

void RunWriter::Impl::write_batch(const Queue& batch) {
  auto& run = *run_;
  run.frames->settle(batch.frames);  // invariant F2: before the transaction that names them
  if (options_.durability == Durability::strict && !batch.refs.empty()) {
    try {
      sync_frames();
    } catch (const std::exception& error) {  // final, also when the cause is a full disk: the kernel has dropped the bytes
      fail(record::words("syncing: {}", error.what()));
      throw;
    }
  }
  run.ranges.make_room(batch.values);
  file_.transact([&] {
    for (const auto& row : batch.events) statements_.insert_event(row);
    run.event_checksums.add(statements_, batch.events);
    run.frames->insert(statements_, batch.refs);
  });
}

void RunWriter::Impl::commit_queue() {
  const std::lock_guard commit(commit_mutex_);
  std::vector<std::pair<Stream*, std::uint64_t>> counts;  // seq_num of the newest event in the batch
  try {
    {
      const std::lock_guard lock(mutex_);
      if (!run_ || queue_.empty()) return;
      for (auto& [name, stream] : run_->streams) counts.emplace_back(&stream, stream.queued);
      std::swap(batch_, queue_);
    }
    write_batch(batch_);
  } catch (const std::exception& error) {
    batch_.clear();
    // In group level, events that were acknowledged as queued are among these: no later event may close the gap.
    if (options_.durability == Durability::group)
      fail(record::words("queued events could not be committed: {}", error.what()));
    else
      drop_queue();
    // A commit that reported an I/O error may come back after a crash; an event behind it must not take its number.
    if (const auto* known = dynamic_cast<const Error*>(&error); known != nullptr && known->code() == ErrorCode::io)
      fail(record::words("{}", error.what()));
    throw;
  }
  auto& run = *run_;
  // The rows are in the database: from here on nothing is thrown, or the call would say that they are not.
  const bool frames = !batch_.refs.empty();
  run.frames->commit(batch_.frames);
  run.event_checksums.commit();
  run.ranges.include(batch_.values);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& uid : batch_.given_uids) given_uids_.erase(uid);
    run.events += batch_.events.size();
    run.frame_refs += batch_.refs.size();
    for (const auto& [stream, committed] : counts) {
      stream->committed = committed;
      if (options_.durability == Durability::strict) stream->durable = committed;
    }
  }
  batch_.clear();
  if (frames) publishing_->ask();
  syncing_->ask();
  keep_log_short();
}

void RunWriter::Impl::sync_frames() {
  for (const auto& array : arrays()) array->sync();
}

void RunWriter::Impl::keep_log_short() noexcept {
  if (!file_.log_is_long()) return;
  try {
    sync_frames();  // a checkpoint syncs the log
    file_.checkpoint();
  } catch (const std::exception& error) {  // the log stays as it is, and the next commit tries again
    log(record::words("moving the log of {} into it: {}", database_.native(), error.what()));
  }
}

std::vector<record::FrameArray> RunWriter::Impl::arrays() const {
  const std::lock_guard lock(mutex_);
  return run_ ? run_->frames->arrays() : std::vector<record::FrameArray>();
}

void RunWriter::Impl::commit_chore() noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_.empty()) return;
    }
    commit_queue();
  } catch (const std::exception&) {  // commit_queue() has said so
  }
}

void RunWriter::Impl::publish_chore() noexcept {
  try {
    for (const auto& array : arrays()) array->publish();
  } catch (const std::exception& error) {  // readers see the frames later; nothing is lost
    log(record::words("publishing frames of {}: {}", database_.native(), error.what()));
  }
}

std::vector<record::FrameArray> RunWriter::Impl::sync_now() {
  const std::lock_guard one(sync_mutex_);
  std::map<std::string, std::uint64_t> committed;
  std::vector<record::FrameArray> all;
  {
    const std::lock_guard lock(mutex_);
    if (run_) all = run_->frames->arrays();
    if (run_)
      for (const auto& [name, stream] : run_->streams) committed[stream.uid] = stream.committed;
  }
  try {
    for (const auto& array : all) array->sync();  // invariant D1: frames before the log that names them
    file_.sync_log();
  } catch (const std::exception& error) {  // told before anybody else may sync: who closes the run must know
    fail(record::words("syncing: {}", error.what()));
    throw;
  }
  {
    const std::lock_guard lock(mutex_);
    if (run_)
      for (auto& [name, stream] : run_->streams)
        if (const auto it = committed.find(stream.uid); it != committed.end()) stream.durable = std::max(stream.durable, it->second);
  }
  return all;
}

void RunWriter::Impl::sync_chore() noexcept {
  try {
    for (const auto& array : sync_now()) array->seal_full();
  } catch (const std::exception& error) {
    fail(record::words("syncing: {}", error.what()));
  }
}

void RunWriter::Impl::flush() {
  const std::lock_guard call(call_mutex_);
  require_usable();
  commit_queue();
  for (const auto& array : arrays()) array->publish();
}

void RunWriter::Impl::sync() {
  flush();
  try {
    (void)sync_now();
  } catch (const Error& error) {
    fail(record::words("syncing: {}", error.what()));
    throw;
  }
}

std::uint64_t RunWriter::Impl::durable(std::string_view stream) const {
  {  // without waiting for a call that waits for the disk
    const std::lock_guard lock(mutex_);
    if (run_ && !closed_ && failure_.empty())
      if (const auto it = run_->streams.find(stream); it != run_->streams.end()) return it->second.durable;
  }
  const std::lock_guard call(call_mutex_);
  auto& found = const_cast<Impl*>(this)->require_stream(stream);  // says what is wrong
  const std::lock_guard lock(mutex_);
  return found.durable;
}

}  // namespace resonance
