#include "frames/frame_array_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"
#include "zarr/checksum.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::frames {

namespace fs = std::filesystem;

namespace {

fs::path shard_path(const fs::path& array, const Layout& layout, std::uint64_t number) {
  const std::uint64_t position[] = {number, 0, 0};
  return array / zarr::chunk_key(layout.metadata, position);
}

}  // namespace

FrameArrayWriter::FrameArrayWriter(std::shared_ptr<io::FileSystem> files, const fs::path& store, const std::string& group, Layout layout,
                                   Means means)
    : files_(std::move(files)),
      folder_(store / group),
      group_(group),
      layout_(std::move(layout)),
      open_chunk_(layout_.raw() ? 1 : layout_.frames_per_chunk, layout_.geometry.frame_bytes()),
      next_shard_(means.pool,
                  [this](std::uint64_t number, std::uint64_t expected_bytes) {
                    const auto path = shard_path(folder_, layout_, number);
                    io::make_directories(*files_, path.parent_path(), false);
                    return std::make_unique<ShardFile>(files_, path, layout_, expected_bytes);
                  }),
      queue_(means.pool, means.memory, layout_.metadata.codecs,
             [this](std::span<const ChunkQueue::Ready> chunks) { write_chunks(chunks); }) {
  io::make_directories(*files_, folder_, true);
  make_groups(*files_, store, folder_.parent_path());
  if (files_->exists(folder_ / "zarr.json"))
    throw Error(ErrorCode::already_exists, fmt::format("{} holds an array already", folder_.string()));
  write_metadata(*files_, folder_, layout_.metadata, 0, true);
}

FrameArrayWriter::~FrameArrayWriter() = default;

ShardFile& FrameArrayWriter::shard_for(std::uint64_t number) {
  {
    const std::lock_guard lock(state_mutex_);
    for (const auto& shard : shards_)
      if (shard->number == number) return *shard->file;
  }
  const auto path = shard_path(folder_, layout_, number);
  auto file = number > 0 ? next_shard_.take(number) : nullptr;
  if (!file) {
    io::make_directories(*files_, path.parent_path(), false);
    file = std::make_unique<ShardFile>(files_, path, layout_, 0);
  }
  file->appear();
  auto shard = std::make_shared<OpenShard>();
  shard->number = number;
  shard->file = std::move(file);
  const std::lock_guard lock(state_mutex_);
  for (auto folder = path.parent_path(); folder != folder_.parent_path(); folder = folder.parent_path())
    if (std::find(unsynced_folders_.begin(), unsynced_folders_.end(), folder) == unsynced_folders_.end())
      unsynced_folders_.push_back(folder);
  shards_.push_back(shard);
  return *shard->file;
}

std::size_t FrameArrayWriter::bytes_on_the_way(bool copied) const noexcept { return layout_.raw() ? 0 : queue_.bytes_on_the_way(copied); }

std::uint64_t FrameArrayWriter::append(const FrameSource& frame) {
  const auto number = appended_;
  if (layout_.raw()) {
    const auto slot = number % layout_.frames_per_shard();
    auto& shard = shard_for(number / layout_.frames_per_shard());
    note_checksum(number, shard.put_raw(slot, frame.bytes));
    if (slot >= layout_.frames_per_shard() / 2) next_shard_.prepare(number / layout_.frames_per_shard() + 1, layout_.data_bytes);
  } else if (layout_.frames_per_chunk == 1) {
    queue_.put(number, number + 1, frame);
  } else {
    append_shared(number, frame.bytes);
  }
  ++appended_;
  return number;
}

std::uint64_t FrameArrayWriter::append_encoded(const FrameSource& encoded) {
  if (layout_.raw() || layout_.frames_per_chunk != 1)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} takes no encoded frames: {}", folder_.string(),
                            layout_.raw() ? "it is not compressed" : "its frames share chunks; set frames_per_chunk to 1"));
  queue_.put_encoded(appended_, appended_ + 1, encoded);
  return appended_++;
}

void FrameArrayWriter::append_shared(std::uint64_t number, std::span<const std::byte> frame) {
  const std::lock_guard lock(open_chunk_mutex_);
  open_chunk_.add(number, frame);
  note_checksum(number, zarr::crc32c(frame));
  if (open_chunk_.full()) put_open_chunk();
}

/// With open_chunk_mutex_ held.
void FrameArrayWriter::put_open_chunk() {
  queue_.put(open_chunk_.chunk(), open_chunk_.end(), {open_chunk_.bytes(), Lifetime::copy, nullptr});
  open_chunk_.handed_on();
}

void FrameArrayWriter::settle(std::uint64_t frames) {
  if (layout_.raw()) return;
  if (layout_.frames_per_chunk > 1) {
    const std::lock_guard lock(open_chunk_mutex_);
    if (frames > open_chunk_.handed_on_end()) put_open_chunk();
  }
  queue_.settle(frames);
}

/// On a thread of the pool, or on that of who appends; one at a time.
void FrameArrayWriter::write_chunks(std::span<const ChunkQueue::Ready> chunks) {
  const auto per_shard = layout_.chunks_per_shard;
  std::vector<std::span<const std::byte>> encoded;
  while (!chunks.empty()) {
    const auto first = chunks.front().chunk;
    encoded.clear();
    // Those that follow on each other in one shard. Versions of a shared chunk are written one by one.
    for (const auto& chunk : chunks)
      if (chunk.chunk == first + encoded.size() && chunk.chunk / per_shard == first / per_shard)
        encoded.push_back(chunk.encoded);
      else
        break;
    auto& shard = shard_for(first / per_shard);
    shard.put_chunks(first % per_shard, encoded);
    if (layout_.frames_per_chunk == 1)
      for (const auto& chunk : chunks.first(encoded.size())) note_checksum(chunk.chunk, chunk.checksum);
    const auto filled = first % per_shard + encoded.size();
    if (filled >= per_shard / 2)  // what is to come will compress as what came
      next_shard_.prepare(first / per_shard + 1, shard.data_end() / filled * per_shard);
    chunks = chunks.subspan(encoded.size());
  }
}

void FrameArrayWriter::note_checksum(std::uint64_t frame, std::uint32_t checksum) {
  const std::lock_guard lock(state_mutex_);
  const auto place = frame - committed_;
  if (place >= checksums_.size()) checksums_.resize(place + 1);
  checksums_[place] = checksum;
}

std::uint32_t FrameArrayWriter::checksum(std::uint64_t frame) const {
  const std::lock_guard lock(state_mutex_);
  return checksums_.at(frame - committed_);
}

void FrameArrayWriter::commit(std::uint64_t frames) noexcept {
  const std::lock_guard lock(state_mutex_);
  const auto known = std::min<std::uint64_t>(frames - committed_, checksums_.size());
  checksums_.erase(checksums_.begin(), checksums_.begin() + static_cast<std::ptrdiff_t>(known));
  committed_ = frames;
}

void FrameArrayWriter::take_back(std::uint64_t frames) {
  const std::lock_guard chunk_lock(open_chunk_mutex_);  // who settles earlier frames must not hand on what is taken back
  queue_.wait_until_empty();
  appended_ = frames;
  if (!layout_.raw() && layout_.frames_per_chunk > 1) restore_open_chunk(frames);
  queue_.restart(frames);
  const std::lock_guard lock(state_mutex_);
  if (checksums_.size() > frames - committed_) checksums_.resize(frames - committed_);
  // Also when no frame was counted: a chunk may have been written halfway.
  const auto chunks = (frames + layout_.frames_per_chunk - 1) / layout_.frames_per_chunk;
  for (const auto& shard : shards_) {
    const auto first = shard->number * layout_.chunks_per_shard;
    if (first + layout_.chunks_per_shard > chunks) shard->file->take_back(chunks > first ? chunks - first : 0);
  }
}

/// The chunk that frame `frames` comes into holds the frames before it again, and none behind. With open_chunk_mutex_ held.
void FrameArrayWriter::restore_open_chunk(std::uint64_t frames) {
  const auto chunk = frames / layout_.frames_per_chunk;
  if (open_chunk_.end() == frames) return;
  if (frames % layout_.frames_per_chunk == 0) {
    open_chunk_.clear(frames);
  } else if (open_chunk_.chunk() == chunk) {
    open_chunk_.restore(frames, open_chunk_.bytes());
  } else {
    std::vector<std::byte> decoded(layout_.metadata.codecs.decoded_bytes());
    layout_.metadata.codecs.decode(shard_for(chunk / layout_.chunks_per_shard).chunk(chunk % layout_.chunks_per_shard), decoded);
    open_chunk_.restore(frames, decoded);
  }
}

std::uint64_t FrameArrayWriter::committed() const noexcept {
  const std::lock_guard lock(state_mutex_);
  return committed_;
}

std::uint64_t FrameArrayWriter::durable() const noexcept {
  const std::lock_guard lock(state_mutex_);
  return durable_;
}

void FrameArrayWriter::publish() {
  const auto frames = committed();
  const std::lock_guard lock(publish_mutex_);
  if (frames <= published_) return;
  write_metadata(*files_, folder_, layout_.metadata, frames, false);
  published_ = frames;
}

void FrameArrayWriter::sync() {
  std::vector<std::shared_ptr<OpenShard>> shards;
  std::uint64_t frames = 0;
  {
    const std::lock_guard lock(state_mutex_);
    shards.assign(shards_.begin(), shards_.end());
    frames = committed_;
  }
  for (const auto& shard : shards) {
    const std::lock_guard lock(shard->sync_mutex);
    if (!shard->sealing) shard->file->sync();
  }
  sync_folders();
  const std::lock_guard lock(state_mutex_);
  durable_ = std::max(durable_, frames);
}

void FrameArrayWriter::sync_folders() {
  std::vector<fs::path> folders;
  {
    const std::lock_guard lock(state_mutex_);
    folders.swap(unsynced_folders_);
  }
  try {
    for (const auto& folder : folders) files_->sync_directory(folder);
  } catch (...) {
    const std::lock_guard lock(state_mutex_);
    unsynced_folders_.insert(unsynced_folders_.end(), folders.begin(), folders.end());
    throw;
  }
}

void FrameArrayWriter::seal_committed(std::uint64_t committed, bool all) {
  const std::lock_guard sealing(seal_mutex_);
  const auto per_shard = layout_.frames_per_shard();
  for (;;) {
    std::shared_ptr<OpenShard> shard;
    {
      const std::lock_guard lock(state_mutex_);
      if (shards_.empty()) return;
      shard = shards_.front();
    }
    const auto first = shard->number * per_shard;
    if (committed < first + per_shard && !all) return;
    if (!all) {  // others may want to sync: while it is copied they need not wait for it
      const std::lock_guard lock(shard->sync_mutex);
      shard->file->sync();
      shard->sealing = true;
    }
    shard->file->seal(std::min(per_shard, committed > first ? committed - first : 0));
    const std::lock_guard lock(state_mutex_);
    shards_.pop_front();
  }
}

void FrameArrayWriter::seal_full() { seal_committed(committed(), false); }

void FrameArrayWriter::finish() {
  std::exception_ptr failure;
  try {
    take_back(committed());
    settle(committed());  // a shared chunk that frames were taken out of
    queue_.wait_until_empty();
    sync_folders();  // the shards themselves are synced as they are sealed
    seal_committed(committed(), true);
  } catch (const std::exception&) {  // stock readers need the length all the same: the frames are there
    failure = std::current_exception();
  }
  next_shard_.drop();
  const std::lock_guard lock(publish_mutex_);
  published_ = committed();
  write_metadata(*files_, folder_, layout_.metadata, published_, true);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace resonance::frames
