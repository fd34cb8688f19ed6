/// Which of the frames that the copy of a database names are not in the copy of its frame store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/snapshot_statements.hpp"
#include "archive/teller.hpp"
#include "catalog/frame_finder.hpp"
#include "resonance/error.hpp"

namespace resonance::archive {

/// Files of the store that were not copied, by their names in it, and why.
using NotCopied = std::map<std::string, std::string>;

/// Tells one fault for each array, or file of an array, of which frames are missing, with their numbers; a note for frames that were
/// known to be lost. Frames are looked up, not decoded.
class FrameCensus {
 public:
  FrameCensus(std::filesystem::path source, std::filesystem::path copy, SnapshotQueries& snapshot, NotCopied& not_copied, Teller& teller)
      : source_(std::move(source)), copy_(std::move(copy)), snapshot_(snapshot), not_copied_(not_copied), teller_(teller) {}

  /// What it has told of is taken out of `not_copied`.
  void run();

 private:
  /// Frames that are missing for one reason.
  struct Missing {
    std::string kind;
    std::string name = {};  ///< of the file, in the store
    std::string why = {};
    FrameRanges frames = {};
  };
  void look_at(const std::string& run_uid, const NamedArray& array);
  void look_above(const std::string& run_uid, const std::string& group);
  void look_up(const std::string& run_uid, const NamedArray& array, catalog::FrameFinder& finder, bool ours);
  [[nodiscard]] Missing missing_array(const NamedArray& array, const Error& error);
  [[nodiscard]] std::optional<Missing> missing_file(const catalog::FrameFinder::Finding& found, bool ours);
  void tell(const std::string& run_uid, const NamedArray& array, const Missing& missing);
  void tell_lost();

  const std::filesystem::path source_, copy_;
  SnapshotQueries& snapshot_;
  NotCopied& not_copied_;
  std::vector<std::string> told_;  // of not_copied_
  std::set<std::string> groups_;   // that were looked at
  Teller& teller_;
};

/// "frame 3", "frames 0 to 17, 20 and 25 to 30"
[[nodiscard]] std::string in_words(const FrameRanges& frames);

}  // namespace resonance::archive
