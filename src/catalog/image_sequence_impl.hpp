/// The frames of one field: where each lies, and readers of the arrays that hold them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/worker_pool.hpp"
#include "catalog/queries.hpp"
#include "frames/frame_array_reader.hpp"
#include "resonance/image_sequence.hpp"

namespace resonance {

namespace catalog {

/// The arrays of one field, opened when first needed. Shared by the sequences that follow one run, so that each array is opened
/// and each shard index read once. Threads: any number.
class FrameArrays {
 public:
  FrameArrays(std::filesystem::path store, std::string run_uid, std::string field);
  ~FrameArrays();
  FrameArrays(const FrameArrays&) = delete;
  FrameArrays& operator=(const FrameArrays&) = delete;

  [[nodiscard]] const std::filesystem::path& store() const noexcept { return store_; }
  [[nodiscard]] const std::string& run_uid() const noexcept { return run_uid_; }
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

  /// \throws Error(corrupt) when zarr.json has another geometry than image_refs
  [[nodiscard]] std::shared_ptr<const frames::FrameArrayReader> reader(const std::string& group, const frames::Geometry& geometry);

 private:
  struct Readers {
    const int process;  // a child after fork() has its own: in the parent's a thread that the child has not may hold a lock
    std::mutex mutex;   // guards what follows
    std::map<std::string, std::shared_ptr<const frames::FrameArrayReader>> by_group;
  };
  Readers& readers();

  const std::filesystem::path store_;
  const std::string run_uid_, field_;
  std::atomic<Readers*> readers_;
};

}  // namespace catalog

class ImageSequence::Impl {
 public:
  /// `offset`: frames in the sequences that this one follows.
  Impl(std::shared_ptr<WorkerPool> pool, std::shared_ptr<catalog::FrameArrays> arrays, std::uint64_t offset)
      : pool_(std::move(pool)), arrays_(std::move(arrays)), offset_(offset) {}

  // Only while the sequence is made.
  void add(const catalog::RefRow& row);
  void set_last_ref(std::int64_t id) noexcept { last_ref_ = id; }

  struct Ref {
    std::uint64_t number;
    std::uint64_t seq_num;
    std::uint32_t group;  // position in groups()
    bool has_crc32c;
    std::uint32_t crc32c;
    [[nodiscard]] std::optional<std::uint32_t> checksum() const noexcept { return has_crc32c ? std::optional(crc32c) : std::nullopt; }
  };
  struct Group {
    std::string name;
    frames::Geometry geometry;  // as image_refs says
  };

  [[nodiscard]] const std::vector<Ref>& refs() const noexcept { return refs_; }
  [[nodiscard]] const Ref& ref(std::uint64_t i) const;  ///< \throws Error(not_found) past the end
  [[nodiscard]] const std::vector<Group>& groups() const noexcept { return groups_; }
  [[nodiscard]] const std::string& stream_of(std::uint64_t i) const;  ///< \throws Error(not_found) past the end
  [[nodiscard]] const Group& group_of(const Ref& ref) const noexcept { return groups_[ref.group]; }
  [[nodiscard]] const catalog::FrameArrays& arrays() const noexcept { return *arrays_; }
  [[nodiscard]] const std::shared_ptr<catalog::FrameArrays>& shared_arrays() const noexcept { return arrays_; }
  [[nodiscard]] WorkerPool& pool() const noexcept { return *pool_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::int64_t last_ref() const noexcept { return last_ref_; }  ///< largest image_refs.id when this was made

  /// All of `count` frames from `first` in steps of `step` have the geometry of the first. \throws Error(not_found, invalid_argument)
  const frames::Geometry& one_geometry(std::uint64_t first, std::uint64_t count, std::int64_t step) const;
  [[nodiscard]] std::shared_ptr<const frames::FrameArrayReader> reader(std::uint32_t group) const;
  [[nodiscard]] std::shared_ptr<const frames::FrameArrayReader> reader_for(std::uint64_t i) const;  ///< errors name the frame
  /// "reading frame 17 of ccd in run …"
  [[nodiscard]] std::string doing(std::uint64_t i) const;

 private:
  std::shared_ptr<WorkerPool> pool_;              // shared with the catalog, which may be gone
  std::shared_ptr<catalog::FrameArrays> arrays_;  // shared with the sequences before and behind
  std::uint64_t offset_;
  std::int64_t last_ref_ = 0;
  std::vector<Ref> refs_;
  std::vector<Group> groups_;
  std::vector<std::pair<std::uint64_t, std::string>> streams_;  // from which frame on; frames are sorted by stream
};

}  // namespace resonance
