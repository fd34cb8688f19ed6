/// The frame arrays of the run that is being recorded: one per field and geometry.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frames/frame_array_writer.hpp"
#include "record/statements.hpp"

namespace resonance::record {

using FrameArray = std::shared_ptr<frames::FrameArrayWriter>;  // shared with the background thread, which publishes and syncs

/// Which event a frame belongs to, and where it is.
struct FrameRef {
  std::string event_uid;
  std::size_t array = 0;  ///< position in RunFrames
  std::uint64_t number = 0;
};

/// Threads: append, mark, take_back and finish from one at a time; settle, insert and commit from another one; arrays from any.
class RunFrames {
 public:
  RunFrames(std::shared_ptr<io::FileSystem> files, std::filesystem::path store, std::string run_uid, FrameOptions options,
            frames::FrameArrayWriter::Means means);

  /// Take one frame; it is on its way to the page cache. With `encoded` it is compressed already.
  FrameRef append(std::string_view event_uid, std::string_view field, const frames::Geometry& geometry, const frames::FrameSource& source,
                  bool encoded);
  /// Memory that a frame takes up on its way.
  [[nodiscard]] std::size_t bytes_on_the_way(std::string_view field, const frames::Geometry& geometry, bool copied) const;

  /// For each array a number of frames; arrays that are missing at the end have none.
  using Counts = std::vector<std::uint64_t>;
  static void include(Counts& counts, const FrameRef& ref);  ///< so many that `ref` is among them

  void settle(const Counts& counts);  ///< these frames are in the page cache
  /// The rows of arrays that are not in the database yet, of the references, and of the checksums of their frames; and how far each
  /// array is on stable storage, if that is news.
  void insert(Statements& statements, std::span<const FrameRef> refs);
  void commit(const Counts& counts) noexcept;  ///< the transaction that names these frames is in the database

  /// How many frames each array has now, and back to that, after a call or a transaction failed.
  [[nodiscard]] Counts mark() const;
  void take_back(const Counts& mark);
  void take_back();  ///< to what is committed

  /// Seal everything. \return zarr_group and number of frames of each array
  /// \param failure the first, when there is one; what could be finished was
  std::vector<std::pair<std::string, std::uint64_t>> finish(std::exception_ptr& failure);

  [[nodiscard]] std::vector<FrameArray> arrays() const;

 private:
  struct Entry {
    std::string field;
    FrameArray array;
    // For the thread that commits.
    bool row_written = false;
    std::uint64_t durable_noted = 0, durable_in_transaction = 0;  // what durable_frames says, and will say
  };
  std::size_t array_for(std::string_view field, const frames::Geometry& geometry);
  [[nodiscard]] std::vector<Entry*> entries() const;

  std::shared_ptr<io::FileSystem> files_;  // shared with the writer's owner
  std::filesystem::path store_;
  std::string run_uid_;
  FrameOptions options_;
  frames::FrameArrayWriter::Means means_;
  mutable std::mutex mutex_;  // guards the list; entries stay where they are
  mutable std::deque<Entry> entries_;
};

}  // namespace resonance::record
