#include "repair/mend_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/names.hpp"
#include "base/text.hpp"
#include "base/uid.hpp"
#include "frames/frame_array_reader.hpp"
#include "frames/metadata_file.hpp"
#include "frames/pixel_check.hpp"
#include "io/link.hpp"
#include "repair/records.hpp"
#include "repair/shard_salvage.hpp"
#include "resonance/error.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::repair {

namespace {

namespace fs = std::filesystem;

constexpr const char* kByNeighbours = "to which events they belong follows from the rows around them";
constexpr const char* kBySubstitute = "they are there, and belong to substitute events in stream 'recovered' now";
constexpr std::uint64_t kForeignFrames = 4096;  // looked at together

bool is_mark(const zarr::ArrayMetadata& metadata) {
  const auto* mark = metadata.attributes.find("resonance");
  return mark != nullptr && mark->is_object();
}

bool same_layout(const frames::Layout& a, const frames::Layout& b) {
  return a.geometry == b.geometry && a.codec == b.codec && a.frames_per_chunk == b.frames_per_chunk &&
         a.chunks_per_shard == b.chunks_per_shard;
}

/// Frames that follow each other and are lost for the same reason are told at once.
class LostRange {
 public:
  using Tell = std::function<void(const fs::path&, std::uint64_t, std::uint64_t, const std::string&, std::optional<std::uint64_t>)>;
  explicit LostRange(Tell tell) : tell_(std::move(tell)) {}
  void add(std::uint64_t number, const FrameState& state, const fs::path& file) {
    if (count_ > 0 && number == last_ + 1 && state.why == why_ && file == file_) {
      last_ = number;
      ++count_;
      return;
    }
    finish();
    first_ = last_ = number;
    count_ = 1;
    why_ = state.why;
    file_ = file;
    offset_ = state.offset;
  }
  void finish() {
    if (count_ > 0) tell_(file_, first_, last_, why_, offset_);
    count_ = 0;
  }

 private:
  Tell tell_;
  fs::path file_;
  std::uint64_t first_ = 0, last_ = 0, count_ = 0;
  std::string why_;
  std::optional<std::uint64_t> offset_;
};

class ArrayMender {
 public:
  ArrayMender(ArrayTask& task, const std::string& group)
      : task_(task),
        context_(task.context),
        frames_(task.frames),
        group_(group),
        folder_(task.store / group),
        old_(context_.store / group) {}

  void run() {
    find_out();
    if (!ours_) return mend_foreign();
    choose_layout();
    if (!layout_)
      return lose_all(fmt::format("the zarr.json of {} cannot be used ({}), and frame_stores does not say how its frames are stored",
                                  group_, metadata_error_));
    mend_geometry();
    mend_shards();
    close_array();
  }

 private:
  void find_out() {
    store_ = frames_.store(group_);
    field_ = store_ ? store_->field : frames_.field_of(group_);
    run_uid_ = store_ ? store_->run_uid : task_.records.run_of_group(group_).value_or("");
    try {
      metadata_ = frames::read_metadata(folder_);
    } catch (const Error& error) {
      metadata_error_ = error.what();
      foreign_format_ = error.code() == ErrorCode::unsupported;
    }
    ours_ = store_.has_value() || (metadata_ && is_mark(*metadata_));
    frames_.collect(group_);
    named_ = frames_.last_number();
  }

  RepairFinding finding(Outcome outcome, const char* kind, fs::path file, std::string message) const {
    return {.outcome = outcome, .kind = kind, .run_uid = run_uid_, .field = field_, .file = std::move(file), .message = std::move(message)};
  }

  void tell_lost(const fs::path& file, std::uint64_t first, std::uint64_t last, const std::string& why,
                 std::optional<std::uint64_t> offset) {
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

  // Layout.

  std::optional<frames::Layout> from_metadata() const {
    if (!metadata_) return std::nullopt;
    try {
      return frames::layout_of(*metadata_);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::optional<frames::Layout> from_row() const {
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

  /// Frames of the first shards that are as recorded, if the array has this layout.
  std::uint64_t frames_right(const frames::Layout& layout) {
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

  void choose_layout() {
    auto by_metadata = from_metadata();
    auto by_row = from_row();
    if (by_metadata && by_row && !same_layout(*by_metadata, *by_row) && frames_right(*by_row) > frames_right(*by_metadata))
      by_metadata.reset();
    layout_ = by_metadata ? std::move(by_metadata) : std::move(by_row);
  }

  void mend_geometry() {
    const auto& geometry = layout_->geometry;
    const auto rows = frames_.set_geometry(group_, static_cast<std::int64_t>(geometry.height), static_cast<std::int64_t>(geometry.width),
                                           to_string(geometry.dtype), to_string(layout_->codec));
    if (rows == 0) return;
    auto out = finding(Outcome::mended, "geometry", context_.database,
                       fmt::format("{} references to {} did not say {} and '{}', as the array does, and do now", rows,
                                   printable(group_, 300), frames::to_string(geometry), to_string(layout_->codec)));
    out.count = rows;
    context_.tell(out);
  }

  // Frames.

  fs::path path_of(const frames::Layout& layout, std::uint64_t shard) const {
    const std::uint64_t position[] = {shard, 0, 0};
    return folder_ / zarr::chunk_key(layout.metadata, position);
  }
  fs::path old_path_of(std::uint64_t shard) const {
    const std::uint64_t position[] = {shard, 0, 0};
    return old_ / zarr::chunk_key(layout_->metadata, position);
  }

  std::unique_ptr<io::File> open(const fs::path& path) const {
    return context_.files->exists(path) ? context_.files->open(path, io::OpenMode::read) : nullptr;
  }

  /// One behind the frames of the last shard that is there and that rows name.
  std::uint64_t end_of_shards() {
    const auto per_shard = layout_->frames_per_shard();
    for (auto last = named_; last; last = *last < per_shard ? std::nullopt : frames_.last_number_below(*last / per_shard * per_shard))
      if (context_.files->exists(path_of(*layout_, *last / per_shard))) return (*last / per_shard + 1) * per_shard;
    return 0;
  }

  /// References to shards that are not there: the frames are lost, or the numbers make no sense.
  void lose_behind(std::uint64_t end) {
    const auto said = store_ && store_->num_frames ? std::optional(static_cast<std::uint64_t>(*store_->num_frames)) : std::nullopt;
    for_each_reference(end, [&](const Reference& reference, LostRange& lost) {
      if (said && reference.number >= *said) {
        frames_.remove(reference.id);
        return context_.tell(finding(Outcome::lost, "reference", context_.database,
                                     fmt::format("an event names frame {} of {}, which never had so many; the reference was left out",
                                                 reference.number, printable(group_, 300))));
      }
      const FrameState state{.there = false, .decodes = false, .why = "the file is not there", .offset = {}};
      lost.add(reference.number, state, old_path_of(reference.number / layout_->frames_per_shard()));
      frames_.lose(reference.id, context_.now, reason(state));
    });
  }

  /// One behind the last frame that there may be: rows that name it may be lost.
  std::uint64_t frames_to_look_for(std::uint64_t end) {
    const auto last = frames_.last_number_below(end);
    auto out = last ? *last + 1 : 0;
    if (!task_.rows_lost) return out;
    const auto said = store_ && store_->num_frames ? static_cast<std::uint64_t>(*store_->num_frames) : metadata_ ? metadata_->shape[0] : 0;
    const auto per_shard = layout_->frames_per_shard();
    while (out < said && context_.files->exists(path_of(*layout_, out / per_shard)))
      out = std::min(said, (out / per_shard + 1) * per_shard);
    return out;
  }

  void mend_shards() {
    const auto shards_end = end_of_shards();
    lose_behind(shards_end);
    const auto end = frames_to_look_for(shards_end);
    const auto per_shard = layout_->frames_per_shard();
    for (std::uint64_t first = 0; first < end; first += per_shard) {
      const auto last = std::min(end, first + per_shard);
      auto references = frames_.between(first, last);
      add_nameless(references, first, last);
      mend_shard(first / per_shard, references);
      context_.progress("mending frames", last, end);
    }
  }

  /// Frames without a row: their rows were lost, or a row has the number of another frame.
  static void add_nameless(std::vector<Reference>& references, std::uint64_t first, std::uint64_t end) {
    std::vector<Reference> all;
    std::size_t at = 0;
    for (auto number = first; number < end; ++number) {
      if (at == references.size() || references[at].number != number) all.push_back({.number = number, .id = kNoRow, .crc32c = {}});
      while (at < references.size() && references[at].number == number) all.push_back(references[at++]);
    }
    references = std::move(all);
  }

  void mend_shard(std::uint64_t shard, const std::vector<Reference>& references) {
    const auto path = path_of(*layout_, shard);
    const auto file = open(path);
    std::vector<WantedFrame> wanted;
    std::vector<Reference> looked_for;
    for (const auto& reference : references) {
      if (reference.id == kLostBefore) continue;
      wanted.push_back({reference.number - shard * layout_->frames_per_shard(), reference.crc32c});
      looked_for.push_back(reference);
    }
    if (wanted.empty()) return;
    const auto survey = survey_shard(file.get(), *layout_, wanted);
    if (!survey.sound && file) replace(path, old_path_of(shard), *file, survey);
    settle(old_path_of(shard), looked_for, survey);
  }

  void replace(const fs::path& path, const fs::path& old, io::File& file, const ShardSurvey& survey) {
    const bool any = std::any_of(survey.chunks.begin(), survey.chunks.end(), [](const auto& chunk) { return !chunk.missing(); });
    if (!any) return context_.files->remove(path);
    write_shard(context_.files, path, file, *layout_, survey.chunks);
    ++context_.report.files_written;
    const auto kept = std::count_if(survey.frames.begin(), survey.frames.end(), [](const auto& frame) { return frame.there; });
    context_.tell(finding(Outcome::mended, "shard", old,
                          fmt::format("{}: {}; it was made anew with the {} frames of {} that are there", old.string(),
                                      survey.damage.empty() ? "frames in it are damaged" : survey.damage, kept, printable(field_))));
  }

  void settle(const fs::path& old, const std::vector<Reference>& references, const ShardSurvey& survey) {
    LostRange lost(teller());
    LostRange named([this](const auto&, auto first, auto last, const auto& how, const auto&) { tell_named(first, last, how); });
    for (std::size_t i = 0; i < references.size();) {
      auto end = i + 1;
      while (end < references.size() && references[end].number == references[i].number) ++end;
      settle_frame(std::span(references).subspan(i, end - i), std::span(survey.frames).subspan(i, end - i), old, lost, named);
      i = end;
    }
    lost.finish();
    named.finish();
  }

  /// All rows that name one frame; of a sound array it is one.
  void settle_frame(std::span<const Reference> references, std::span<const FrameState> states, const fs::path& old, LostRange& lost,
                    LostRange& named) {
    const auto number = references.front().number;
    const auto right = std::find_if(states.begin(), states.end(), [](const auto& state) { return state.there; });
    const auto keep = right == states.end() ? 0 : static_cast<std::size_t>(right - states.begin());
    for (std::size_t i = 0; i < references.size(); ++i)
      if (i != keep && references[i].id > 0) unname(references[i], number);
    const auto& kept = references[keep];
    if (states[keep].there) {
      if (kept.id == kNoRow) named.add(number, {.there = true, .why = give_name(number) ? kByNeighbours : kBySubstitute}, {});
      return;
    }
    lost.add(number, states[keep], old);
    if (kept.id > 0) return frames_.lose(kept.id, context_.now, reason(states[keep]));
    frames_.name_lost(substitute_event(), as_store_row(), number, context_.now, reason(states[keep]));
  }

  std::string reason(const FrameState& state) const { return "repair: " + state.why; }

  void unname(const Reference& reference, std::uint64_t number) {
    frames_.remove(reference.id);
    context_.tell(finding(Outcome::lost, "reference", context_.database,
                          fmt::format("several events name frame {} of {}; the one whose checksum it does not have lost its reference",
                                      number, printable(group_, 300))));
  }

  /// The event of a frame whose row is lost is known where its neighbours belong to the events around it.
  /// \return false: it got a substitute
  bool give_name(std::uint64_t number) {
    const auto row = as_store_row();
    const auto before = frames_.before(number);
    const auto behind = frames_.behind(number);
    if (before) {
      const auto seq_num = before->seq_num + static_cast<std::int64_t>(number - before->number);
      const auto id = before->id + static_cast<std::int64_t>(number - before->number);
      const bool agreed = !behind || (behind->stream_uid == before->stream_uid &&
                                      behind->seq_num - seq_num == static_cast<std::int64_t>(behind->number - number));
      const auto event = agreed ? frames_.event_without(before->stream_uid, seq_num, field_) : std::nullopt;
      if (event) return name(*event, row, number, id);
    } else if (behind) {
      const auto back = static_cast<std::int64_t>(behind->number - number);
      if (const auto event = frames_.event_without(behind->stream_uid, behind->seq_num - back, field_))
        return name(*event, row, number, behind->id - back);
    }
    frames_.name(substitute_event(), row, number, std::nullopt);
    return false;
  }

  bool name(const std::string& event, const catalog::StoreRow& row, std::uint64_t number, std::int64_t id) {
    frames_.name(event, row, number, id > 0 ? std::optional(id) : std::nullopt);
    return true;
  }

  void tell_named(std::uint64_t first, std::uint64_t last, const std::string& how) {
    const bool certain = how == kByNeighbours;
    auto out = finding(certain ? Outcome::mended : Outcome::lost, "reference", context_.database,
                       fmt::format("no row named {} of {}; {}",
                                   first == last ? fmt::format("frame {}", first) : fmt::format("frames {} to {}", first, last),
                                   printable(group_, 300), how));
    out.first = first;
    out.last = last;
    out.count = last - first + 1;
    context_.tell(out);
  }

  std::string substitute_event() {
    const auto stream = recovered_stream(context_, task_.records, run_uid_);
    auto uid = new_uid(context_.now);
    task_.records.insert_event(uid, stream, task_.records.start_of(run_uid_).value_or(context_.now));
    return uid;
  }

  // The end.

  catalog::StoreRow as_store_row() const {
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

  void close_array() {
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

  static bool same_row(const catalog::StoreRow& a, const catalog::StoreRow& b) {
    return a.height == b.height && a.width == b.width && a.dtype == b.dtype && a.codec == b.codec &&
           a.frames_per_chunk == b.frames_per_chunk && a.chunks_per_shard == b.chunks_per_shard;
  }

  void mend_metadata(std::uint64_t frames) {
    const auto known = from_metadata();
    const bool right = known && same_layout(*known, *layout_);
    if (right && metadata_->shape[0] == frames && is_mark(*metadata_)) return;
    auto metadata = right ? *metadata_ : layout_->metadata;
    metadata.attributes =
        frames::layout_like(layout_->geometry, layout_->codec, layout_->frames_per_chunk, layout_->chunks_per_shard).metadata.attributes;
    frames::write_metadata(*context_.files, folder_, std::move(metadata), frames, false);
    ++context_.report.files_written;
    const auto what = !metadata_                      ? metadata_error_
                      : !right                        ? std::string("it did not agree with the database and the frames")
                      : metadata_->shape[0] != frames ? fmt::format("it said {} frames, there are {}", metadata_->shape[0], frames)
                                                      : std::string("it had lost the mark that Resonance wrote it");
    context_.tell(
        finding(Outcome::mended, "array", old_ / "zarr.json", fmt::format("{} was made anew: {}", (old_ / "zarr.json").string(), what)));
  }

  /// No frame of it is left.
  void leave_out() {
    if (frames_.lost(group_) == 0) {
      frames_.delete_store(group_);
    } else if (store_) {
      store_->num_frames = 0;
      frames_.put_store(*store_);
    }
    io::remove_tree(folder_);
  }

  void lose_all(const std::string& why) {
    for_each_reference(0, [&](const Reference& reference, LostRange& lost) {
      const FrameState state{.there = false, .decodes = false, .why = why, .offset = {}};
      lost.add(reference.number, state, old_);
      frames_.lose(reference.id, context_.now, reason(state));
    });
    leave_out();
  }

  /// An array of somebody else: its files are as they are, what cannot be read is put on record.
  void mend_foreign() {
    if (foreign_format_) return;  // it need not be damaged because we do not understand it
    std::optional<frames::FrameArrayReader> reader;
    std::string why = metadata_error_;
    try {
      reader.emplace(task_.store, group_);
    } catch (const Error& error) {
      why = error.what();
    }
    if (!reader) return lose_all(why);
    std::vector<std::byte> pixels(reader->geometry().frame_bytes());
    for_each_reference(0, [&](const Reference& reference, LostRange& lost) {
      FrameState state;
      try {
        reader->read(reference.number, pixels);
        state.there =
            !reference.crc32c || std::cmp_equal(*reference.crc32c, frames::pixel_checksum(pixels, item_size(reader->geometry().dtype)));
        state.why = "its pixels are not those that were recorded";
      } catch (const Error& error) {
        state.why = error.what();
      }
      if (state.there) return;
      lost.add(reference.number, state, old_);
      frames_.lose(reference.id, context_.now, reason(state));
    });
  }

  LostRange::Tell teller() {
    return [this](const fs::path& file, auto first, auto last, const auto& why, auto offset) { tell_lost(file, first, last, why, offset); };
  }

  void for_each_reference(std::uint64_t first, const std::function<void(const Reference&, LostRange&)>& visit) {
    LostRange lost(teller());
    while (named_ && first <= *named_) {
      const auto references = frames_.at_least(first, kForeignFrames);
      for (const auto& reference : references)
        if (reference.id > 0) visit(reference, lost);
      if (references.size() < kForeignFrames) break;
      first = references.back().number + 1;
    }
    lost.finish();
  }

  ArrayTask& task_;
  RepairContext& context_;
  FrameStatements& frames_;
  const std::string group_;
  const fs::path folder_, old_;
  std::optional<catalog::StoreRow> store_;
  std::optional<zarr::ArrayMetadata> metadata_;
  std::string metadata_error_, field_, run_uid_;
  bool ours_ = false, foreign_format_ = false;
  std::optional<std::uint64_t> named_;  // the largest number that a row names
  std::optional<frames::Layout> layout_;
};

}  // namespace

void mend_array(ArrayTask& task, const std::string& group) { ArrayMender(task, group).run(); }

}  // namespace resonance::repair
