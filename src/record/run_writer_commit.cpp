/// How queued rows reach the database, and what happens behind the caller's back.
#include <fmt/format.h>

#include <algorithm>

#include "record/run_writer_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace {

constexpr std::size_t kQueueEvents = 20000;
constexpr std::size_t kQueueBytes = 16 << 20;

}  // namespace

void RunWriter::Impl::finish_call(bool one_transaction) {
  if (options_.durability != Durability::group || one_transaction || queue_.events.size() >= kQueueEvents || queue_.bytes >= kQueueBytes)
    commit_queue();
  else
    committing_->ask();
}

void RunWriter::Impl::sync_frames_before_commit() {
  if (options_.durability != Durability::strict || queue_.refs.empty()) return;
  try {
    sync_frames();
  } catch (const std::exception& error) {  // final, also when the cause is a full disk: the kernel has dropped the bytes
    fail(fmt::format("syncing: {}", error.what()));
    throw;
  }
}

void RunWriter::Impl::drop_queue() noexcept {
  // In group level, events that were acknowledged as queued may be among these: no later event may close the gap.
  const bool acknowledged = options_.durability == Durability::group;
  try {
    run_->frames.take_back();
  } catch (const std::exception& error) {
    fail(fmt::format("taking back frames that were not committed: {}", error.what()));
  }
  for (auto& [name, stream] : run_->streams) stream.queued = stream.committed;
  queue_ = {};
  run_->last_event.clear();
  if (acknowledged) fail("queued events could not be committed");
}

void RunWriter::Impl::commit_queue() {
  if (queue_.empty()) return;
  auto& run = *run_;
  try {
    sync_frames_before_commit();
    file_.transact([&] {
      run.frames.insert_new_stores(statements_);
      for (const auto& row : queue_.events) statements_.insert_event(row);
      for (const auto& row : queue_.refs) statements_.insert_image_ref(row);
    });
  } catch (const Error& error) {
    drop_queue();
    // A commit that reported an I/O error may come back after a crash; an event behind it must not take its number.
    if (error.code() == ErrorCode::io) fail(error.what());
    throw;
  }
  run.events += queue_.events.size();
  run.frame_refs += queue_.refs.size();
  const bool frames = !queue_.refs.empty();
  queue_ = {};
  if (frames) run.frames.commit();
  for (auto& [name, stream] : run.streams) {
    stream.committed = stream.queued;
    if (options_.durability == Durability::strict) stream.durable = stream.committed;
  }
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
    log(fmt::format("moving the log of {} into it: {}", database_.string(), error.what()));
  }
}

std::vector<record::FrameArray> RunWriter::Impl::arrays() const { return run_ ? run_->frames.arrays() : std::vector<record::FrameArray>(); }

void RunWriter::Impl::commit_chore() noexcept {
  const std::lock_guard lock(mutex_);
  try {
    if (failure_.empty()) commit_queue();
  } catch (const std::exception& error) {
    fail(fmt::format("committing queued events: {}", error.what()));
  }
}

void RunWriter::Impl::publish_chore() noexcept {
  try {
    std::unique_lock lock(mutex_);
    const auto all = arrays();
    lock.unlock();
    for (const auto& array : all) array->publish();
  } catch (const std::exception& error) {  // readers see the frames later; nothing is lost
    log(fmt::format("publishing frames of {}: {}", database_.string(), error.what()));
  }
}

void RunWriter::Impl::sync_now() {
  const std::lock_guard one(sync_mutex_);
  std::vector<record::FrameArray> all;
  std::map<std::string, std::uint64_t> committed;
  {
    const std::lock_guard lock(mutex_);
    all = arrays();
    if (run_)
      for (const auto& [name, stream] : run_->streams) committed[stream.uid] = stream.committed;
  }
  for (const auto& array : all) array->sync();  // invariant D1: frames before the log that names them
  file_.sync_log();
  {
    const std::lock_guard lock(mutex_);
    if (run_)
      for (auto& [name, stream] : run_->streams)
        if (const auto it = committed.find(stream.uid); it != committed.end()) stream.durable = std::max(stream.durable, it->second);
  }
  for (const auto& array : all) array->seal_full();
}

void RunWriter::Impl::sync_chore() noexcept {
  try {
    sync_now();
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    fail(fmt::format("syncing: {}", error.what()));
  }
}

void RunWriter::Impl::flush() {
  std::vector<record::FrameArray> all;
  {
    const std::lock_guard lock(mutex_);
    require_usable();
    commit_queue();
    all = arrays();
  }
  for (const auto& array : all) array->publish();
}

void RunWriter::Impl::sync() {
  flush();
  try {
    sync_now();
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    fail(fmt::format("syncing: {}", error.what()));
    throw;
  }
}

std::uint64_t RunWriter::Impl::durable(std::string_view stream) const {
  const std::lock_guard lock(mutex_);
  return const_cast<Impl*>(this)->require_stream(stream).durable;
}

}  // namespace resonance
