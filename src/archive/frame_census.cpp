#include "archive/frame_census.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "frames/frame_array_reader.hpp"
#include "frames/metadata_file.hpp"
#include "resonance/error.hpp"

namespace resonance::archive {

namespace fs = std::filesystem;
using catalog::FrameFinder;

namespace {

constexpr std::size_t kMostRanges = 40;        // in words; the fault has all of them
constexpr std::uint64_t kMostFiles = 1 << 20;  // that are missing of an array; no sound one has so many

}  // namespace

std::string in_words(const FrameRanges& frames) {
  std::string out;
  for (std::size_t i = 0; i < std::min(frames.size(), kMostRanges); ++i) {
    const auto [first, last] = frames[i];
    out += out.empty() ? "" : i + 1 == frames.size() ? " and " : ", ";
    out += first == last ? fmt::format("{}", first) : fmt::format("{} to {}", first, last);
  }
  if (frames.size() > kMostRanges) out += fmt::format(" and {} more ranges", frames.size() - kMostRanges);
  return (frames.size() == 1 && frames[0].first == frames[0].second ? "frame " : "frames ") + out;
}

void FrameCensus::run() {
  for (const auto& uid : snapshot_.run_uids())
    for (const auto& array : snapshot_.arrays_of(uid)) look_at(uid, array);
  for (const auto& name : told_) not_copied_.erase(name);
  tell_lost();
}

void FrameCensus::look_at(const std::string& run_uid, const NamedArray& array) {
  std::optional<FrameFinder> finder;
  bool ours = array.ours;
  try {
    ours = frames::FrameArrayReader(copy_, array.group).ours() || ours;
    finder.emplace(copy_, array.group, true, false);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported && !ours) return;  // its files are there, and nobody here knows what is in them
    auto missing = missing_array(array, error);
    missing.frames = array.frames;
    return tell(run_uid, array, missing);
  }
  if (ours) look_above(run_uid, array.group);
  look_up(run_uid, array, *finder, ours);
}

/// The frames are there, but readers of Zarr alone do not find them below a group without its zarr.json.
void FrameCensus::look_above(const std::string& run_uid, const std::string& group) {
  auto folder = fs::path(group);
  do {
    folder = folder.parent_path();
    if (!groups_.insert(folder.string()).second) continue;
    const auto error = frames::group_fault(copy_ / folder);
    if (!error) continue;
    const auto name = (folder / "zarr.json").string();
    teller_.fault({.kind = error->code() == ErrorCode::not_found ? "missing_group" : "damaged_group",
                   .run_uid = folder.has_parent_path() ? run_uid : "",
                   .file = source_ / name,
                   .message = fmt::format("{}; all frames below it are in the backup, but readers of Zarr alone cannot open the group; "
                                          "repair the beamtime and back up again",
                                          error->what())});
    told_.push_back(name);
  } while (!folder.empty());
}

/// Nothing can be looked up.
FrameCensus::Missing FrameCensus::missing_array(const NamedArray& array, const Error& error) {
  const auto name = array.group + "/zarr.json";
  Missing out{error.code() == ErrorCode::not_found ? "missing_array" : "damaged_array", name};
  std::error_code ignored;
  if (const auto reason = not_copied_.find(name); reason != not_copied_.end())
    out.why = reason->second;
  else if (!fs::exists(source_, ignored))
    out.why = fmt::format("the frame store {} is not there", source_.string());
  else if (!fs::exists(source_ / array.group, ignored))
    out.why = fmt::format("there is no {} in the frame store", printable(array.group, 300));
  else if (out.kind == "missing_array")
    out.why = fmt::format("{} is not there", (source_ / name).string());
  else
    out.why = fmt::format("its files were copied as they are, but {}", error.what());
  told_.push_back(name);
  return out;
}

std::optional<FrameCensus::Missing> FrameCensus::missing_file(const FrameFinder::Finding& found, bool ours) {
  using State = FrameFinder::State;
  if (found.state == State::there) return std::nullopt;
  const auto name = found.file.lexically_relative(copy_).string();
  const auto reason = not_copied_.find(name);
  // What others leave out is all fill value.
  if (!ours && reason == not_copied_.end() && (found.state == State::no_file || found.state == State::no_entry)) return std::nullopt;
  const auto file = (source_ / name).string();
  Missing out{found.state == State::no_file    ? "missing_shard"
              : found.state == State::bad_file ? "damaged_shard"
              : found.state == State::no_entry ? "missing_frame"
                                               : "damaged_frame",
              name};
  out.why = reason != not_copied_.end()      ? reason->second
            : found.state == State::no_file  ? fmt::format("{} is not there", file)
            : found.state == State::no_entry ? fmt::format("{} does not hold them", file)
                                             : fmt::format("{} is damaged: {}; what there is of it is copied", file, found.why);
  if (reason != not_copied_.end()) told_.push_back(name);
  return out;
}

void FrameCensus::look_up(const std::string& run_uid, const NamedArray& array, FrameFinder& finder, bool ours) {
  std::map<std::pair<std::string, std::string>, Missing> found;  // by kind and file
  for (const auto& [begin, last] : array.frames) {
    for (auto number = begin; number <= last;) {
      const auto finding = finder.find(number);
      const bool whole_file = finding.state == FrameFinder::State::no_file || finding.state == FrameFinder::State::bad_file;
      auto until = whole_file && finding.count > 0 ? std::min(last, finding.first + finding.count - 1) : number;
      if (auto missing = missing_file(finding, ours)) {
        if (found.size() >= kMostFiles) until = last;
        auto& entry = found.try_emplace({missing->kind, missing->name}, *missing).first->second;
        add_range(entry.frames, number, until);
      }
      if (until == last) break;
      number = until + 1;
    }
  }
  for (const auto& [key, missing] : found) tell(run_uid, array, missing);
}

void FrameCensus::tell(const std::string& run_uid, const NamedArray& array, const Missing& missing) {
  Fault fault{.kind = missing.kind, .run_uid = run_uid, .field = array.field, .file = source_ / missing.name};
  fault.group = array.group;
  fault.frames = missing.frames;
  if (!missing.frames.empty()) fault.frame = missing.frames.front().first;
  fault.message = fmt::format("{} of {} ({}) are not in the backup: {}", in_words(missing.frames), printable(array.field),
                              printable(array.group, 300), missing.why);
  teller_.fault(std::move(fault));
}

void FrameCensus::tell_lost() {
  for (const auto& [run_uid, array] : snapshot_.lost_frames()) {
    Fault note{.kind = "lost_frame", .run_uid = run_uid, .field = array.field, .file = source_ / array.group};
    note.group = array.group;
    note.frames = array.frames;
    note.message = fmt::format("{} of {} ({}) were lost before and are in no backup that was made since; table lost_frames says why",
                               in_words(array.frames), printable(array.field), printable(array.group, 300));
    teller_.note(std::move(note));
  }
}

}  // namespace resonance::archive
