#include "repair/shard_salvage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "frames/pixel_check.hpp"
#include "resonance/error.hpp"
#include "zarr/byte_order.hpp"

namespace resonance::repair {

namespace {

constexpr std::uint64_t kWindowBytes = 4 << 20;
constexpr std::uint64_t kSector = 4096;

/// Bytes of a file, of which parts may be unreadable: those are passed over as if they were zeros.
class Bytes {
 public:
  explicit Bytes(io::File& file) : file_(file), size_(file.size()) {}
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Valid until the next call.
  std::span<const std::byte> at(std::uint64_t offset, std::uint64_t bytes) {
    bytes = offset >= size_ ? 0 : std::min(bytes, size_ - offset);
    if (offset < begin_ || offset + bytes > begin_ + window_.size())
      fill(offset, std::min(std::max(2 * bytes, kWindowBytes), size_ - std::min(offset, size_)));
    return std::span(window_).subspan(offset - begin_, bytes);
  }

 private:
  void fill(std::uint64_t offset, std::uint64_t bytes) {
    begin_ = offset;
    window_.assign(bytes, std::byte{0});
    try {
      file_.read_exact(offset, window_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io && error.code() != ErrorCode::corrupt) throw;
      for (std::uint64_t at = 0; at < bytes; at += kSector)
        read_sector(offset + at, std::span(window_).subspan(at, std::min(kSector, bytes - at)));
    }
  }
  void read_sector(std::uint64_t offset, std::span<std::byte> out) {
    try {
      (void)file_.read_at(offset, out);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io) throw;
    }
  }

  io::File& file_;
  const std::uint64_t size_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> window_;
};

/// What raw and compressed shards have in common.
class Survey {
 public:
  Survey(io::File& file, const frames::Layout& layout, std::span<const WantedFrame> wanted)
      : bytes_(file), layout_(layout), wanted_(wanted), frame_bytes_(layout.geometry.frame_bytes()) {
    out_.frames.resize(wanted.size());
    out_.chunks.resize(layout.chunks_per_shard);
    read_index();
  }

 protected:
  [[nodiscard]] std::uint64_t chunk_of(std::size_t i) const { return wanted_[i].slot / layout_.frames_per_chunk; }
  [[nodiscard]] std::uint64_t before_index() const { return bytes_.size() - std::min(bytes_.size(), layout_.index_bytes); }

  /// Compare pixels with what is known of them.
  void judge(std::size_t i, std::span<const std::byte> pixels, std::uint64_t offset) {
    auto& state = out_.frames[i];
    const auto sum = wanted_[i].crc32c ? frames::pixel_checksum(pixels, item_size(layout_.geometry.dtype)) : 0;
    state = {.there = !wanted_[i].crc32c || std::cmp_equal(sum, *wanted_[i].crc32c), .decodes = true, .why = {}, .offset = offset};
    if (!state.there) state.why = "its pixels are not those that were recorded, by their checksum";
  }

  [[nodiscard]] bool all_there() const {
    return std::all_of(out_.frames.begin(), out_.frames.end(), [](const auto& frame) { return frame.there; });
  }

  void finish() { out_.sound = index_sound_ && all_there(); }

 private:
  void read_index() {
    const auto begin = before_index();
    const auto bytes = bytes_.at(begin, layout_.index_bytes);
    index_.resize(layout_.chunks_per_shard);
    for (std::size_t i = 0; i < index_.size() && (i + 1) * zarr::kIndexEntryBytes <= bytes.size(); ++i) {
      const auto* at = bytes.data() + i * zarr::kIndexEntryBytes;
      index_[i] = {zarr::load_little<std::uint64_t>(at), zarr::load_little<std::uint64_t>(at + 8)};
    }
    try {
      const auto entries = zarr::decode_shard_index(bytes, layout_.chunks_per_shard, layout_.raw(), begin);
      // As the readers: a sealed shard's index begins where its chunks end, an open one's at a page.
      index_sound_ = layout_.raw() || begin % frames::kPageBytes == 0 || zarr::end_of_chunks(entries) == begin;
    } catch (const Error& error) {
      index_error_ = error.what();
    }
    if (!index_sound_)
      out_.damage = fmt::format("it was cut at byte {}, or its shard index is damaged{}{}", bytes_.size(), index_error_.empty() ? "" : ": ",
                                index_error_);
  }

 protected:
  Bytes bytes_;
  const frames::Layout& layout_;
  const std::span<const WantedFrame> wanted_;
  const std::uint64_t frame_bytes_;
  std::vector<zarr::ChunkLocation> index_;  // as it stands there
  bool index_sound_ = false;
  std::string index_error_;
  ShardSurvey out_;
};

class RawSurvey : Survey {
 public:
  using Survey::Survey;

  ShardSurvey run() {
    const auto end = data_end();
    const auto chunk_bytes = layout_.frames_per_chunk * frame_bytes_;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const auto offset = wanted_[i].slot * frame_bytes_;
      if (offset + frame_bytes_ <= end)
        judge(i, bytes_.at(offset, frame_bytes_), offset);
      else
        out_.frames[i].why = fmt::format("the file was cut at byte {}, before the end of the frame", bytes_.size());
      const auto chunk = chunk_of(i);
      const zarr::ChunkLocation where{chunk * chunk_bytes, chunk_bytes};
      if (index_[chunk] != where) index_sound_ = false;
      if (!out_.frames[i].there) continue;
      for (std::uint64_t k = 0; k <= chunk; ++k) out_.chunks[k] = {k * chunk_bytes, chunk_bytes};
    }
    finish();
    return std::move(out_);
  }

 private:
  /// Where the frames end. A file without its index was cut behind them, or in them.
  [[nodiscard]] std::uint64_t data_end() const {
    const auto begin = before_index();
    if (index_sound_ || begin % (layout_.frames_per_chunk * frame_bytes_) == 0) return std::min(begin, layout_.data_bytes);
    return std::min(bytes_.size(), layout_.data_bytes);
  }
};

class CompressedSurvey : Survey {
 public:
  using Survey::Survey;

  ShardSurvey run() {
    decoded_.resize(layout_.metadata.codecs.decoded_bytes());
    for (std::size_t i = 0; i < wanted_.size();) {
      const auto end = end_of_chunk(i);
      look_up(i, end);
      i = end;
    }
    if (!pending_.empty()) walk();
    if (!pending_.empty()) place_by_order();
    for (const auto& [chunk, range] : pending_) explain(chunk, range);
    finish();
    return std::move(out_);
  }

 private:
  using Range = std::pair<std::size_t, std::size_t>;  // of wanted_, of one chunk
  struct Candidate {
    zarr::ChunkLocation where;
    bool taken = false;
  };

  [[nodiscard]] std::size_t end_of_chunk(std::size_t i) const {
    const auto chunk = chunk_of(i);
    while (i < wanted_.size() && chunk_of(i) == chunk) ++i;
    return i;
  }

  bool decode(const zarr::ChunkLocation& where, std::string& why) {
    const auto most = layout_.metadata.codecs.max_encoded_bytes();
    if (where.missing() || where.nbytes == 0 || where.nbytes > most || where.offset > bytes_.size() ||
        where.nbytes > bytes_.size() - where.offset) {
      why = where.missing() ? "the shard index does not have it" : "its entry in the shard index makes no sense";
      return false;
    }
    try {
      layout_.metadata.codecs.decode(bytes_.at(where.offset, where.nbytes), decoded_);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      why = fmt::format("its bytes cannot be decoded ({})", error.what());
      return false;
    }
  }

  void judge_chunk(std::size_t begin, std::size_t end, const zarr::ChunkLocation& where) {
    for (auto i = begin; i < end; ++i)
      judge(i, std::span(decoded_).subspan(wanted_[i].slot % layout_.frames_per_chunk * frame_bytes_, frame_bytes_), where.offset);
  }

  [[nodiscard]] bool any_checksum(const Range& range) const {
    return std::any_of(wanted_.begin() + static_cast<std::ptrdiff_t>(range.first),
                       wanted_.begin() + static_cast<std::ptrdiff_t>(range.second),
                       [](const auto& frame) { return frame.crc32c.has_value(); });
  }
  [[nodiscard]] bool all_there(const Range& range) const {
    return std::all_of(out_.frames.begin() + static_cast<std::ptrdiff_t>(range.first),
                       out_.frames.begin() + static_cast<std::ptrdiff_t>(range.second), [](const auto& frame) { return frame.there; });
  }

  void look_up(std::size_t begin, std::size_t end) {
    const auto chunk = chunk_of(begin);
    const Range range{begin, end};
    const auto where = index_[chunk];
    std::string why;
    if (decode(where, why)) {
      judge_chunk(begin, end, where);
      out_.chunks[chunk] = where;
      // An index that is damaged somewhere is believed when the checksums agree with it.
      if (all_there(range) && (index_sound_ || any_checksum(range))) return;
    }
    for (auto i = begin; i < end; ++i)
      if (!out_.frames[i].there && out_.frames[i].why.empty())
        out_.frames[i] = {.why = why, .offset = where.missing() ? std::nullopt : std::optional(where.offset)};
    pending_[chunk] = range;
  }

  /// From chunk to chunk through the whole file; where none begins, byte by byte.
  void walk() {
    std::map<std::uint64_t, std::uint64_t> known;
    for (std::size_t i = 0; i < out_.chunks.size(); ++i)
      if (!out_.chunks[i].missing() && !pending_.contains(i)) known[out_.chunks[i].offset] = out_.chunks[i].nbytes;
    const auto most = layout_.metadata.codecs.max_encoded_bytes();
    for (std::uint64_t at = 0; at < bytes_.size() && !pending_.empty();) {
      if (const auto it = known.find(at); it != known.end()) {
        candidates_.push_back({{at, it->second}, true});
        at += it->second;
        continue;
      }
      const auto length = layout_.metadata.codecs.encoded_length(bytes_.at(at, most));
      std::string why;
      if (!length || !decode({at, *length}, why)) {
        ++at;
        continue;
      }
      candidates_.push_back({{at, *length}, offer({at, *length})});
      at += *length;
    }
    for (auto it = pending_.begin(); it != pending_.end();) it = found_.contains(it->first) ? pending_.erase(it) : std::next(it);
  }

  /// Whether what was decoded last is a chunk that is looked for. Of several versions the last one counts.
  bool offer(const zarr::ChunkLocation& where) {
    bool taken = false;
    for (const auto& [chunk, range] : pending_) {
      if (!any_checksum(range)) continue;
      const std::vector before(out_.frames.begin() + static_cast<std::ptrdiff_t>(range.first),
                               out_.frames.begin() + static_cast<std::ptrdiff_t>(range.second));
      judge_chunk(range.first, range.second, where);
      if (all_there(range)) {
        out_.chunks[chunk] = where;
        found_[chunk] = true;
        taken = true;
      } else {
        std::copy(before.begin(), before.end(), out_.frames.begin() + static_cast<std::ptrdiff_t>(range.first));
      }
    }
    return taken;
  }

  /// Frames without checksums: a chunk that lies directly behind the one before it is the next one.
  void place_by_order() {
    if (layout_.frames_per_chunk != 1) return;  // an earlier version of a shared chunk would be taken for the next chunk
    std::map<std::uint64_t, zarr::ChunkLocation> free;
    for (const auto& candidate : candidates_)
      if (!candidate.taken) free[candidate.where.offset] = candidate.where;
    for (auto it = pending_.begin(); it != pending_.end();) {
      const auto chunk = it->first;
      const auto begin = chunk == 0                         ? std::optional<std::uint64_t>(0)
                         : out_.chunks[chunk - 1].missing() ? std::nullopt
                                                            : std::optional(out_.chunks[chunk - 1].offset + out_.chunks[chunk - 1].nbytes);
      const auto found = begin && !any_checksum(it->second) ? free.find(*begin) : free.end();
      std::string why;
      if (found == free.end() || !decode(found->second, why)) {
        if (!any_checksum(it->second)) out_.chunks[chunk] = {};
        ++it;
        continue;
      }
      judge_chunk(it->second.first, it->second.second, found->second);
      out_.chunks[chunk] = found->second;
      it = pending_.erase(it);
    }
  }

  /// What stays pending is lost, but for frames of a shared chunk that are as they should be.
  void explain(std::uint64_t chunk, const Range& range) {
    const bool some = any_checksum(range) && std::any_of(out_.frames.begin() + static_cast<std::ptrdiff_t>(range.first),
                                                         out_.frames.begin() + static_cast<std::ptrdiff_t>(range.second),
                                                         [](const auto& frame) { return frame.there; });
    for (auto i = range.first; i < range.second; ++i) {
      auto& frame = out_.frames[i];
      if (!some || !wanted_[i].crc32c) frame.there = frame.there && some;
      if (!frame.there && frame.why.empty()) frame.why = "nothing shows which of the chunks in the file it is";
      if (!frame.there && !out_.damage.empty() && !frame.decodes) frame.why += fmt::format("; of the file: {}", out_.damage);
    }
    if (!some) out_.chunks[chunk] = {};
  }

  std::vector<std::byte> decoded_;
  std::map<std::uint64_t, Range> pending_;
  std::map<std::uint64_t, bool> found_;
  std::vector<Candidate> candidates_;
};

void write_raw(io::AtomicFile& out, Bytes& source, const frames::Layout& layout, std::span<const zarr::ChunkLocation> chunks) {
  const auto end = zarr::end_of_chunks(chunks);
  // Without its index, a file that was cut has nothing to copy behind its last whole frame but zeros.
  for (std::uint64_t at = 0; at < std::min(end, source.size()); at += kWindowBytes)
    out.write_all(at, source.at(at, std::min(kWindowBytes, std::min(end, source.size()) - at)));
  out.write_all(end, zarr::encode_shard_index(chunks, layout.raw()));
}

void write_compressed(io::AtomicFile& out, Bytes& source, std::span<const zarr::ChunkLocation> chunks) {
  std::vector<zarr::ChunkLocation> index(chunks.begin(), chunks.end());
  for (auto& chunk : index) {
    if (chunk.missing()) continue;
    const auto bytes = source.at(chunk.offset, chunk.nbytes);
    chunk.offset = out.size();
    out.write(bytes);
  }
  out.write(zarr::encode_shard_index(index, false));
}

}  // namespace

ShardSurvey survey_shard(io::File* file, const frames::Layout& layout, std::span<const WantedFrame> wanted) {
  if (file != nullptr) return layout.raw() ? RawSurvey(*file, layout, wanted).run() : CompressedSurvey(*file, layout, wanted).run();
  ShardSurvey out;
  out.damage = "the file is not there";
  out.frames.assign(wanted.size(), {.why = "the file is not there"});
  out.chunks.resize(layout.chunks_per_shard);
  return out;
}

void write_shard(const std::shared_ptr<io::FileSystem>& files, const std::filesystem::path& path, io::File& source,
                 const frames::Layout& layout, std::span<const zarr::ChunkLocation> chunks) {
  io::AtomicFile out(path, files);
  Bytes bytes(source);
  if (layout.raw())
    write_raw(out, bytes, layout, chunks);
  else
    write_compressed(out, bytes, chunks);
  out.commit();
}

}  // namespace resonance::repair
