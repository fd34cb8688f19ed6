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
#include "resonance/json.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kRuns = "runs/";
constexpr std::size_t kUidEnd = kRuns.size() + 32;
constexpr int kTries = 3;
constexpr std::uint64_t kMostMetadata = 64 << 20;
constexpr std::uint64_t kMostShards = 1 << 20;  // of an array; of a sound one
constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kSettled = 2 * kNanoseconds;

std::int64_t time_of(const io::StoreFile& file) noexcept { return file.identity().changed_s * kNanoseconds + file.identity().changed_ns; }

/// 0 for a file that was changed a moment ago: it may change again without another time.
std::int64_t settled_time_of(const io::StoreFile& file) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - time_of(file) > kSettled ? time_of(file) : 0;
}

/// "runs/<uid>/<array>" of "runs/<uid>/<array>/…"; empty for other names.
std::string array_of(const std::string& name) {
  if (run_uid_of(name).empty() || name.size() <= kUidEnd) return {};
  const auto end = name.find('/', kUidEnd + 1);
  return end == std::string::npos ? std::string() : name.substr(0, end);
}

/// Nothing of an array that is not one of ours.
std::optional<frames::Layout> layout_in(const fs::path& array) {
  auto metadata = frames::read_metadata(array);
  const auto* mark = metadata.attributes.find("resonance");
  if (mark == nullptr || !mark->is_object()) return std::nullopt;
  return frames::layout_of(std::move(metadata));
}

}  // namespace

std::string run_uid_of(const std::string& name) {
  if (!name.starts_with(kRuns) || name.size() < kUidEnd || (name.size() > kUidEnd && name[kUidEnd] != '/')) return {};
  auto uid = name.substr(kRuns.size(), kUidEnd - kRuns.size());
  return is_uid(uid) ? uid : std::string();
}

StoreCopy::StoreCopy(const fs::path& store, SnapshotQueries& snapshot, Destination& destination, Teller& teller, NotCopied& not_copied,
                     Progress progress)
    : path_(store),
      store_(store),
      snapshot_(snapshot),
      destination_(destination),
      teller_(teller),
      not_copied_(not_copied),
      progress_(std::move(progress)),
      prefix_(std::string(kPayloadFolder) + store.filename().string() + "/"),
      copy_(destination.folder() / kPayloadFolder / store.filename()),
      judge_(path_, copy_, snapshot) {}

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
  const auto visit = [&](const io::WalkEntry& entry) {
    if (entry.folder && entry.depth >= io::kDeepestWalk)
      leave_out(entry.path.string().substr(root), "it lies too deep; no more than 32 folders are gone into");
    if (entry.folder) return true;
    if (!io::is_partial_name(entry.path.filename().string()))
      out.push_back({entry.path.string().substr(root), std::min(io::file_bytes(entry.path), io::allocated_bytes(entry.path))});
    return false;
  };
  io::walk(path_, visit, [&](const fs::path& folder, const Error& error) {
    leave_out(folder == path_ ? "" : folder.string().substr(root), error.what());
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
    array_.layout = layout_in(path_ / group);
  } catch (const Error&) {  // too damaged to be understood: as an earlier backup has it, or else its files are copied as they are
    try {
      array_.layout = layout_in(copy_ / group);
    } catch (const Error&) {}
  }
  if (!array_.layout) return;
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
  if (!is_utf8(name)) return leave_out(name, "its name is no UTF-8, which a bag cannot hold; give it another one");
  if (array_.frames && name == array_.group + "/zarr.json") return put_length(name);
  try {
    for (int i = 0; i < kTries; ++i)
      if (copy_once(name)) return;
    leave_out(name, "it changes while it is copied; back up again");
  } catch (const Error& error) {
    if (error.detail().file != path_ / name) throw;  // of the place that is copied to
    leave_out(name, error.what());
  }
}

/// \return whether the copy is good
bool StoreCopy::copy_once(const std::string& name) {
  const auto file = store_.open(name);
  if (!file) return true;  // what an earlier backup has of it is for look_at_rest(), frames that are missed are for the census
  if (const auto shard = shard_number(name)) return copy_shard(name, *file, *shard), true;
  if (unchanged({.path = prefix_ + name, .source_bytes = file->bytes(), .source_mtime_ns = time_of(*file)})) return true;
  if (has_earlier(name)) {
    if (const auto why = worse_metadata(name); !why.empty()) return tell_kept(name, why), true;
    if (file->bytes() == 0) return tell_kept(name, "it is empty now"), true;
  }
  copy_bytes(name, *file);
  return store_.is_current(name, *file);
}

/// Why the metadata of a node are not worth what an earlier backup has of them; empty when they may take its place.
std::string StoreCopy::worse_metadata(const std::string& name) const {
  if (fs::path(name).filename() != "zarr.json") return {};
  const auto parsed = [&](const fs::path& store) { return Json::parse(io::read_text(store / name, kMostMetadata)); };
  try {
    const auto json = parsed(path_);
    const auto* type = json.find("node_type");
    if (type == nullptr || !type->is_string()) throw Error(ErrorCode::corrupt, "it has no node_type");
    if (type->as_string() != "array") return {};
    const auto length = frames::read_metadata((path_ / name).parent_path()).shape.at(0);
    const auto before = frames::read_metadata((copy_ / name).parent_path()).shape.at(0);
    return length < before ? fmt::format("it says {} frames, the copy {}", length, before) : "";
  } catch (const std::exception& error) {  // of one of the two, or it is something that only its writer understands
    try {
      const auto before = parsed(copy_);
      if (before.find("node_type") == nullptr) return {};
      if (before.at("node_type") == Json("array")) (void)frames::read_metadata((copy_ / name).parent_path());
    } catch (const std::exception&) {
      return {};
    }
    return error.what();
  }
}

void StoreCopy::copy_shard(const std::string& name, const io::StoreFile& file, std::uint64_t shard) {
  const auto most = array_.layout->frames_per_shard();
  const auto first = shard * most;
  const auto held = !array_.frames ? most : *array_.frames > first ? std::min(most, *array_.frames - first) : 0;
  if (held == 0) return;  // begun since
  FileRecord record{.path = prefix_ + name, .source_bytes = file.bytes(), .source_mtime_ns = time_of(file), .frames = held};
  if (unchanged(record)) return;
  if (!array_.frames && has_earlier(name))  // a shard of a closed run is never written again
    if (const auto bad = judge_.worse_in_source(run_.uid, array_.group, first, first + most - 1); !bad.empty())
      return tell_kept(name, fmt::format("{} in it can no longer be read as recorded", in_words(bad)), bad);
  frames::SealedForm form;
  try {
    form = frames::sealed_form(file, *array_.layout, held);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    if (has_earlier(name)) return tell_kept(name, error.what());
    return copy_bytes(name, file);  // what is left of it; the census tells what is not
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

/// It is not in this backup, unless an earlier one has it: that copy stays.
void StoreCopy::leave_out(const std::string& name, const std::string& why) {
  if (has_earlier(name)) return tell_kept(name, why);
  not_copied_.emplace(name, fmt::format("{} was not copied: {}", printable((path_ / name).string(), 400), why));
}

void StoreCopy::tell_kept(const std::string& name, const std::string& why, const FrameRanges& frames) {
  destination_.keep(prefix_ + name);
  Fault fault{.kind = "kept_copy", .run_uid = run_uid_of(name), .file = path_ / name};
  fault.group = frames.empty() ? "" : array_.group;
  fault.frames = frames;
  fault.message = fmt::format("{}: {}; the copy that an earlier backup made of it is kept", printable((path_ / name).string(), 400), why);
  teller_.fault(std::move(fault));
}

/// Whether the snapshot needs a file that the store no longer has.
bool StoreCopy::still_named(const std::string& name) {
  const auto uid = run_uid_of(name), group = array_of(name);
  if (name == "zarr.json" || name == "runs/zarr.json") return snapshot_.has_frames();
  if (uid.empty() || snapshot_.state_of(uid) == RunInSnapshot::absent) return false;
  if (group.empty()) return name.ends_with("/zarr.json");
  if (uid != run_.uid) look_at_run(uid);
  if (array_.group != group) look_at_array(group);
  const auto frames = snapshot_.frames_named(uid);
  const auto named = frames.find(group);
  if (named == frames.end()) return false;
  const auto shard = shard_number(name);
  return shard ? *shard * array_.layout->frames_per_shard() < named->second : name == group + "/zarr.json" || !array_.layout;
}

void StoreCopy::look_at_rest() {
  std::error_code ignored;
  const bool gone = !fs::exists(path_, ignored);
  bool told = false;
  for (const auto& record : destination_.left_over()) {
    if (!record.path.starts_with(prefix_)) continue;
    const auto name = record.path.substr(prefix_.size());
    if (fs::exists(fs::symlink_status(path_ / name, ignored)) || !still_named(name)) continue;
    if (!gone) {
      tell_kept(name, "it is gone from the store");
      continue;
    }
    destination_.keep(record.path);
    if (!std::exchange(told, true))
      teller_.fault({.kind = "kept_copy",
                     .file = path_,
                     .message = fmt::format("the frame store {} is gone; what an earlier backup has of it is kept", path_.string())});
  }
}

}  // namespace resonance::archive
