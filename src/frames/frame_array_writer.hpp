/// The frames of one field, appended, published, synced and sealed (docs/format.md, section 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "frames/chunk_queue.hpp"
#include "frames/layout.hpp"
#include "frames/next_shard.hpp"
#include "frames/open_chunk.hpp"
#include "frames/shard_file.hpp"
#include "io/file_system.hpp"

namespace resonance::frames {

/// One Zarr array that grows.
///
/// A frame is first appended; settle() waits until it is in the page cache. Then it is either committed (the transaction
/// that names it is in the database) or taken back. Only committed frames are published in zarr.json, so a stock reader
/// never sees a frame that may vanish.
/// Threads: append and take_back from one thread at a time, not while another one settles frames that are taken back;
/// settle and commit from another one, one at a time; publish, sync and seal_full from a third; finish when nobody else works.
class FrameArrayWriter {
 public:
  /// Who works, and with how much memory. Both outlive the writer.
  struct Means {
    WorkerPool& pool;
    FrameMemory& memory;
  };

  /// Make the group files on the way, the array's zarr.json (shape 0) and nothing else.
  FrameArrayWriter(std::shared_ptr<io::FileSystem> files, const std::filesystem::path& store, const std::string& group, Layout layout,
                   Means means);
  ~FrameArrayWriter();

  /// Take a frame. A raw one is in the page cache when this returns. \return its number
  std::uint64_t append(const FrameSource& frame);
  /// Take a frame that is encoded already with the array's codec. The bytes are checked and stored as they are.
  /// \throws Error(unsupported) for raw arrays and shared chunks
  std::uint64_t append_encoded(const FrameSource& encoded);

  void settle(std::uint64_t frames);  ///< the first `frames` are in the page cache, their shard index entries included
  [[nodiscard]] std::uint32_t checksum(std::uint64_t frame) const;  ///< crc32c of a frame that is settled and not committed
  void commit(std::uint64_t frames) noexcept;  ///< the first `frames`, all of them settled, are named by the database now
  void take_back(std::uint64_t frames);        ///< forget all but the first `frames`, at least committed(); the numbers are given again

  [[nodiscard]] std::uint64_t appended() const noexcept { return appended_; }  ///< for the thread that appends
  [[nodiscard]] std::uint64_t committed() const noexcept;
  [[nodiscard]] std::uint64_t durable() const noexcept;  ///< the first frames that are known to be on stable storage
  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] const std::string& group() const noexcept { return group_; }
  /// Memory that a frame takes up on its way, at most; 0 when it is written at once.
  [[nodiscard]] std::size_t bytes_on_the_way(bool copied) const noexcept;

  void publish();    ///< zarr.json says shape[0] = committed(); nothing to do when it does already
  void sync();       ///< committed frames and their names on stable storage
  void seal_full();  ///< seal shards that are full and committed
  void finish();     ///< seal the rest, publish, everything on stable storage

 private:
  struct OpenShard {
    std::uint64_t number = 0;
    std::unique_ptr<ShardFile> file;
    std::mutex sync_mutex;  // one thread syncs it at a time
    bool sealing = false;   // all its frames are synced, and no more come; guarded by sync_mutex
  };
  ShardFile& shard_for(std::uint64_t number);
  void append_shared(std::uint64_t number, std::span<const std::byte> frame);
  void put_open_chunk();
  void write_chunks(std::span<const ChunkQueue::Ready> chunks);
  void note_checksum(std::uint64_t frame, std::uint32_t checksum);
  void restore_open_chunk(std::uint64_t frames);
  void sync_folders();
  void seal_committed(std::uint64_t committed, bool all);

  std::shared_ptr<io::FileSystem> files_;  // shared with the writer that made us
  std::filesystem::path folder_;
  std::string group_;
  Layout layout_;
  std::uint64_t appended_ = 0;

  std::mutex seal_mutex_;        // one thread seals at a time; taken before the others
  std::mutex open_chunk_mutex_;  // guards open_chunk_; taken before state_mutex_
  OpenChunk open_chunk_;
  mutable std::mutex state_mutex_;                 // guards what follows
  std::deque<std::shared_ptr<OpenShard>> shards_;  // not sealed yet; shared with the thread that syncs or seals
  std::uint64_t committed_ = 0, durable_ = 0;
  std::deque<std::uint32_t> checksums_;  // of the frames from committed_ on
  std::vector<std::filesystem::path> unsynced_folders_;

  std::mutex publish_mutex_;  // guards published_ and zarr.json
  std::uint64_t published_ = 0;

  NextShard next_shard_;  // behind what it uses, and before the queue, which uses it
  ChunkQueue queue_;      // last: it waits for what is on its way
};

}  // namespace resonance::frames
