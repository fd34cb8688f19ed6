#include "record/run_frames.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"

namespace resonance::record {

RunFrames::RunFrames(std::shared_ptr<io::FileSystem> files, std::filesystem::path store, std::string run_uid, FrameOptions options)
    : files_(std::move(files)), store_(std::move(store)), run_uid_(std::move(run_uid)), options_(options) {}

FrameArray& RunFrames::array_for(std::string_view field, const frames::Geometry& geometry) {
  for (auto& entry : entries_)
    if (entry.field == field && entry.array->layout().geometry == geometry) return entry.array;
  auto group = zarr_group_of(run_uid_, field);
  const auto taken = [&](const std::string& name) {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.array->group() == name; });
  };
  // A second geometry of a field, or a field whose name another one's second array took, gets a number behind its name.
  for (int n = 2; taken(group); ++n) group = zarr_group_of(run_uid_, fmt::format("{}.{}", field, n));
  auto array = std::make_shared<frames::FrameArrayWriter>(files_, store_, group, frames::make_layout(geometry, options_));
  return entries_.emplace_back(Entry{std::string(field), std::move(array)}).array;
}

ImageRefRow RunFrames::append(std::string_view event_uid, std::string_view field, const FrameView& frame) {
  const auto& array = array_for(field, {frame.height, frame.width, frame.dtype});
  const auto number = array->append(frame.bytes);
  return {std::string(event_uid), std::string(field), array->group(),         number,
          frame.height,           frame.width,        to_string(frame.dtype), to_string(array->layout().codec)};
}

void RunFrames::insert_new_stores(Statements& statements) {
  for (const auto& entry : entries_) {
    if (entry.row_written) continue;
    const auto& layout = entry.array->layout();
    statements.insert_frame_store({entry.array->group(), run_uid_, entry.field, layout.geometry.height, layout.geometry.width,
                                   to_string(layout.geometry.dtype), to_string(layout.codec), layout.frames_per_chunk,
                                   layout.chunks_per_shard});
  }
}

void RunFrames::commit() {
  for (auto& entry : entries_) {
    entry.row_written = true;
    entry.array->commit();
  }
}

RunFrames::Mark RunFrames::mark() const {
  Mark out;
  for (const auto& entry : entries_) out.push_back(entry.array->appended());
  return out;
}

void RunFrames::take_back(const Mark& mark) {
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].array->take_back(i < mark.size() ? mark[i] : 0);
}

void RunFrames::take_back() {
  for (const auto& entry : entries_) entry.array->take_back(entry.array->committed());
}

std::vector<std::pair<std::string, std::uint64_t>> RunFrames::finish() {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (const auto& entry : entries_) {
    entry.array->finish();
    if (entry.row_written) out.emplace_back(entry.array->group(), entry.array->committed());
  }
  return out;
}

std::vector<FrameArray> RunFrames::arrays() const {
  std::vector<FrameArray> out;
  for (const auto& entry : entries_) out.push_back(entry.array);
  return out;
}

}  // namespace resonance::record
