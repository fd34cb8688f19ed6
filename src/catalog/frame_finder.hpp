/// Whether a frame is in its array, without decoding it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "frames/chunk_files.hpp"
#include "io/store_folder.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::catalog {

/// Looks frames up in the files of one array by what its zarr.json says; nothing outside the store is opened. Not synchronised.
class FrameFinder {
 public:
  enum class State : std::uint8_t {
    there,      ///< or, in an array of others, left out because it is all fill value
    no_file,    ///< the file that should hold it is not there
    bad_file,   ///< the file cannot be used at all: cut, no regular file, or its shard index is damaged
    no_entry,   ///< the file is sound and does not hold it
    bad_entry,  ///< its entry in the shard index makes no sense
  };
  struct Finding {
    State state = State::there;
    std::filesystem::path file = {};
    std::optional<std::uint64_t> offset = {};
    std::string why = {};
    std::uint64_t first = 0, count = 0;  ///< frames that the file is for
  };

  /// `ours`: Resonance wrote it, so a chunk that is not there is lost. `fresh`: make the kernel forget what it holds of each file.
  FrameFinder(const std::filesystem::path& store, const std::string& group, bool ours, bool fresh);

  [[nodiscard]] Finding find(std::uint64_t number);

 private:
  [[nodiscard]] Finding look(const zarr::FramePart& part);
  [[nodiscard]] std::string fault_of(const zarr::ChunkLocation& where) const;

  io::StoreFolder store_;
  zarr::ArrayMetadata metadata_;
  bool ours_, fresh_;
  frames::ChunkFiles files_;
  std::map<std::array<std::uint64_t, 3>, Finding> bad_files_;  // the last one: its frames are asked for one behind the other
  std::optional<std::array<std::uint64_t, 3>> last_;
};

}  // namespace resonance::catalog
