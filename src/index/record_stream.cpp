#include "index/record_stream.hpp"

#include <algorithm>
#include <new>
#include <system_error>

#include "index/beamtime_reader.hpp"
#include "index/data_root.hpp"
#include "resonance/error.hpp"

namespace resonance::index {

namespace {

constexpr std::uint64_t kBatchRuns = 64;
constexpr std::uint64_t kMostWaiting = 64u << 20;  // bytes of records that are not taken out yet
constexpr std::size_t kMostBatches = 4;            // of the file that is taken out, beside that

std::uint64_t bytes_of(const std::vector<RunRecord>& batch) {
  std::uint64_t out = 0;
  for (const auto& record : batch) {
    out += sizeof record + record.words.size() + record.notes.size();
    for (const auto& value : record.values) out += sizeof value + value.path.size();
  }
  return out;
}

}  // namespace

RecordStream::RecordStream(std::vector<std::filesystem::path> files, unsigned threads) {
  for (auto& path : files) files_.push_back({std::move(path), {}, {}, {}});
  const auto wanted = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  const auto most = std::min<std::size_t>(wanted, files_.size());
  threads_.reserve(most);
  try {
    while (threads_.size() < most) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // fewer will do
  }
}

RecordStream::~RecordStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void RecordStream::work() noexcept {
  for (;;) {
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stop_ || next_ == files_.size()) return;
      number = next_++;
    }
    try {
      read_file(number);
    } catch (const Error& error) {
      const bool gone = error.code() == ErrorCode::not_found;
      finish(number, {gone ? FileEnd::Kind::gone : FileEnd::Kind::broken, error.what()});
    } catch (const std::bad_alloc&) {
      finish(number, {FileEnd::Kind::broken, "there is not enough memory to read it"});
    } catch (...) {
      finish(number, {}, std::current_exception());
    }
  }
}

void RecordStream::read_file(std::size_t number) {
  const auto& path = files_[number].path;  // never changes
  if (kind_of(path) == FileKind::other) return finish(number, {FileEnd::Kind::other, {}});
  BeamtimeReader reader(path);
  for (;;) {
    auto batch = reader.next(kBatchRuns);
    if (batch.empty()) return finish(number, {FileEnd::Kind::read, reader.missing_log().value_or("")});
    if (!push(number, std::move(batch))) return;
  }
}

bool RecordStream::push(std::size_t number, std::vector<RunRecord>&& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [&] { return stop_ || waiting_ < kMostWaiting || (number == current_ && files_[number].batches.size() < kMostBatches); });
  if (stop_) return false;
  waiting_ += bytes_of(batch);
  files_[number].batches.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void RecordStream::finish(std::size_t number, FileEnd end, std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  files_[number].end = std::move(end);
  files_[number].failure = std::move(failure);
  changed_.notify_all();
}

FileEnd RecordStream::read(std::size_t number, const std::function<void(std::vector<RunRecord>&&)>& visit) {
  std::unique_lock lock(mutex_);
  current_ = number;
  changed_.notify_all();
  auto& file = files_[number];
  for (;;) {
    changed_.wait(lock, [&] { return !file.batches.empty() || file.end; });
    if (file.batches.empty()) break;
    auto batches = std::exchange(file.batches, {});
    for (const auto& batch : batches) waiting_ -= bytes_of(batch);
    changed_.notify_all();
    lock.unlock();
    for (auto& batch : batches) visit(std::move(batch));
    lock.lock();
  }
  if (file.failure) std::rethrow_exception(file.failure);
  return *file.end;
}

}  // namespace resonance::index
