#include "frames/shard_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resonance/error.hpp"
#include "zarr/checksum.hpp"

namespace resonance::frames {

namespace {

constexpr std::uint64_t kWritebackBytes = 8 << 20;
constexpr std::uint64_t kLeastAllocation = 1 << 20, kMostAllocation = 32 << 20;
constexpr std::size_t kPieceBytes = 256 << 10;  // a frame's checksum is made while a piece of it is in the processor's cache

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

ShardFile::ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, std::uint64_t expected_bytes)
    : files_(std::move(files)),
      path_(std::move(path)),
      partial_(io::partial_name(path_)),
      layout_(layout),
      file_(files_->open(partial_, io::OpenMode::create_new)),
      entries_(entries_at_birth(layout, layout.chunks_per_shard)) {
  try {
    file_->resize(layout.data_bytes + layout.index_bytes);
    file_->write_at(layout.data_bytes, zarr::encode_shard_index(entries_, layout.raw()));
    allocated_ = std::min(expected_bytes, layout.data_bytes);
    if (allocated_ > 0) file_->allocate(0, allocated_);
  } catch (...) {
    remove_quietly(*files_, partial_);
    throw;
  }
}

ShardFile::ShardFile(std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout, Unsealed)
    : files_(std::move(files)),
      path_(std::move(path)),
      layout_(layout),
      file_(files_->open(path_, io::OpenMode::read_write)),
      allocated_(layout.data_bytes),
      dirty_(true) {
  std::vector<std::byte> index(layout.index_bytes);
  file_->read_exact(layout.data_bytes, index);
  entries_ = zarr::decode_shard_index(index, layout.chunks_per_shard, layout.raw(), layout.data_bytes + layout.index_bytes);
  data_end_ = zarr::end_of_chunks(entries_);
}

ShardFile::~ShardFile() {
  if (!partial_.empty()) remove_quietly(*files_, partial_);
}

void ShardFile::appear() {
  files_->rename(partial_, path_);
  partial_.clear();
  file_ = files_->open(path_, io::OpenMode::read_write);  // the same file, whose errors name it as it is called now
  dirty_ = true;
}

std::uint32_t ShardFile::put_raw(std::uint64_t slot, std::span<const std::byte> frame) {
  const auto begin = slot * frame.size();
  allocate(begin + frame.size());
  std::uint32_t checksum = 0;
  for (std::size_t at = 0; at < frame.size(); at += kPieceBytes) {
    const auto piece = frame.subspan(at, std::min(kPieceBytes, frame.size() - at));
    checksum = zarr::crc32c(piece, checksum);
    file_->write_at(begin + at, piece);
  }
  dirty_ = true;  // not before: a sync on another thread would take the mark away and miss the bytes
  data_end_ = std::max(data_end_, begin + frame.size());
  write_back(begin, frame.size());
  return checksum;
}

void ShardFile::put_chunks(std::uint64_t first, std::span<const std::span<const std::byte>> encoded) {
  const auto begin = data_end_;
  auto end = begin;
  std::vector<zarr::ChunkLocation> locations;
  locations.reserve(encoded.size());
  for (const auto& bytes : encoded) {
    locations.push_back({end, bytes.size()});
    end += bytes.size();
  }
  if (end > layout_.data_bytes)
    throw Error(ErrorCode::internal, fmt::format("{} has no room for another version of chunk {}", path_.string(), first));
  allocate(end);
  file_->write_all_at(begin, encoded);
  file_->write_at(layout_.data_bytes + first * zarr::kIndexEntryBytes, zarr::encode_shard_index(locations, false));
  dirty_ = true;  // not before, as above
  std::copy(locations.begin(), locations.end(), entries_.begin() + static_cast<std::ptrdiff_t>(first));
  data_end_ = end;
  write_back(begin, end - begin);
}

std::vector<std::byte> ShardFile::chunk(std::uint64_t chunk) {
  const auto& where = entries_.at(chunk);
  if (where.missing())
    throw Error(ErrorCode::corrupt, fmt::format("{} does not hold chunk {}", path_.string(), chunk),
                {.os_errno = 0, .file = path_, .offset = {}, .database = false});
  std::vector<std::byte> out(where.nbytes);
  file_->read_exact(where.offset, out);
  return out;
}

void ShardFile::allocate(std::uint64_t end) {
  if (end <= allocated_) return;
  const auto step = std::clamp(allocated_, kLeastAllocation, kMostAllocation);
  const auto to = std::min(layout_.data_bytes, std::max(end, allocated_ + step));
  file_->allocate(allocated_, to - allocated_);
  allocated_ = to;
}

void ShardFile::write_back(std::uint64_t offset, std::uint64_t bytes) {
  // Asked for in steps of a few megabytes: a call for every small frame costs more than it gains.
  const auto begin = offset / kWritebackBytes * kWritebackBytes;
  const auto end = (offset + bytes) / kWritebackBytes * kWritebackBytes;
  if (end > begin) file_->start_writeback(begin, end - begin);
}

void ShardFile::set_entry(std::uint64_t chunk, const zarr::ChunkLocation& where) {
  if (entries_.at(chunk) == where) return;
  entries_[chunk] = where;
  file_->write_at(layout_.data_bytes + chunk * zarr::kIndexEntryBytes, zarr::encode_index_entry(where));
  dirty_ = true;
  data_end_ = zarr::end_of_chunks(entries_);
}

std::vector<std::byte> ShardFile::read(std::uint64_t offset, std::uint64_t bytes) {
  if (offset >= layout_.data_bytes) return {};
  std::vector<std::byte> out(std::min(bytes, layout_.data_bytes - offset));
  out.resize(file_->read_at(offset, out));
  return out;
}

void ShardFile::take_back(std::uint64_t chunk) {
  if (layout_.raw()) return;  // slots are simply written again
  for (auto i = chunk; i < entries_.size(); ++i) set_entry(i, {});
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
  // As it is, earlier versions of chunks included: a reader that fetched the shard index from the open file fetches the chunk
  // from the sealed one, and must find it where it was.
  const auto length = zarr::end_of_chunks(entries_);
  out.copy_from(*file_, length);
  out.write_at(length, zarr::encode_shard_index(entries_, layout_.raw()));
}

}  // namespace resonance::frames
