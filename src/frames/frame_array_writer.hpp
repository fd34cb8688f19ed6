/// The frames of one field, appended, published, synced and sealed (docs/format.md, section 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "frames/layout.hpp"
#include "frames/shard_file.hpp"
#include "io/file_system.hpp"

namespace resonance::frames {

/// One Zarr array that grows.
///
/// A frame is first appended, then either committed (the transaction that names it is in the database) or taken back.
/// Only committed frames are published in zarr.json, so a stock reader never sees a frame that may vanish.
/// Threads: append, commit and take_back from one thread at a time; publish, sync and seal_full from another one; finish
/// when nobody else works.
class FrameArrayWriter {
 public:
  /// Make the group files on the way, the array's zarr.json (shape 0) and nothing else.
  FrameArrayWriter(std::shared_ptr<io::FileSystem> files, const std::filesystem::path& store, const std::string& group, Layout layout);

  /// Bring a frame to the page cache, its shard index entry included. \return its number
  std::uint64_t append(std::span<const std::byte> frame);
  void commit() noexcept;                ///< all appended frames are named by the database now
  void take_back(std::uint64_t frames);  ///< forget all but the first `frames`, at least committed(); the numbers are given again

  [[nodiscard]] std::uint64_t appended() const noexcept { return appended_; }  ///< for the thread that appends
  [[nodiscard]] std::uint64_t committed() const noexcept;
  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] const std::string& group() const noexcept { return group_; }

  void publish();    ///< zarr.json says shape[0] = committed(); nothing to do when it does already
  void sync();       ///< committed frames and their names on stable storage
  void seal_full();  ///< seal shards that are full and committed
  void finish();     ///< seal the rest, publish, everything on stable storage

 private:
  struct OpenShard {
    OpenShard(std::uint64_t number_, std::shared_ptr<io::FileSystem> files, std::filesystem::path path, const Layout& layout)
        : number(number_), file(std::move(files), std::move(path), layout) {}
    std::uint64_t number;
    ShardFile file;
  };
  std::shared_ptr<OpenShard> shard_for(std::uint64_t frame);
  void make_groups(const std::filesystem::path& store);
  void seal_committed(std::uint64_t committed, bool all);

  std::shared_ptr<io::FileSystem> files_;  // shared with the writer that made us
  std::filesystem::path folder_;
  std::string group_;
  Layout layout_;
  std::vector<std::byte> encoded_;  // reused for every compressed frame
  std::uint64_t appended_ = 0;

  std::mutex seal_mutex_;                          // one thread seals or syncs at a time; taken before state_mutex_
  mutable std::mutex state_mutex_;                 // guards what follows
  std::deque<std::shared_ptr<OpenShard>> shards_;  // not sealed yet; shared with the thread that syncs or seals
  std::uint64_t committed_ = 0;
  std::vector<std::filesystem::path> unsynced_folders_;

  std::mutex publish_mutex_;  // guards published_ and zarr.json
  std::uint64_t published_ = 0;
};

}  // namespace resonance::frames
