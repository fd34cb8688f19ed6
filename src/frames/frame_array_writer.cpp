#include "frames/frame_array_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::frames {

namespace fs = std::filesystem;

FrameArrayWriter::FrameArrayWriter(std::shared_ptr<io::FileSystem> files, const fs::path& store, const std::string& group, Layout layout)
    : files_(std::move(files)), folder_(store / group), group_(group), layout_(std::move(layout)) {
  if (!layout_.raw()) encoded_.resize(layout_.metadata.codecs.max_encoded_bytes());
  make_groups(store);
  if (files_->exists(folder_ / "zarr.json"))
    throw Error(ErrorCode::already_exists, fmt::format("{} holds an array already", folder_.string()));
  write_metadata(*files_, folder_, layout_.metadata, 0, true);
}

void FrameArrayWriter::make_groups(const fs::path& store) {
  io::make_directories(*files_, folder_, true);
  for (fs::path node = folder_.parent_path();; node = node.parent_path()) {
    if (!files_->exists(node / "zarr.json")) io::replace_file(*files_, node / "zarr.json", zarr::dump_group_metadata(), true);
    if (node == store) break;
  }
}

std::shared_ptr<FrameArrayWriter::OpenShard> FrameArrayWriter::shard_for(std::uint64_t frame) {
  const auto number = frame / layout_.frames_per_shard();
  {
    const std::lock_guard lock(state_mutex_);
    for (const auto& shard : shards_)
      if (shard->number == number) return shard;
  }
  const std::uint64_t position[] = {number, 0, 0};
  const auto path = folder_ / zarr::chunk_key(layout_.metadata, position);
  io::make_directories(*files_, path.parent_path(), false);
  auto shard = std::make_shared<OpenShard>(number, files_, path, layout_);
  const std::lock_guard lock(state_mutex_);
  for (auto folder = path.parent_path(); folder != folder_.parent_path(); folder = folder.parent_path())
    if (std::find(unsynced_folders_.begin(), unsynced_folders_.end(), folder) == unsynced_folders_.end())
      unsynced_folders_.push_back(folder);
  shards_.push_back(shard);
  return shard;
}

std::uint64_t FrameArrayWriter::append(std::span<const std::byte> frame) {
  const auto number = appended_;
  const auto shard = shard_for(number);
  const auto slot = number % layout_.frames_per_shard();
  if (layout_.raw())
    shard->file.put_raw(slot, frame);
  else
    shard->file.put_chunk(slot, std::span(encoded_).first(layout_.metadata.codecs.encode(frame, encoded_)));
  ++appended_;
  return number;
}

void FrameArrayWriter::commit() noexcept {
  const std::lock_guard lock(state_mutex_);
  committed_ = appended_;
}

void FrameArrayWriter::take_back(std::uint64_t frames) {
  const std::lock_guard lock(state_mutex_);
  // Also when no frame was counted: a chunk may have been written halfway.
  appended_ = frames;
  for (const auto& shard : shards_) {
    const auto first = shard->number * layout_.frames_per_shard();
    if (first + layout_.frames_per_shard() > frames) shard->file.take_back(frames > first ? frames - first : 0);
  }
}

std::uint64_t FrameArrayWriter::committed() const noexcept {
  const std::lock_guard lock(state_mutex_);
  return committed_;
}

void FrameArrayWriter::publish() {
  const auto frames = committed();
  const std::lock_guard lock(publish_mutex_);
  if (frames <= published_) return;
  write_metadata(*files_, folder_, layout_.metadata, frames, false);
  published_ = frames;
}

void FrameArrayWriter::sync() {
  const std::lock_guard sealing(seal_mutex_);
  std::vector<std::shared_ptr<OpenShard>> shards;
  std::vector<fs::path> folders;
  {
    const std::lock_guard lock(state_mutex_);
    shards.assign(shards_.begin(), shards_.end());
    folders.swap(unsynced_folders_);
  }
  try {
    for (const auto& shard : shards) shard->file.sync();
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
    shard->file.seal(std::min(per_shard, committed > first ? committed - first : 0));
    const std::lock_guard lock(state_mutex_);
    shards_.pop_front();
  }
}

void FrameArrayWriter::seal_full() { seal_committed(committed(), false); }

void FrameArrayWriter::finish() {
  take_back(committed());
  sync();  // names of the shard folders; the shards themselves are synced as they are sealed
  seal_committed(committed(), true);
  const std::lock_guard lock(publish_mutex_);
  published_ = committed();
  write_metadata(*files_, folder_, layout_.metadata, published_, true);
}

}  // namespace resonance::frames
