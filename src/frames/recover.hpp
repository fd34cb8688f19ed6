/// Frame arrays whose writer died.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frames/layout.hpp"
#include "io/file_system.hpp"

namespace resonance::frames {

/// An array of ours as the database describes it.
struct RecordedArray {
  std::string group;
  Geometry geometry;
  Codec codec = Codec::none;
  std::uint64_t frames_per_chunk = 1, chunks_per_shard = 1;
};

/// A frame that a row of image_refs names.
struct NamedFrame {
  std::uint64_t number = 0;
  std::optional<std::uint32_t> crc32c;
};

/// Brings one array to the state that closing its run would have left. Each step is idempotent and may be interrupted at any
/// point. Only while nobody writes the array.
class ArrayRecovery {
 public:
  /// Makes zarr.json anew when it cannot be read. \throws Error(corrupt, unsupported) an array that Resonance does not write
  ArrayRecovery(std::shared_ptr<io::FileSystem> files, std::filesystem::path store, const RecordedArray& array);

  /// Frames that its zarr.json tells of, as it was found.
  [[nodiscard]] std::uint64_t published() const noexcept { return layout_.metadata.shape[0]; }

  /// Which of `named`, in ascending order, are not there or are not the pixels of their checksum. Where the newest version of a
  /// chunk that frames share did not survive, an earlier one that did takes its place.
  [[nodiscard]] std::vector<std::uint64_t> lost(std::span<const NamedFrame> named);

  /// The first `frames` frames are in zarr.json, the shards that hold them are sealed, all of it is on stable storage. `lost`
  /// ones among them, in ascending order, are not there for any reader. Files that hold none of the others go to `set_aside`;
  /// those that hold nothing at all are removed.
  /// \throws Error(corrupt) naming a shard that is gone though it should be there, after all else was done
  void finish(std::uint64_t frames, std::span<const std::uint64_t> lost,
              const std::function<void(const std::filesystem::path&)>& set_aside);

 private:
  [[nodiscard]] std::filesystem::path shard_path(std::uint64_t number) const;
  [[nodiscard]] std::vector<std::uint64_t> unreadable(std::span<const NamedFrame> named) const;
  void go_back_to_earlier_versions(std::span<const NamedFrame> named, std::span<const std::uint64_t> lost);
  void finish_shard(std::uint64_t number, std::uint64_t held, std::span<const std::uint64_t> lost);
  void clear_files(std::uint64_t shards, const std::function<void(const std::filesystem::path&)>& set_aside);

  std::shared_ptr<io::FileSystem> files_;  // shared with the writer that recovers
  std::filesystem::path store_;
  std::string group_;
  std::filesystem::path folder_;
  Layout layout_;
};

}  // namespace resonance::frames
