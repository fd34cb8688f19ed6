/// The frame store's part of a backup.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/destination.hpp"
#include "archive/frame_census.hpp"
#include "archive/frame_judge.hpp"
#include "archive/snapshot_statements.hpp"
#include "archive/teller.hpp"
#include "frames/layout.hpp"
#include "io/store_folder.hpp"

namespace resonance::archive {

/// The run of "runs/<uid>" or "runs/<uid>/…"; empty for other names.
[[nodiscard]] std::string run_uid_of(const std::string& name);

/// Copies the files of a store that are new or changed. Of arrays of ours whose run is being recorded only the frames that the
/// snapshot names, sealed; everything else byte by byte, whoever wrote it.
class StoreCopy {
 public:
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
  /// `not_copied` gets the files that are not in the copy though they should be.
  StoreCopy(const std::filesystem::path& store, SnapshotQueries& snapshot, Destination& destination, Teller& teller, NotCopied& not_copied,
            Progress progress);

  void run();

 private:
  struct Planned {
    std::string name = {};    // in the store
    std::uint64_t bytes = 0;  // on the disk
  };
  /// The run whose files are being copied.
  struct RunFolder {
    std::string uid;
    RunInSnapshot state = RunInSnapshot::absent;
    std::map<std::string, std::uint64_t, std::less<>> frames;  // that the snapshot names, by array; of one being recorded
  };
  /// The array whose files are being copied.
  struct Array {
    std::string group;
    std::optional<frames::Layout> layout;  // nothing: not one of ours
    std::optional<std::uint64_t> frames;   // that the snapshot names; nothing: whatever is in it
  };

  [[nodiscard]] std::vector<Planned> plan();
  void add_growing(std::vector<Planned>& out);
  [[nodiscard]] bool wanted(const std::string& name);
  void look_at_run(const std::string& uid);
  void look_at_array(const std::string& group);
  [[nodiscard]] std::optional<std::uint64_t> shard_number(const std::string& name) const;
  void copy(const std::string& name);
  bool copy_once(const std::string& name);
  void copy_shard(const std::string& name, const io::StoreFile& file, std::uint64_t shard);
  void copy_bytes(const std::string& name, const io::StoreFile& file);
  void put_length(const std::string& name);
  [[nodiscard]] bool unchanged(const FileRecord& record);
  void leave_out(const std::string& name, const std::string& why);
  void tell_kept(const std::string& name, const std::string& why, const FrameRanges& frames = {});
  [[nodiscard]] bool has_earlier(const std::string& name) const { return destination_.earlier(prefix_ + name) != nullptr; }
  [[nodiscard]] std::string worse_metadata(const std::string& name) const;
  [[nodiscard]] bool still_named(const std::string& name);
  void look_at_rest();

  const std::filesystem::path path_;
  const io::StoreFolder store_;
  SnapshotQueries& snapshot_;
  Destination& destination_;
  Teller& teller_;
  NotCopied& not_copied_;
  const Progress progress_;
  const std::string prefix_;  // of the store's files in the backup
  const std::filesystem::path copy_;
  FrameJudge judge_;
  RunFolder run_;
  Array array_;
  std::uint64_t done_ = 0, file_end_ = 0, total_ = 0;  // bytes: dealt with; after this file; in all
};

}  // namespace resonance::archive
