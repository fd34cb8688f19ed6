// The frames of an array of ours, shard by shard, and the rows that name them.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/uid.hpp"
#include "repair/array_mender.hpp"
#include "repair/records.hpp"
#include "zarr/chunk_grid.hpp"

namespace resonance::repair {

namespace {

constexpr const char* kByNeighbours = "to which events they belong follows from the rows around them";
constexpr const char* kBySubstitute = "they are there, and belong to substitute events in stream 'recovered' now";

}  // namespace

fs::path ArrayMender::path_of(const frames::Layout& layout, std::uint64_t shard) const {
  const std::uint64_t position[] = {shard, 0, 0};
  return folder_ / zarr::chunk_key(layout.metadata, position);
}

fs::path ArrayMender::old_path_of(std::uint64_t shard) const {
  const std::uint64_t position[] = {shard, 0, 0};
  return old_ / zarr::chunk_key(layout_->metadata, position);
}

std::unique_ptr<io::File> ArrayMender::open(const fs::path& path) const {
  return context_.files->exists(path) ? context_.files->open(path, io::OpenMode::read) : nullptr;
}

std::uint64_t ArrayMender::end_of_shards() {
  const auto per_shard = layout_->frames_per_shard();
  for (auto last = named_; last; last = *last < per_shard ? std::nullopt : frames_.last_number_below(*last / per_shard * per_shard))
    if (context_.files->exists(path_of(*layout_, *last / per_shard))) return (*last / per_shard + 1) * per_shard;
  return 0;
}

void ArrayMender::lose_behind(std::uint64_t end) {
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

std::uint64_t ArrayMender::frames_to_look_for(std::uint64_t end) {
  const auto last = frames_.last_number_below(end);
  auto out = last ? *last + 1 : 0;
  if (!task_.rows_lost) return out;
  const auto said = store_ && store_->num_frames ? static_cast<std::uint64_t>(*store_->num_frames) : metadata_ ? metadata_->shape[0] : 0;
  const auto per_shard = layout_->frames_per_shard();
  while (out < said && context_.files->exists(path_of(*layout_, out / per_shard))) out = std::min(said, (out / per_shard + 1) * per_shard);
  return out;
}

void ArrayMender::mend_shards() {
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

void ArrayMender::add_nameless(std::vector<Reference>& references, std::uint64_t first, std::uint64_t end) {
  std::vector<Reference> all;
  std::size_t at = 0;
  for (auto number = first; number < end; ++number) {
    if (at == references.size() || references[at].number != number) all.push_back({.number = number, .id = kNoRow, .crc32c = {}});
    while (at < references.size() && references[at].number == number) all.push_back(references[at++]);
  }
  references = std::move(all);
}

void ArrayMender::mend_shard(std::uint64_t shard, const std::vector<Reference>& references) {
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

void ArrayMender::replace(const fs::path& path, const fs::path& old, io::File& file, const ShardSurvey& survey) {
  const bool any = std::any_of(survey.chunks.begin(), survey.chunks.end(), [](const auto& chunk) { return !chunk.missing(); });
  if (!any) return context_.files->remove(path);
  write_shard(context_.files, path, file, *layout_, survey.chunks);
  ++context_.report.files_written;
  const auto kept = std::count_if(survey.frames.begin(), survey.frames.end(), [](const auto& frame) { return frame.there; });
  context_.tell(finding(Outcome::mended, "shard", old,
                        fmt::format("{}: {}; it was made anew with the {} frames of {} that are there", old.string(),
                                    survey.damage.empty() ? "frames in it are damaged" : survey.damage, kept, printable(field_))));
}

void ArrayMender::settle(const fs::path& old, const std::vector<Reference>& references, const ShardSurvey& survey) {
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

void ArrayMender::settle_frame(std::span<const Reference> references, std::span<const FrameState> states, const fs::path& old,
                               LostRange& lost, LostRange& named) {
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

void ArrayMender::unname(const Reference& reference, std::uint64_t number) {
  frames_.remove(reference.id);
  context_.tell(finding(Outcome::lost, "reference", context_.database,
                        fmt::format("several events name frame {} of {}; the one whose checksum it does not have lost its reference",
                                    number, printable(group_, 300))));
}

bool ArrayMender::give_name(std::uint64_t number) {
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

bool ArrayMender::name(const std::string& event, const catalog::StoreRow& row, std::uint64_t number, std::int64_t id) {
  frames_.name(event, row, number, id > 0 ? std::optional(id) : std::nullopt);
  return true;
}

void ArrayMender::tell_named(std::uint64_t first, std::uint64_t last, const std::string& how) {
  const bool certain = how == kByNeighbours;
  auto out = finding(
      certain ? Outcome::mended : Outcome::lost, "reference", context_.database,
      fmt::format("no row named {} of {}; {}", first == last ? fmt::format("frame {}", first) : fmt::format("frames {} to {}", first, last),
                  printable(group_, 300), how));
  out.first = first;
  out.last = last;
  out.count = last - first + 1;
  context_.tell(out);
}

std::string ArrayMender::substitute_event() {
  const auto stream = recovered_stream(context_, task_.records, run_uid_);
  auto uid = new_uid(context_.now);
  task_.records.insert_event(uid, stream, task_.records.start_of(run_uid_).value_or(context_.now));
  return uid;
}

}  // namespace resonance::repair
