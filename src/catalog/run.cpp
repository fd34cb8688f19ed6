#include <fmt/format.h>

#include <algorithm>

#include "catalog/catalog_impl.hpp"
#include "catalog/image_sequence_impl.hpp"
#include "catalog/table_builder.hpp"
#include "frames/frame_array_reader.hpp"
#include "io/file_lock.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "schema/write_lock.hpp"

namespace resonance {

namespace {

constexpr std::uint64_t kEventsPerQuery = 2000;  // rows fetched at a time, so that no read transaction outlives a page of them

/// One row of the events table as fetched.
struct EventText {
  std::uint64_t seq_num;
  std::string uid;
  double time;
  std::string data, timestamps;
};

std::vector<EventText> fetch(Catalog::Impl& catalog, const std::string& stream_uid, std::uint64_t first, std::uint64_t limit) {
  std::vector<EventText> out;
  catalog.with([&](catalog::Queries& queries) {
    queries.events(stream_uid, first, limit, [&](sqlite::Statement& row) {
      out.push_back({static_cast<std::uint64_t>(row.int64(0)), row.string(1), row.real(2), row.string(3), row.string(4)});
    });
  });
  return out;
}

/// `doing` is asked for the words of an error.
template <class Doing>
Json parse_object(const std::string& text, Doing&& doing) {
  if (text.empty()) return Json::object();
  try {
    auto out = Json::parse(text);
    if (out.is_null()) return Json::object();
    if (!out.is_object()) throw Error(ErrorCode::corrupt, "it is no JSON object");
    return out;
  } catch (Error& error) {
    error.add_context(doing());
    throw;
  }
}

Json parse_part(const std::string& text, std::string_view what, std::uint64_t seq_num, std::string_view stream, const std::string& run) {
  return parse_object(text, [&] { return fmt::format("reading the {} of event {} of stream '{}' of run {}", what, seq_num, stream, run); });
}

/// Frames whose rows have ids above `after`. The largest id comes first: what is committed meanwhile is for the next sequence.
void fill(ImageSequence::Impl& out, Catalog::Impl& catalog, std::int64_t after) {
  catalog.with([&](catalog::Queries& queries) {
    out.set_last_ref(std::max(after, queries.last_ref()));
    if (out.last_ref() > after || after == 0)
      queries.refs(out.arrays().run_uid(), out.arrays().field(), {after, out.last_ref()}, [&](catalog::RefRow&& row) { out.add(row); });
  });
}

}  // namespace

StreamInfo Run::Impl::stream(std::string_view name) const {
  if (auto found = catalog_->with([&](catalog::Queries& queries) { return queries.stream(uid_, name); })) return std::move(*found);
  const auto all = catalog_->with([&](catalog::Queries& queries) { return queries.streams(uid_); });
  std::string known;
  for (const auto& stream : all) known += (known.empty() ? "" : ", ") + stream.name;
  throw Error(ErrorCode::not_found,
              fmt::format("run {} has no stream '{}'; {}", uid_, name, known.empty() ? "it has none" : "it has: " + known));
}

std::string_view to_string(RunState state) noexcept {
  static constexpr std::string_view kNames[] = {"closed", "live", "dead", "unknown"};
  return kNames[static_cast<std::size_t>(state)];
}

const std::string& Run::uid() const noexcept { return impl_->uid(); }

RunSummary Run::summary() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.summary(uid()); });
}

RunState Run::state() const {
  auto& catalog = impl_->catalog();
  const auto end = [&] { return catalog.with([&](catalog::Queries& queries) { return queries.end(uid()); }); };
  const auto found = end();
  if (found.closed) return RunState::closed;
  if (!found.lock_byte || *found.lock_byte <= 0) return RunState::unknown;
  if (io::byte_is_locked(schema::lock_file_of(catalog.database()), static_cast<std::uint64_t>(*found.lock_byte))) return RunState::live;
  return end().closed ? RunState::closed : RunState::dead;  // its writer may have closed it since we looked
}

std::uint64_t Run::frames_of_event(std::string_view event_uid) const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.frames_of_event(event_uid); });
}

Json Run::metadata() const {
  const auto text = impl_->catalog().with([&](catalog::Queries& queries) { return queries.metadata(uid()); });
  return parse_object(text, [&] { return fmt::format("reading the metadata of run {}", uid()); });
}

std::optional<SampleMetadata> Run::sample() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.sample(uid()); });
}

std::optional<std::string> Run::reason() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.reason(uid()); });
}

std::vector<StreamInfo> Run::streams() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.streams(uid()); });
}

std::vector<std::string> Run::fields() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.fields(uid()); });
}

std::vector<LostFrame> Run::lost_frames() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.lost_frames(uid()); });
}

std::vector<Note> Run::notes() const {
  return impl_->catalog().with([&](catalog::Queries& queries) { return queries.notes(uid()); });
}

std::vector<FrameStoreInfo> Run::frame_stores() const {
  std::vector<FrameStoreInfo> out;
  for (const auto& row : impl_->catalog().with([&](catalog::Queries& queries) { return queries.arrays(uid()); })) {
    FrameStoreInfo info{row.field, row.zarr_group, row.frames, row.height, row.width, parse_dtype(row.dtype), row.codec, 0};
    try {  // what zarr.json says is true; what the column says is the next best when the store is away
      const frames::FrameArrayReader reader(impl_->catalog().store(), row.zarr_group);
      info.codec = reader.codec_name();
      info.bytes = io::allocated_bytes(reader.folder());
    } catch (const Error&) {
      if (info.codec.empty()) info.codec = "unknown";
    }
    out.push_back(std::move(info));
  }
  return out;
}

void Run::for_each_event(std::string_view stream, const std::function<bool(const Event&)>& visit, std::uint64_t first_seq_num) const {
  const auto info = impl_->stream(stream);
  for (auto next = first_seq_num;;) {
    const auto rows = fetch(impl_->catalog(), info.uid, next, kEventsPerQuery);
    for (const auto& row : rows) {
      const Event event{row.uid, row.seq_num, row.time, parse_part(row.data, "data", row.seq_num, stream, uid()),
                        parse_part(row.timestamps, "timestamps", row.seq_num, stream, uid())};
      if (!visit(event)) return;
      next = row.seq_num + 1;
    }
    if (rows.size() < kEventsPerQuery) return;
  }
}

Table Run::table(std::string_view stream, const TableOptions& options) const {
  const auto info = impl_->stream(stream);
  catalog::TableBuilder builder(info.data_keys, options.columns, options.declared_types);
  auto left = options.max_rows;
  for (auto next = options.first_seq_num; left > 0;) {
    const auto page = std::min(left, kEventsPerQuery);
    const auto before = builder.rows();
    impl_->catalog().with([&](catalog::Queries& queries) {
      queries.event_data(info.uid, next, page, [&](sqlite::Statement& row) {
        const auto seq_num = static_cast<std::uint64_t>(row.int64(0));
        if (!builder.add_plain(seq_num, row.real(1), row.text(2)))
          builder.add(seq_num, row.real(1), parse_part(row.string(2), "data", seq_num, stream, uid()));
        next = seq_num + 1;
      });
    });
    if (options.progress) options.progress(builder.rows());
    if (builder.rows() - before < page) break;
    left -= page;
  }
  return builder.finish();
}

ImageSequence Run::images(std::string_view field) const {
  auto& catalog = impl_->catalog();
  auto out = std::make_shared<ImageSequence::Impl>(catalog.pool(),
                                                   std::make_shared<catalog::FrameArrays>(catalog.store(), uid(), std::string(field)), 0);
  fill(*out, catalog, 0);
  return ImageSequence(std::move(out));
}

ImageSequence Run::images_since(const ImageSequence& seen) const {
  auto& catalog = impl_->catalog();
  const auto& before = *seen.impl_;
  if (before.arrays().run_uid() != uid() || before.arrays().store() != catalog.store())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the frames seen are of run {} in {}, not of run {} in {}", before.arrays().run_uid(),
                            before.arrays().store().string(), uid(), catalog.store().string()));
  auto out = std::make_shared<ImageSequence::Impl>(catalog.pool(), before.shared_arrays(), before.offset() + before.refs().size());
  fill(*out, catalog, before.last_ref());
  return ImageSequence(std::move(out));
}

}  // namespace resonance
