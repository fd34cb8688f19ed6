// The pixels of frames: which chunks hold them, and how they come out of those.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "frames/frame_array_reader.hpp"
#include "frames/pixel_check.hpp"
#include "frames/scratch.hpp"
#include "resonance/error.hpp"

namespace resonance::frames {

namespace {

constexpr int kAttempts = 8;
constexpr std::uint64_t kPieceBytes = 256 << 10;  // read and looked through while it is in the processor's cache
constexpr std::uint64_t kRowGapBytes = 4096;      // copying that much costs less than another system call

[[noreturn]] void throw_corrupt(const FoundChunk& chunk, std::string message) {
  throw Error(ErrorCode::corrupt, std::move(message),
              {.os_errno = 0, .file = chunk.file->file->path(), .offset = chunk.where.offset, .database = false});
}

/// Frames of consecutive numbers whose places are consecutive, too.
std::size_t end_of_run(std::span<const WantedFrame> frames, std::size_t begin, std::uint64_t frame_bytes) noexcept {
  auto end = begin + 1;
  while (end < frames.size() && frames[end].number == frames[end - 1].number + 1 && frames[end].to == frames[end - 1].to + frame_bytes)
    ++end;
  return end;
}

bool same_place(const FoundChunk& a, const FoundChunk& b) noexcept {
  return a.where == b.where && a.file->file->identity().device == b.file->file->identity().device &&
         a.file->file->identity().inode == b.file->file->identity().inode;
}

}  // namespace

struct FrameArrayReader::Job {
  std::span<const WantedFrame> frames;
  const Window& window;
  Check check;
  bool whole;       // all pixels of each frame
  std::size_t& at;  // of `frames`
};

void FrameArrayReader::read(std::span<const WantedFrame> frames, const Window& window, Check check, std::size_t& at) const {
  at = 0;
  Job job{frames, window, check, window.is_whole(geometry_), at};
  if (whole_frames_) return read_tile(whole_tile(frames.front().number), job);
  for (const auto& part : zarr::frame_parts(metadata_, frames.front().number)) {
    const auto& file = part.grid_position;
    read_tile({{{file[0], file[1], file[2]}, part.chunk_in_shard}, part.row, part.column, part.rows, part.columns}, job);
  }
  if (!job.whole) return;
  for (at = 0; at < frames.size(); ++at)
    require_checksum({frames[at].to, geometry_.frame_bytes()}, item_size(geometry_.dtype), frames[at].crc32c, folder_, {});
}

void FrameArrayReader::read_tile(const Tile& tile, Job& job) const {
  if (part_within(job.window.rows, tile.row, tile.rows).axis.count == 0) return;
  if (part_within(job.window.columns, tile.column, tile.columns).axis.count == 0) return;
  auto chunk = files_->find(tile.position);
  for (int attempt = 1; chunk.file; ++attempt) {
    try {
      read_chunk(chunk, tile, job);
      // A chunk of several frames in an open shard is written anew, elsewhere, when a frame is added; its old place is free then.
      if (!chunk.file->growing || metadata_.chunk_shape()[0] == 1 || attempt >= kAttempts) return;
      const auto now = files_->entry(*chunk.file, tile.position.chunk);
      if (now == chunk.where) return;
      chunk = now.missing() ? files_->find_anew(tile.position) : FoundChunk{chunk.file, now};
    } catch (const Error& error) {
      // It may have been replaced while it was read, or what is open is out of date.
      if (error.code() != ErrorCode::corrupt || attempt >= kAttempts) throw;
      auto again = files_->find_anew(tile.position);
      if (!again.file || same_place(again, chunk)) throw;
      chunk = std::move(again);
    }
  }
  require_may_lack(job.frames[job.at].number, tile.position);
  fill(tile, job);
}

void FrameArrayReader::read_chunk(const FoundChunk& chunk, const Tile& tile, Job& job) const {
  if (mappable_) return read_raw(chunk, job);
  decode_whole(chunk, tile, job);
  if (!job.whole || !whole_frames_) return;
  for (job.at = 0; job.at < job.frames.size(); ++job.at) {
    const auto& frame = job.frames[job.at];
    require_checksum({frame.to, geometry_.frame_bytes()}, item_size(geometry_.dtype), frame.crc32c, chunk.file->file->path(),
                     chunk.where.offset);
  }
  job.at = 0;
}

// --- raw ---

void FrameArrayReader::read_raw(const FoundChunk& chunk, Job& job) const {
  require_raw_chunk(chunk);
  for (std::size_t begin = 0, end = 0; begin < job.frames.size(); begin = end) {
    job.at = begin;
    end = job.whole ? end_of_run(job.frames, begin, geometry_.frame_bytes()) : begin + 1;
    if (job.whole)
      read_raw_frames(chunk, job, begin, end);
    else
      read_raw_window(chunk, job, begin);
  }
  job.at = 0;
}

void FrameArrayReader::read_raw_frames(const FoundChunk& chunk, Job& job, std::size_t begin, std::size_t end) const {
  const auto& file = *chunk.file->file;
  const auto frame_bytes = geometry_.frame_bytes();
  const auto offset = chunk.where.offset + offset_in_chunk(job.frames[begin].number);
  const std::span<std::byte> out(job.frames[begin].to, (end - begin) * frame_bytes);
  bool suspicious = job.check == Check::always;
  for (std::uint64_t done = 0; done < out.size();) {
    const auto piece = out.subspan(done, std::min<std::uint64_t>(out.size() - done, kPieceBytes - (offset + done) % kPieceBytes));
    file.read_exact(offset + done, piece);
    suspicious = suspicious || has_zero_page(piece, offset + done);
    done += piece.size();
  }
  for (job.at = begin; suspicious && job.at < end; ++job.at)
    require_checksum({job.frames[job.at].to, frame_bytes}, item_size(geometry_.dtype), job.frames[job.at].crc32c, file.path(),
                     offset + (job.at - begin) * frame_bytes);
}

void FrameArrayReader::read_raw_window(const FoundChunk& chunk, Job& job, std::size_t number) const {
  const auto& file = *chunk.file->file;
  const auto& frame = job.frames[number];
  const auto base = chunk.where.offset + offset_in_chunk(frame.number);
  auto grid = grid_in_chunk(whole_tile(frame.number), job, frame.number);
  grid.offset += chunk.where.offset;
  const auto out_row = grid.columns * grid.item;
  bool suspicious = false;
  for_each_stretch(grid, kRowGapBytes, kPieceBytes, [&](std::uint64_t row, std::uint64_t rows, std::uint64_t offset, std::uint64_t bytes) {
    const bool direct = bytes == rows * out_row;
    const Scratch<0> scratch(direct ? 0 : bytes);
    const auto piece = direct ? std::span(frame.to + row * out_row, bytes) : scratch.span();
    file.read_exact(offset, piece);
    suspicious = suspicious || has_zero_page(piece, offset);
    if (!direct) copy_pixels(grid, row, rows, piece.data(), offset, frame.to, out_row);
  });
  if (!suspicious || !frame.crc32c) return;
  const Scratch<1> whole(geometry_.frame_bytes());
  file.read_exact(base, whole.span());
  require_checksum(whole.span(), grid.item, frame.crc32c, file.path(), base);
}

// --- encoded ---

void FrameArrayReader::decode_whole(const FoundChunk& chunk, const Tile& tile, Job& job) const {
  // A little more than our own encoders need: other encoders cut their blocks differently.
  const auto bound = metadata_.codecs.max_encoded_bytes();
  const auto chunk_bytes = metadata_.chunk_bytes();
  if (metadata_.codecs.is_raw()) require_raw_chunk(chunk);
  if (chunk.where.nbytes > bound + bound / 8 + 4096)
    throw_corrupt(chunk, fmt::format("{}: a chunk at byte {} claims {} bytes, more than {} can become", chunk.file->file->path().string(),
                                     chunk.where.offset, chunk.where.nbytes, chunk_bytes));
  const Scratch<0> encoded(chunk.where.nbytes);
  chunk.file->file->read_exact(chunk.where.offset, encoded.span());
  const bool direct = job.whole && whole_frames_ && job.frames.size() == metadata_.chunk_shape()[0] &&
                      end_of_run(job.frames, 0, geometry_.frame_bytes()) == job.frames.size();
  if (direct) return decode_into(chunk, tile, job, encoded.span(), {job.frames.front().to, chunk_bytes});
  const Scratch<1> decoded(chunk_bytes);
  decode_into(chunk, tile, job, encoded.span(), decoded.span());
  for (const auto& frame : job.frames) {
    const auto grid = grid_in_chunk(tile, job, frame.number);
    copy_pixels(grid, 0, grid.rows, decoded.span().data(), 0, place_of(tile, job, frame.to), job.window.columns.count * grid.item);
  }
}

void FrameArrayReader::decode_into(const FoundChunk& chunk, const Tile& tile, Job& job, std::span<const std::byte> encoded,
                                   std::span<std::byte> out) const {
  try {
    if (!decode_ranges(tile, job, encoded, out)) metadata_.codecs.decode(encoded, out);
  } catch (const Error& error) {
    const auto& path = chunk.file->file->path();
    throw Error(error.code(), fmt::format("decoding {} at byte {}: {}", path.string(), chunk.where.offset, error.what()),
                {.os_errno = 0, .file = path, .offset = chunk.where.offset, .database = false});
  }
}

bool FrameArrayReader::decode_ranges(const Tile& tile, const Job& job, std::span<const std::byte> encoded,
                                     std::span<std::byte> chunk) const {
  if (!ranges_.possible() || (job.whole && job.frames.size() * geometry_.frame_bytes() >= chunk.size() / 4 * 3)) return false;
  const auto block = ranges_.block_bytes(encoded);
  if (block == 0) return false;
  constexpr auto kAnyLength = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t wanted = 0;  // by whole blocks, as they have to be decoded
  for (const auto& frame : job.frames)
    for_each_stretch(grid_in_chunk(tile, job, frame.number), block, kAnyLength,
                     [&](std::uint64_t, std::uint64_t, std::uint64_t offset, std::uint64_t bytes) {
                       wanted += ((offset + bytes - 1) / block - offset / block + 1) * block;
                     });
  if (wanted >= chunk.size() / 4 * 3) return false;
  bool done = true;
  for (const auto& frame : job.frames)
    for_each_stretch(grid_in_chunk(tile, job, frame.number), block, kAnyLength,
                     [&](std::uint64_t, std::uint64_t, std::uint64_t offset, std::uint64_t bytes) {
                       done = done && ranges_.decode(encoded, offset, chunk.subspan(offset, bytes));
                     });
  return done;
}

PixelGrid FrameArrayReader::grid_in_chunk(const Tile& tile, const Job& job, std::uint64_t number) const noexcept {
  const auto& shape = metadata_.chunk_shape();
  const auto rows = part_within(job.window.rows, tile.row, tile.rows).axis;
  const auto columns = part_within(job.window.columns, tile.column, tile.columns).axis;
  const auto item = item_size(geometry_.dtype);
  const auto row = number % shape[0] * shape[1] + rows.start;
  return {.offset = (row * shape[2] + columns.start) * item,
          .rows = rows.count,
          .row_stride = rows.step * shape[2] * item,
          .columns = columns.count,
          .column_stride = columns.step * item,
          .item = item};
}

std::byte* FrameArrayReader::place_of(const Tile& tile, const Job& job, std::byte* frame) const noexcept {
  const auto row = part_within(job.window.rows, tile.row, tile.rows).first;
  const auto column = part_within(job.window.columns, tile.column, tile.columns).first;
  return frame + (row * job.window.columns.count + column) * item_size(geometry_.dtype);
}

void FrameArrayReader::fill(const Tile& tile, const Job& job) const {
  const auto item = metadata_.fill_value.size();
  for (const auto& frame : job.frames) {
    const auto grid = grid_in_chunk(tile, job, frame.number);
    auto* to = place_of(tile, job, frame.to);
    for (std::uint64_t row = 0; row < grid.rows; ++row, to += job.window.columns.count * item)
      for (std::uint64_t column = 0; column < grid.columns; ++column) std::memcpy(to + column * item, metadata_.fill_value.data(), item);
  }
}

}  // namespace resonance::frames
