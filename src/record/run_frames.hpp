/// The frame arrays of the run that is being recorded: one per field and geometry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frames/frame_array_writer.hpp"
#include "record/statements.hpp"

namespace resonance::record {

using FrameArray = std::shared_ptr<frames::FrameArrayWriter>;  // shared with the background thread, which publishes and syncs

/// Not synchronised: the writer's mutex guards it.
class RunFrames {
 public:
  RunFrames(std::shared_ptr<io::FileSystem> files, std::filesystem::path store, std::string run_uid, FrameOptions options);

  /// Bring one frame to the page cache and describe its reference.
  ImageRefRow append(std::string_view event_uid, std::string_view field, const FrameView& frame);

  /// Arrays whose row is not in the database yet; call inside the transaction that names their first frames.
  void insert_new_stores(Statements& statements);
  void commit();  ///< that transaction is in the database

  /// How many frames each array has now, and back to that, after a call or a transaction failed.
  using Mark = std::vector<std::uint64_t>;
  [[nodiscard]] Mark mark() const;
  void take_back(const Mark& mark);
  void take_back();  ///< to what is committed

  /// Seal everything; \return zarr_group and number of frames of each array
  std::vector<std::pair<std::string, std::uint64_t>> finish();

  [[nodiscard]] std::vector<FrameArray> arrays() const;

 private:
  struct Entry {
    std::string field;
    FrameArray array;
    bool row_written = false;
  };
  FrameArray& array_for(std::string_view field, const frames::Geometry& geometry);

  std::shared_ptr<io::FileSystem> files_;  // shared with the writer's owner
  std::filesystem::path store_;
  std::string run_uid_;
  FrameOptions options_;
  std::vector<Entry> entries_;
};

}  // namespace resonance::record
