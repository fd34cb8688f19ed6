#include "frames/shard_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resonance/error.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kWritebackBytes = 8 << 20;

std::vector<zarr::ChunkLocation> entries_at_birth(const Layout& layout, std::uint64_t used_chunks) {
  std::vector<zarr::ChunkLocation> out(layout.chunks_per_shard);
  if (!layout.raw()) return out;
  const auto chunk_bytes = layout.metadata.codecs.decoded_bytes();
  for (std::uint64_t i = 0; i < used_chunks; ++i) out[i] = {i * chunk_bytes, chunk_bytes};
  return out;
}

void remove_quietly(io::FileSystem& files, const std::filesystem::path& partial) noexcept {
  try {
    files.remove(partial);
  } catch (...) {  // the error that brought us here is the one to tell
  }
}

}  // namespace

ShardFile::ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout)
    : files_(std::move(files)), path_(std::move(path)), layout_(layout), entries_(entries_at_birth(layout, layout.chunks_per_shard)) {
  const auto partial = io::partial_name(path_);
  file_ = files_->open(partial, io::OpenMode::create_new);
  try {
    file_->resize(layout.data_bytes + layout.index_bytes);
    file_->write_at(layout.data_bytes, zarr::encode_shard_index(entries_, layout.raw()));
    files_->rename(partial, path_);
    file_ = files_->open(path_, io::OpenMode::read_write);  // the same file, whose errors name it as it is called now
  } catch (...) {
    remove_quietly(*files_, partial);
    throw;
  }
  dirty_ = true;
}

ShardFile::ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, Unsealed)
    : files_(std::move(files)),
      path_(std::move(path)),
      layout_(layout),
      file_(files_->open(path_, io::OpenMode::read_write)),
      dirty_(true) {
  std::vector<std::byte> index(layout.index_bytes);
  file_->read_exact(layout.data_bytes, index);
  entries_ = zarr::decode_shard_index(index, layout.chunks_per_shard, layout.raw(), layout.data_bytes + layout.index_bytes);
  for (const auto& entry : entries_)
    if (!entry.missing()) data_end_ = std::max(data_end_, entry.offset + entry.nbytes);
}

void ShardFile::put_raw(std::uint64_t slot, std::span<const std::byte> frame) {
  const auto offset = slot * frame.size();
  file_->write_at(offset, frame);
  dirty_ = true;  // not before: a sync on another thread would take the mark away and miss the bytes
  write_back(offset, frame.size());
}

void ShardFile::put_chunk(std::uint64_t chunk, std::span<const std::byte> encoded) {
  const zarr::ChunkLocation location{data_end_, encoded.size()};
  file_->write_at(location.offset, encoded);
  file_->write_at(layout_.data_bytes + chunk * zarr::kIndexEntryBytes, zarr::encode_index_entry(location));
  dirty_ = true;  // not before, as above
  entries_[chunk] = location;
  data_end_ += encoded.size();
  write_back(location.offset, encoded.size());
}

void ShardFile::write_back(std::uint64_t offset, std::uint64_t bytes) {
  // Asked for in steps of a few megabytes: a call for every small frame costs more than it gains.
  const auto begin = offset / kWritebackBytes * kWritebackBytes;
  const auto end = (offset + bytes) / kWritebackBytes * kWritebackBytes;
  if (end > begin) file_->start_writeback(begin, end - begin);
}

void ShardFile::take_back(std::uint64_t chunk) {
  if (layout_.raw()) return;  // slots are simply written again
  for (auto i = chunk; i < entries_.size(); ++i) {
    if (entries_[i].missing()) continue;
    data_end_ = std::min(data_end_, entries_[i].offset);
    entries_[i] = {};
    file_->write_at(layout_.data_bytes + i * zarr::kIndexEntryBytes, zarr::encode_index_entry(entries_[i]));
  }
}

void ShardFile::sync() {
  require_synced();
  if (!dirty_.exchange(false)) return;
  sync_failed_ = true;  // stays when the next line throws
  file_->sync();
  sync_failed_ = false;
}

void ShardFile::require_synced() const {
  if (!sync_failed_) return;
  throw Error(ErrorCode::io,
              fmt::format("{} could not be brought to stable storage earlier, so nothing more is promised about it", path_.string()),
              {.os_errno = 0, .file = path_, .offset = {}, .database = false});
}

void ShardFile::seal(std::uint64_t frames) {
  const auto chunks = (frames + layout_.frames_per_chunk - 1) / layout_.frames_per_chunk;
  if (layout_.raw() && chunks == layout_.chunks_per_shard) return sync();
  require_synced();
  const auto partial = io::partial_name(path_);
  auto sealed = files_->open(partial, io::OpenMode::create_new);
  try {
    write_sealed(*sealed, chunks);
    sealed->sync();
    files_->rename(partial, path_);
  } catch (...) {
    remove_quietly(*files_, partial);
    throw;
  }
  files_->sync_directory(path_.parent_path());
  file_ = std::move(sealed);
  dirty_ = false;
}

void ShardFile::write_sealed(io::File& out, std::uint64_t chunks) {
  if (layout_.raw()) entries_ = entries_at_birth(layout_, chunks);
  const auto length = layout_.raw() ? chunks * layout_.metadata.codecs.decoded_bytes() : data_end_;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(length, 4 << 20));
  for (std::uint64_t at = 0; at < length; at += buffer.size()) {
    const auto part = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), length - at));
    file_->read_exact(at, part);
    out.write_at(at, part);
  }
  out.write_at(length, zarr::encode_shard_index(entries_, layout_.raw()));
}

}  // namespace resonance::frames
