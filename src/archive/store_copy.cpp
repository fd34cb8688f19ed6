#include "archive/store_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <tuple>
#include <utility>

#include "archive/bag.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "frames/metadata_file.hpp"
#include "frames/sealed_form.hpp"
#include "io/walk.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kRuns = "runs/";
constexpr std::size_t kUidEnd = kRuns.size() + 32;
constexpr int kTries = 3;
constexpr std::uint64_t kMostShards = 1 << 20;  // of an array; of a sound one
constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kSettled = 2 * kNanoseconds;

std::int64_t time_of(const io::StoreFile& file) noexcept { return file.identity().changed_s * kNanoseconds + file.identity().changed_ns; }

/// 0 for a file that was changed a moment ago: it may change again without another time.
std::int64_t settled_time_of(const io::StoreFile& file) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - time_of(file) > kSettled ? time_of(file) : 0;
}

/// "runs/<uid>" or "runs/<uid>/…"; empty for other names.
std::string run_uid_of(const std::string& name) {
  if (!name.starts_with(kRuns) || name.size() < kUidEnd || (name.size() > kUidEnd && name[kUidEnd] != '/')) return {};
  auto uid = name.substr(kRuns.size(), kUidEnd - kRuns.size());
  return is_uid(uid) ? uid : std::string();
}

/// "runs/<uid>/<array>" of "runs/<uid>/<array>/…"; empty for other names.
std::string array_of(const std::string& name) {
  if (run_uid_of(name).empty() || name.size() <= kUidEnd) return {};
  const auto end = name.find('/', kUidEnd + 1);
  return end == std::string::npos ? std::string() : name.substr(0, end);
}

}  // namespace

StoreCopy::StoreCopy(const fs::path& store, SnapshotQueries& snapshot, Destination& destination, Teller& teller, Progress progress)
    : path_(store),
      store_(store),
      snapshot_(snapshot),
      destination_(destination),
      teller_(teller),
      progress_(std::move(progress)),
      prefix_(std::string(kPayloadFolder) + store.filename().string() + "/") {}

void StoreCopy::run() {
  const auto files = plan();
  for (const auto& file : files) total_ += file.bytes;
  for (const auto& file : files) {
    file_end_ = done_ + file.bytes;
    if (wanted(file.name)) copy(file.name);
    done_ = file_end_;
    if (progress_) progress_(done_, total_);
  }
  look_at_rest();
  destination_.settle();
}

std::vector<StoreCopy::Planned> StoreCopy::plan() {
  std::vector<Planned> out;
  const auto root = path_.string().size() + 1;
  io::walk(path_, [&](const io::WalkEntry& entry) {
    if (entry.folder && entry.depth >= io::kDeepestWalk)
      tell_not_copied(entry.path.string().substr(root), "not_copied", "it lies too deep; no more than 32 folders are gone into");
    if (entry.folder) return true;
    if (!io::is_partial_name(entry.path.filename().string()))
      out.push_back({entry.path.string().substr(root), std::min(io::file_bytes(entry.path), io::allocated_bytes(entry.path))});
    return false;
  });
  add_growing(out);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return std::tie(a.name, b.bytes) < std::tie(b.name, a.bytes); });
  out.erase(std::unique(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name == b.name; }), out.end());
  return out;
}

/// Files that the snapshot needs and that are replaced all the time: a listing of a folder may miss one at that moment.
void StoreCopy::add_growing(std::vector<Planned>& out) {
  for (const auto& uid : snapshot_.recording_runs()) {
    look_at_run(uid);
    for (const auto& [group, frames] : run_.frames) {
      if (array_of(group + "/") != group) continue;  // a name that no writer of ours gives
      look_at_array(group);
      if (!array_.layout || frames / array_.layout->frames_per_shard() > kMostShards) continue;
      out.push_back({group + "/zarr.json"});
      for (std::uint64_t first = 0; first < frames; first += array_.layout->frames_per_shard()) {
        const std::uint64_t position[] = {first / array_.layout->frames_per_shard(), 0, 0};
        out.push_back({group + "/" + zarr::chunk_key(array_.layout->metadata, position)});
      }
    }
  }
}

bool StoreCopy::wanted(const std::string& name) {
  const auto uid = run_uid_of(name);
  if (uid.empty() || name.size() == kUidEnd) return array_ = {}, true;
  if (uid != run_.uid) look_at_run(uid);
  if (run_.state == RunInSnapshot::absent) return false;
  const auto group = array_of(name);
  if (group != array_.group) look_at_array(group);
  return array_.frames != 0;  // an array of which no row names a frame is the remains of a call that failed, or younger
}

void StoreCopy::look_at_run(const std::string& uid) {
  run_ = {uid, snapshot_.state_of(uid), {}};
  if (run_.state == RunInSnapshot::recording) run_.frames = snapshot_.frames_named(uid);
  if (run_.state == RunInSnapshot::absent)
    teller_.note({.kind = "unnamed_run",
                  .run_uid = uid,
                  .file = path_ / "runs" / uid,
                  .message = fmt::format("the database has no run {}; its files are not copied: it was begun since, or was deleted", uid)});
}

void StoreCopy::look_at_array(const std::string& group) {
  array_ = {group, {}, {}};
  if (group.empty()) return;
  try {
    store_.require_inside(group + "/zarr.json");
    auto metadata = frames::read_metadata(path_ / group);
    const auto* mark = metadata.attributes.find("resonance");
    if (mark == nullptr || !mark->is_object()) return;
    array_.layout = frames::layout_of(std::move(metadata));
  } catch (const Error&) {  // not one of ours, or too damaged to be understood: its files are copied as they are
    return;
  }
  if (run_.state != RunInSnapshot::recording) return;
  const auto named = run_.frames.find(group);
  array_.frames = named == run_.frames.end() ? 0 : named->second;
}

std::optional<std::uint64_t> StoreCopy::shard_number(const std::string& name) const {
  constexpr std::string_view kFolder = "/c/";
  const auto key = name.substr(array_.group.size());
  std::uint64_t number = 0;
  if (!array_.layout || !key.starts_with(kFolder)) return std::nullopt;
  std::from_chars(key.data() + kFolder.size(), key.data() + key.size(), number);
  const std::uint64_t position[] = {number, 0, 0};
  return key.substr(1) == zarr::chunk_key(array_.layout->metadata, position) ? std::optional(number) : std::nullopt;
}

bool StoreCopy::unchanged(const FileRecord& record) {
  const auto* earlier = destination_.earlier(record.path);
  if (earlier == nullptr || record.source_mtime_ns == 0 || earlier->source_mtime_ns != record.source_mtime_ns ||
      earlier->source_bytes != record.source_bytes || earlier->frames != record.frames)
    return false;
  destination_.keep(record.path);
  return true;
}

void StoreCopy::copy(const std::string& name) {
  if (!is_utf8(name)) return tell_not_copied(name, "not_copied", "its name is no UTF-8, which a bag cannot hold; give it another one");
  if (array_.frames && name == array_.group + "/zarr.json") return put_length(name);
  try {
    for (int i = 0; i < kTries; ++i)
      if (copy_once(name)) return;
    tell_not_copied(name, "not_copied", "it changes while it is copied; back up again");
  } catch (const Error& error) {
    if (error.detail().file != path_ / name) throw;  // of the place that is copied to
    tell_not_copied(name, "not_copied", error.what());
  }
}

/// \return whether the copy is good
bool StoreCopy::copy_once(const std::string& name) {
  const auto file = store_.open(name);
  if (!file) return look_at_missing(name), true;
  if (const auto shard = shard_number(name)) return copy_shard(name, *file, *shard), true;
  if (unchanged({.path = prefix_ + name, .source_bytes = file->bytes(), .source_mtime_ns = time_of(*file)})) return true;
  copy_bytes(name, *file);
  return store_.is_current(name, *file);
}

/// What an earlier backup has of it is for look_at_rest().
void StoreCopy::look_at_missing(const std::string& name) {
  const auto shard = shard_number(name);
  if (!shard || !array_.frames || *shard * array_.layout->frames_per_shard() >= *array_.frames) return;
  if (destination_.earlier(prefix_ + name) == nullptr) tell_not_copied(name, "not_copied", "it is not in the store");
}

void StoreCopy::copy_shard(const std::string& name, const io::StoreFile& file, std::uint64_t shard) {
  const auto most = array_.layout->frames_per_shard();
  const auto first = shard * most;
  const auto held = !array_.frames ? most : *array_.frames > first ? std::min(most, *array_.frames - first) : 0;
  if (held == 0) return;  // begun since
  FileRecord record{.path = prefix_ + name, .source_bytes = file.bytes(), .source_mtime_ns = time_of(file), .frames = held};
  if (unchanged(record)) return;
  frames::SealedForm form;
  try {
    form = frames::sealed_form(file, *array_.layout, held);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    const bool alone = destination_.earlier(record.path) == nullptr;
    tell_not_copied(name, "damaged_shard", error.what());
    return alone ? copy_bytes(name, file) : void();  // what is left of it
  }
  destination_.copy(file, form.data_bytes, form.index, std::move(record), [this](std::uint64_t bytes) {
    done_ = std::min(file_end_, done_ + bytes);
    if (progress_) progress_(done_, total_);
  });
}

void StoreCopy::copy_bytes(const std::string& name, const io::StoreFile& file) {
  FileRecord record{.path = prefix_ + name, .source_bytes = file.bytes(), .source_mtime_ns = settled_time_of(file)};
  destination_.copy(file, file.bytes(), {}, std::move(record), [this](std::uint64_t bytes) {
    done_ = std::min(file_end_, done_ + bytes);
    if (progress_) progress_(done_, total_);
  });
}

/// The zarr.json of an array that grows, as long as the snapshot has it.
void StoreCopy::put_length(const std::string& name) {
  auto metadata = array_.layout->metadata;
  metadata.shape[0] = *array_.frames;
  destination_.put(zarr::dump_array_metadata(metadata), {.path = prefix_ + name});
}

/// What an earlier backup has of it stays.
void StoreCopy::tell_not_copied(const std::string& name, const char* kind, const std::string& why) {
  const bool kept = destination_.earlier(prefix_ + name) != nullptr;
  if (kept) destination_.keep(prefix_ + name);
  teller_.fault({.kind = kept ? "kept_copy" : kind,
                 .run_uid = run_uid_of(name),
                 .file = path_ / name,
                 .message = fmt::format("{}: {}{}", printable((path_ / name).string(), 400), why,
                                        kept ? "; the copy that an earlier backup made of it is kept" : "")});
}

/// Whether the snapshot needs a file that the store no longer has.
bool StoreCopy::still_named(const std::string& name) {
  const auto uid = run_uid_of(name), group = array_of(name);
  if (uid.empty() || snapshot_.state_of(uid) == RunInSnapshot::absent) return false;
  if (group.empty()) return name.ends_with("/zarr.json");
  if (uid != run_.uid) look_at_run(uid);
  look_at_array(group);
  const auto frames = snapshot_.frames_named(uid);
  const auto named = frames.find(group);
  if (named == frames.end()) return false;
  const auto shard = shard_number(name);
  return shard ? *shard * array_.layout->frames_per_shard() < named->second : name == group + "/zarr.json" || !array_.layout;
}

void StoreCopy::look_at_rest() {
  for (const auto& record : destination_.left_over()) {
    if (!record.path.starts_with(prefix_)) continue;
    const auto name = record.path.substr(prefix_.size());
    if (std::error_code ignored; fs::exists(fs::symlink_status(path_ / name, ignored)) || !still_named(name)) continue;
    tell_not_copied(name, "not_copied", "it is gone from the store");
  }
}

}  // namespace resonance::archive
