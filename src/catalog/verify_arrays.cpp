/// The arrays that hold a run's frames: do they open, and are they what the tables say.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/verify_context.hpp"
#include "frames/frame_array_reader.hpp"
#include "frames/layout.hpp"
#include "frames/metadata_file.hpp"

namespace resonance::catalog {

namespace {

/// One array of a run and where its faults are told.
class ArrayCheck {
 public:
  ArrayCheck(VerifyContext& context, const RunFacts& facts, std::span<const RefGroupRow> refs)
      : context_(context), facts_(facts), refs_(refs), store_(facts.store_of(refs.front().group)) {}

  void run() {
    std::optional<frames::FrameArrayReader> reader;
    try {
      reader.emplace(context_.store, refs_.front().group);
    } catch (const Error& error) {
      return tell_unopened(error);
    }
    for (const auto& row : refs_) compare("image_refs", row.height, row.width, row.dtype, reader->geometry());
    if (store_ != nullptr) compare("frame_stores", store_->height, store_->width, store_->dtype, reader->geometry());
    compare_codecs(reader->codec_name());
    try {
      check_metadata(frames::read_metadata(reader->folder()));
    } catch (const Error&) {  // a format that the reader takes and that has no zarr.json: what follows says nothing about it
    }
  }

 private:
  Fault fault(const char* kind) const {
    return {
        .kind = kind, .run_uid = facts_.run.uid, .field = refs_.front().field, .file = context_.store / refs_.front().group / "zarr.json"};
  }
  void tell(const char* kind, std::string message) {
    auto out = fault(kind);
    out.message = std::move(message);
    context_.tell(out);
  }
  [[nodiscard]] std::string name() const { return printable(refs_.front().group, 300); }

  void tell_unopened(const Error& error) {
    std::int64_t frames = 0;
    for (const auto& row : refs_) frames += row.count;
    const bool ours = facts_.run.ours;
    auto out = fault(error.code() == ErrorCode::not_found              ? "missing_array"
                     : error.code() == ErrorCode::unsupported && !ours ? "unsupported"
                     : error.code() == ErrorCode::io                   ? "unreadable"
                                                                       : "damaged_array");
    if (!error.detail().file.empty()) out.file = error.detail().file;
    out.offset = error.detail().offset;
    out.message = fmt::format("{}; the {} frames in it cannot be read{}", error.what(), frames,
                              out.kind == "unsupported" ? " by this version and were not checked" : "; take the folder from a backup");
    // What others wrote and we do not understand need not be damaged.
    out.severity = out.kind == "unsupported" ? Severity::note : Severity::fault;
    context_.tell(out);
  }

  void compare(std::string_view table, std::int64_t height, std::int64_t width, const std::string& dtype,
               const frames::Geometry& geometry) {
    if (height >= 0 && width >= 0 && static_cast<std::uint64_t>(height) == geometry.height &&
        static_cast<std::uint64_t>(width) == geometry.width && dtype == to_string(geometry.dtype))
      return;
    tell("geometry",
         fmt::format("{} says that {} holds frames of {}x{} {}, its zarr.json says {}; such frames are not read, because one of "
                     "the two was changed",
                     table, name(), height, width, printable(dtype), frames::to_string(geometry)));
  }

  void compare_codecs(const std::string& codec) {
    if (!facts_.run.ours) return;  // the Python package writes "blosc" whatever zarr.json says
    const auto differs = [&](std::string_view table, const std::string& said) {
      if (said == codec) return;
      tell("codec", fmt::format("{} says that {} is stored by '{}', its zarr.json says '{}'; one of the two was changed", table, name(),
                                printable(said), printable(codec)));
    };
    for (const auto& row : refs_) differs("image_refs", row.codec.value_or(""));
    if (store_ != nullptr) differs("frame_stores", store_->codec);
  }

  void check_metadata(const zarr::ArrayMetadata& metadata) {
    if (store_ != nullptr) check_layout(metadata);
    if (facts_.run.closed && !facts_.more_arrays) check_length(metadata.shape[0]);
  }

  void check_layout(const zarr::ArrayMetadata& metadata) {
    if (const auto* mark = metadata.attributes.find("resonance"); mark == nullptr || !mark->is_object())
      tell("layout", fmt::format("the zarr.json of {} has lost its member attributes.resonance, which says that a missing frame is a lost "
                                 "one; other readers show a black frame for it",
                                 name()));
    else if (const auto what = frames::unlike_written(metadata); !what.empty())
      tell("layout", fmt::format("the zarr.json of {} is not as Resonance wrote it: {}; readers of Zarr alone may find other frames, or "
                                 "none",
                                 name(), printable(what, 300)));
    const auto in_chunk = metadata.chunk_shape()[0];
    const auto chunks = metadata.chunks_per_shard();
    if (std::cmp_equal(store_->frames_per_chunk, in_chunk) && std::cmp_equal(store_->chunks_per_shard, chunks)) return;
    tell("layout", fmt::format("frame_stores says that {} has {} frames in a chunk and {} chunks in a shard, its zarr.json says {} and {}; "
                               "one of the two was changed",
                               name(), store_->frames_per_chunk, store_->chunks_per_shard, in_chunk, chunks));
  }

  void check_length(std::uint64_t length) {
    std::int64_t last = -1;
    std::int64_t count = 0;
    double sum = 0;
    for (const auto& row : refs_) {
      last = std::max(last, row.last);
      count += row.count;
      sum += row.sum;
    }
    const auto named = static_cast<std::uint64_t>(last) + 1;  // 0 when no number makes sense
    const bool one_too_long = length == named + 1;            // what the Python package leaves behind when it dies
    if (length != named && (facts_.run.ours || !one_too_long)) {
      auto out = fault("published_length");
      out.severity = facts_.run.ours ? Severity::fault : Severity::note;
      out.message = fmt::format("the zarr.json of {} says that it holds {} frames, events refer to {} of them; {}", name(), length, named,
                                length < named ? "readers of Zarr alone do not see the last ones, Resonance does"
                                               : "the last ones belong to no event, or are not there");
      context_.tell(out);
    }
    if (store_ != nullptr) {
      count += store_->lost_inside;
      sum += store_->lost_sum;
    }
    const auto each_once = static_cast<double>(named) * (static_cast<double>(named) - 1) / 2;
    if (facts_.run.ours && (std::cmp_not_equal(count, named) || sum != each_once))
      tell("count",
           fmt::format("{} references name frames 0 to {} of {}; each frame of a closed run should be named once", count, last, name()));
  }

  VerifyContext& context_;
  const RunFacts& facts_;
  std::span<const RefGroupRow> refs_;
  const StoreRow* store_;
};

}  // namespace

void check_arrays(VerifyContext& context, const RunFacts& facts) {
  for (std::size_t i = 0; i < facts.arrays.size();) {
    const auto refs = facts.refs_of(facts.arrays[i].group);
    ArrayCheck(context, facts, refs).run();
    i += refs.size();
  }
  if (facts.more_arrays)
    context.tell(
        {.kind = "count",
         .run_uid = facts.run.uid,
         .file = context.database,
         .message = fmt::format("the run has more than {} frame arrays; no writer makes so many, and their lengths were not compared",
                                facts.arrays.size() - 1)});
}

}  // namespace resonance::catalog
