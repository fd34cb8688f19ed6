/// What lies in the frame store and belongs to nothing. It harms nobody: notes only.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"
#include "io/walk.hpp"

namespace resonance::catalog {

namespace {

// Depths in the store: runs / <run uid> / <array> / c / <shard>.
enum Depth : int { kRunsFolder, kRun, kArray, kShards, kShard };

constexpr std::size_t kMostPartials = 10000;  // told; a sound store has none

/// How many of `length` (from 1) hold `extent`.
std::uint64_t pieces(std::uint64_t extent, std::int64_t length) noexcept {
  const auto each = static_cast<std::uint64_t>(length);
  return extent / each + (extent % each != 0 ? 1 : 0);
}

bool holds_no_file(const std::filesystem::path& folder) {
  std::error_code ignored;
  bool empty = std::filesystem::is_directory(folder, ignored);
  io::walk(folder, [&empty](const io::WalkEntry& entry) {
    empty = empty && entry.folder;
    return empty;
  });
  return empty;
}

class Leftovers {
 public:
  Leftovers(VerifyContext& context, VerifyQueries& queries, const std::vector<std::string>& run_uids)
      : context_(context), queries_(queries), run_uids_(run_uids) {}

  /// \return whether to go into it
  bool look(const io::WalkEntry& entry) {
    if (!entry.folder) return look_at_file(entry), false;
    const auto name = entry.path.filename().string();
    switch (entry.depth) {
      case kRunsFolder:
        return name == "runs";
      case kRun:
        return look_at_run(entry.path, name);
      case kArray:
        return look_at_array(entry.path, name);
      case kShards:
        return true;
      case kShard:
        return look_at_shard(entry.path, name);
      default:
        return true;
    }
  }

  /// Files that were being written when we came by are gone by now.
  void finish() {
    for (const auto& [path, run_uid] : partials_) {
      std::error_code ignored;
      if ((run_uid.empty() && context_.report.open_runs > 0) || !std::filesystem::exists(path, ignored)) continue;
      note("partial_file", path,
           fmt::format("{} was being written when a process died; it can be deleted while nobody records", path.string()), run_uid);
    }
  }

 private:
  void note(const char* kind, const std::filesystem::path& path, std::string message, std::string run_uid = {}) {
    context_.note({.kind = kind, .run_uid = std::move(run_uid), .file = path, .message = std::move(message)});
  }

  void look_at_file(const io::WalkEntry& entry) {
    if (entry.path.extension() != ".partial") return;
    if (entry.depth <= kRun && !run_uids_.empty()) return;  // of no run
    if (partials_.size() < kMostPartials) partials_.emplace_back(entry.path, entry.depth > kRun ? run_uid_ : "");
  }

  bool look_at_run(const std::filesystem::path& path, const std::string& name) {
    if (!run_uids_.empty() && std::find(run_uids_.begin(), run_uids_.end(), name) == run_uids_.end()) return false;
    run_uid_ = name;
    const auto closed = queries_.is_closed(name);
    if (!closed)
      note("unnamed_run", path,
           fmt::format("{} holds frames of a run that the database does not have; keep it until you know whose frames they are",
                       path.string()));
    return closed.value_or(false);  // what is in an open one is in use
  }

  bool look_at_array(const std::filesystem::path& path, const std::string& name) {
    const auto group = fmt::format("runs/{}/{}", run_uid_, name);
    store_ = queries_.store(group);
    if (store_) return true;
    if (!queries_.names_array(run_uid_, group))
      note("unnamed_array", path,
           fmt::format("no event refers to a frame in {}; it is what a call that failed left behind, or its events were deleted",
                       path.string()),
           run_uid_);
    return false;  // others need not keep to our file names
  }

  bool look_at_shard(const std::filesystem::path& path, const std::string& name) {
    const auto number = parse_int64(name);
    if (!number || *number < 0 || !store_->num_frames || store_->frames_per_chunk <= 0 || store_->chunks_per_shard <= 0) return true;
    const auto shard = static_cast<std::uint64_t>(*number);
    const auto frames = static_cast<std::uint64_t>(std::max<std::int64_t>(*store_->num_frames, 0));
    const auto shards = pieces(pieces(frames, store_->frames_per_chunk), store_->chunks_per_shard);
    // A shard that was made ahead and not needed is removed by the writer, its folder stays.
    if (shard < shards || holds_no_file(path)) return true;
    note("surplus_shard", path,
         fmt::format("{} lies behind the last frame of its array, which has {}; it can be deleted while nobody records", path.string(),
                     frames),
         run_uid_);
    return false;
  }

  VerifyContext& context_;
  VerifyQueries& queries_;
  const std::vector<std::string>& run_uids_;                             // empty: all
  std::string run_uid_;                                                  // whose folder we are in
  std::vector<std::pair<std::filesystem::path, std::string>> partials_;  // with the run they are in
  std::optional<StoreRow> store_;                                        // whose folder we are in
};

}  // namespace

void check_leftovers(VerifyContext& context, VerifyQueries& queries, const std::vector<std::string>& run_uids) {
  Leftovers leftovers(context, queries, run_uids);
  io::walk(context.store, [&](const io::WalkEntry& entry) { return leftovers.look(entry); });
  leftovers.finish();
}

}  // namespace resonance::catalog
