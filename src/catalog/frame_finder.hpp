/// Whether a frame is in its array, without decoding it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "zarr/chunk_grid.hpp"
#include "zarr/shard_index.hpp"

namespace resonance::catalog {

/// Looks frames up in the files of one array by what its zarr.json says. Not synchronised.
class FrameFinder {
 public:
  enum class State : std::uint8_t {
    there,      ///< or, in an array of others, left out because it is all fill value
    no_file,    ///< the file that should hold it is not there
    bad_file,   ///< the file cannot be used at all: cut, or its shard index is damaged
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

  /// `ours`: Resonance wrote it, so a chunk that is not there is lost. `opening` is told of each file before it is read.
  FrameFinder(std::filesystem::path folder, zarr::ArrayMetadata metadata, bool ours,
              std::function<void(const std::filesystem::path&)> opening);

  [[nodiscard]] const zarr::ArrayMetadata& metadata() const noexcept { return metadata_; }

  /// What is not there is looked for twice: a file that is being recorded changes.
  [[nodiscard]] Finding find(std::uint64_t number);

 private:
  struct Shard {
    std::string key;
    State state = State::there;  // there, no_file, bad_file
    std::optional<std::uint64_t> offset = {};
    std::string why = {};
    std::uint64_t file_bytes = 0;
    std::vector<zarr::ChunkLocation> entries = {};
  };
  Shard& shard(const std::string& key, bool again);
  void load(Shard& shard) const;
  [[nodiscard]] Finding look(const zarr::FramePart& part, bool again);
  [[nodiscard]] std::string fault_of(const zarr::ChunkLocation& where) const;

  std::filesystem::path folder_;
  zarr::ArrayMetadata metadata_;
  bool ours_;
  std::function<void(const std::filesystem::path&)> opening_;
  std::list<Shard> shards_;  // most recently used first
};

}  // namespace resonance::catalog
