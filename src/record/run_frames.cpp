#include "record/run_frames.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/names.hpp"

namespace resonance::record {

RunFrames::RunFrames(std::shared_ptr<io::FileSystem> files, std::filesystem::path store, std::string run_uid, FrameOptions options,
                     frames::FrameArrayWriter::Means means)
    : files_(std::move(files)), store_(std::move(store)), run_uid_(std::move(run_uid)), options_(std::move(options)), means_(means) {}

std::vector<RunFrames::Entry*> RunFrames::entries() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry*> out;
  out.reserve(entries_.size());
  for (auto& entry : entries_) out.push_back(&entry);
  return out;
}

std::size_t RunFrames::array_for(std::string_view field, const frames::Geometry& geometry) {
  // Only this thread adds to the list, so it may look at it without the lock.
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].field == field && entries_[i].array->layout().geometry == geometry) return i;
  const auto node = node_name_for(field);
  auto group = zarr_group_of(run_uid_, node);
  const auto taken = [&](const std::string& name) {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.array->group() == name; });
  };
  // A second geometry of a field, or a field whose name another one's second array took, gets a number behind its name.
  for (int n = 2; taken(group); ++n) group = zarr_group_of(run_uid_, fmt::format("{}.{}", node, n));
  auto array = std::make_shared<frames::FrameArrayWriter>(files_, store_, group, frames::make_layout(geometry, options_), means_);
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::string(field), std::move(array)});
  return entries_.size() - 1;
}

FrameRef RunFrames::append(std::string_view event_uid, std::string_view field, const frames::Geometry& geometry,
                           const frames::FrameSource& source, bool encoded) {
  const auto i = array_for(field, geometry);
  auto& array = *entries_[i].array;
  return {std::string(event_uid), i, encoded ? array.append_encoded(source) : array.append(source)};
}

std::size_t RunFrames::bytes_on_the_way(std::string_view field, const frames::Geometry& geometry, bool copied) const {
  for (const auto& entry : entries_)
    if (entry.field == field && entry.array->layout().geometry == geometry) return entry.array->bytes_on_the_way(copied);
  return 0;  // the first frame of an array finds nothing in its way
}

void RunFrames::include(Counts& counts, const FrameRef& ref) {
  if (counts.size() <= ref.array) counts.resize(ref.array + 1);
  counts[ref.array] = std::max(counts[ref.array], ref.number + 1);
}

void RunFrames::settle(const Counts& counts) {
  const auto all = entries();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) all[i]->array->settle(counts[i]);
}

void RunFrames::insert(Statements& statements, std::span<const FrameRef> refs) {
  const auto all = entries();
  std::vector<bool> inserted(all.size());
  for (const auto& ref : refs) {
    const auto& entry = *all[ref.array];
    const auto& array = *entry.array;
    const auto& layout = array.layout();
    const auto& [height, width, dtype] = layout.geometry;
    if (!entry.row_written && !inserted[ref.array])
      statements.insert_frame_store({array.group(), run_uid_, entry.field, height, width, to_string(dtype), to_string(layout.codec),
                                     layout.frames_per_chunk, layout.chunks_per_shard});
    inserted[ref.array] = true;
    statements.insert_image_ref({ref.event_uid, entry.field, array.group(), ref.number, height, width, to_string(dtype),
                                 to_string(layout.codec), array.checksum(ref.number)});
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& entry = *all[i];
    entry.durable_in_transaction = entry.durable_noted;
    if (!entry.row_written && !inserted[i]) continue;
    const auto durable = entry.array->durable();
    if (durable == entry.durable_noted) continue;
    statements.set_durable_frames(entry.array->group(), durable);
    entry.durable_in_transaction = durable;
  }
}

void RunFrames::commit(const Counts& counts) noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& entry : entries_) entry.durable_noted = entry.durable_in_transaction;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    entries_[i].row_written = true;
    entries_[i].array->commit(counts[i]);
  }
}

RunFrames::Counts RunFrames::mark() const {
  Counts out;
  for (const auto& entry : entries_) out.push_back(entry.array->appended());
  return out;
}

void RunFrames::take_back(const Counts& mark) {
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].array->take_back(i < mark.size() ? mark[i] : 0);
}

void RunFrames::take_back() {
  for (const auto& entry : entries_) entry.array->take_back(entry.array->committed());
}

std::vector<std::pair<std::string, std::uint64_t>> RunFrames::finish(std::exception_ptr& failure) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (const auto& entry : entries_) {
    try {
      entry.array->finish();
    } catch (const std::exception&) {  // the others are finished all the same
      if (!failure) failure = std::current_exception();
    }
    if (entry.row_written) out.emplace_back(entry.array->group(), entry.array->committed());
  }
  return out;
}

std::vector<FrameArray> RunFrames::arrays() const {
  const std::lock_guard lock(mutex_);
  std::vector<FrameArray> out;
  for (const auto& entry : entries_) out.push_back(entry.array);
  return out;
}

}  // namespace resonance::record
