#include "repair/mend_array.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "frames/metadata_file.hpp"
#include "repair/array_mender.hpp"
#include "resonance/error.hpp"

namespace resonance::repair {

namespace {

bool has_mark(const zarr::ArrayMetadata& metadata) {
  const auto* mark = metadata.attributes.find("resonance");
  return mark != nullptr && mark->is_object();
}

bool same_layout(const frames::Layout& a, const frames::Layout& b) {
  return a.geometry == b.geometry && a.codec == b.codec && a.frames_per_chunk == b.frames_per_chunk &&
         a.chunks_per_shard == b.chunks_per_shard;
}

}  // namespace

void ArrayMender::run() {
  find_out();
  if (!ours_) return mend_foreign();
  choose_layout();
  if (!layout_)
    return lose_all(fmt::format("the zarr.json of {} cannot be used ({}), and frame_stores does not say how its frames are stored", group_,
                                metadata_error_));
  mend_geometry();
  mend_shards();
  close_array();
}

void ArrayMender::find_out() {
  store_ = frames_.store(group_);
  field_ = store_ ? store_->field : frames_.field_of(group_);
  run_uid_ = store_ ? store_->run_uid : task_.records.run_of_group(group_).value_or("");
  try {
    metadata_ = frames::read_metadata(folder_);
  } catch (const Error& error) {
    metadata_error_ = error.what();
    foreign_format_ = error.code() == ErrorCode::unsupported;
  }
  ours_ = store_.has_value() || (metadata_ && has_mark(*metadata_));
  frames_.collect(group_);
  named_ = frames_.last_number();
}

RepairFinding ArrayMender::finding(Outcome outcome, const char* kind, fs::path file, std::string message) const {
  return {.outcome = outcome, .kind = kind, .run_uid = run_uid_, .field = field_, .file = std::move(file), .message = std::move(message)};
}

void ArrayMender::tell_lost(const fs::path& file, std::uint64_t first, std::uint64_t last, const std::string& why,
                            std::optional<std::uint64_t> offset) {
  if (offset && *offset >= io::file_bytes(file)) offset.reset();  // what a damaged entry says is no place
  const auto range = first == last ? fmt::format("frame {}", first) : fmt::format("frames {} to {}", first, last);
  auto out = finding(Outcome::lost, "frame", file,
                     fmt::format("{} of {} {} lost ({}{}): {}", range, printable(field_), first == last ? "is" : "are", file.string(),
                                 offset ? fmt::format(", byte {}", *offset) : "", why));
  out.first = first;
  out.last = last;
  out.count = last - first + 1;
  out.offset = offset;
  context_.tell(out);
}

std::optional<frames::Layout> ArrayMender::from_metadata() const {
  if (!metadata_) return std::nullopt;
  try {
    return frames::as_written(frames::layout_of(*metadata_));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<frames::Layout> ArrayMender::from_row() const {
  if (!store_) return std::nullopt;
  try {
    return frames::layout_like(
        {static_cast<std::uint64_t>(store_->height), static_cast<std::uint64_t>(store_->width), parse_dtype(store_->dtype)},
        parse_codec(store_->codec), static_cast<std::uint64_t>(store_->frames_per_chunk),
        static_cast<std::uint64_t>(store_->chunks_per_shard));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::uint64_t ArrayMender::frames_right(const frames::Layout& layout) {
  std::uint64_t out = 0;
  for (const auto shard : {std::uint64_t{0}, named_.value_or(0) / layout.frames_per_shard()}) {
    std::vector<WantedFrame> wanted;
    for (const auto& reference : frames_.between(shard * layout.frames_per_shard(), (shard + 1) * layout.frames_per_shard()))
      if (reference.id > 0) wanted.push_back({reference.number - shard * layout.frames_per_shard(), reference.crc32c});
    const auto file = open(path_of(layout, shard));
    const auto survey = survey_shard(file.get(), layout, wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) out += survey.frames[i].there ? 1 : 0;
    out += survey.sound ? 1 : 0;
  }
  return out;
}

void ArrayMender::choose_layout() {
  auto by_metadata = from_metadata();
  auto by_row = from_row();
  if (by_metadata && by_row && !same_layout(*by_metadata, *by_row) && frames_right(*by_row) > frames_right(*by_metadata))
    by_metadata.reset();
  layout_ = by_metadata ? std::move(by_metadata) : std::move(by_row);
}

void ArrayMender::mend_geometry() {
  const auto& geometry = layout_->geometry;
  const auto rows = frames_.set_geometry(group_, static_cast<std::int64_t>(geometry.height), static_cast<std::int64_t>(geometry.width),
                                         to_string(geometry.dtype), to_string(layout_->codec));
  if (rows == 0) return;
  auto out = finding(Outcome::mended, "geometry", context_.database,
                     fmt::format("{} references to {} did not say {} and '{}', as the array does, and do now", rows, printable(group_, 300),
                                 frames::to_string(geometry), to_string(layout_->codec)));
  out.count = rows;
  context_.tell(out);
}

catalog::StoreRow ArrayMender::as_store_row() const {
  return {group_,
          run_uid_,
          field_,
          std::string(to_string(layout_->geometry.dtype)),
          std::string(to_string(layout_->codec)),
          static_cast<std::int64_t>(layout_->geometry.height),
          static_cast<std::int64_t>(layout_->geometry.width),
          static_cast<std::int64_t>(layout_->frames_per_chunk),
          static_cast<std::int64_t>(layout_->chunks_per_shard),
          std::nullopt};
}

void ArrayMender::close_array() {
  frames_.collect(group_);
  const auto last = frames_.last_number();
  if (!last) return leave_out();
  auto row = as_store_row();
  row.num_frames = static_cast<std::int64_t>(*last) + 1;
  if (!store_ || store_->num_frames != row.num_frames || !same_row(*store_, row)) {
    if (!store_ || !same_row(*store_, row))
      context_.tell(finding(Outcome::mended, "frame_store", context_.database,
                            fmt::format("the row of {} in frame_stores was {} and follows from its zarr.json now", printable(group_, 300),
                                        store_ ? "wrong" : "lost")));
    frames_.put_store(row);
  }
  mend_metadata(*last + 1);
}

bool ArrayMender::same_row(const catalog::StoreRow& a, const catalog::StoreRow& b) {
  return a.height == b.height && a.width == b.width && a.dtype == b.dtype && a.codec == b.codec &&
         a.frames_per_chunk == b.frames_per_chunk && a.chunks_per_shard == b.chunks_per_shard;
}

void ArrayMender::mend_metadata(std::uint64_t frames) {
  const auto known = from_metadata();
  const bool right = known && same_layout(*known, *layout_);
  const auto unlike = right ? frames::unlike_written(*metadata_) : std::string();
  if (right && metadata_->shape[0] == frames && unlike.empty()) return;
  frames::write_metadata(*context_.files, folder_, right ? known->metadata : layout_->metadata, frames, false);
  ++context_.report.files_written;
  const auto what = !metadata_                      ? metadata_error_
                    : !right                        ? std::string("it did not agree with the database and the frames")
                    : metadata_->shape[0] != frames ? fmt::format("it said {} frames, there are {}", metadata_->shape[0], frames)
                                                    : fmt::format("it was not as Resonance writes it: {}", printable(unlike, 300));
  context_.tell(
      finding(Outcome::mended, "array", old_ / "zarr.json", fmt::format("{} was made anew: {}", (old_ / "zarr.json").string(), what)));
}

void mend_array(ArrayTask& task, const std::string& group) { ArrayMender(task, group).run(); }

}  // namespace resonance::repair
