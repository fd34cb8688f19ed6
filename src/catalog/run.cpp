#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "catalog/catalog_impl.hpp"
#include "catalog/image_sequence_impl.hpp"
#include "catalog/row_scanner.hpp"
#include "catalog/table_builder.hpp"
#include "frames/frame_array_reader.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"

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

/// The data of some events, one text behind the other.
struct DataPage {
  struct Row {
    std::uint64_t seq_num;
    double time;
    std::size_t begin, size;
  };
  std::vector<Row> rows;
  std::vector<char> texts;
  catalog::ScannedRows scanned;  // the first rows; they refer to texts

  [[nodiscard]] std::string_view text(std::size_t row) const { return {texts.data() + rows[row].begin, rows[row].size}; }
};

DataPage fetch_data(Catalog::Impl& catalog, const std::string& stream_uid, std::uint64_t first, std::uint64_t limit) {
  DataPage out;
  if (limit == 0) return out;
  catalog.with([&](catalog::Queries& queries) {
    queries.event_data(stream_uid, first, limit, [&](sqlite::Statement& row) {
      const auto text = row.text(2);
      out.rows.push_back({static_cast<std::uint64_t>(row.int64(0)), row.real(1), out.texts.size(), text.size()});
      out.texts.insert(out.texts.end(), text.begin(), text.end());
    });
  });
  return out;
}

bool add_plain(catalog::TableBuilder& builder, const DataPage& page, std::size_t i) {
  const auto& row = page.rows[i];
  if (i < page.scanned.size())
    if (const auto members = page.scanned.row(i)) return builder.add_plain(row.seq_num, row.time, *members);
  return builder.add_plain(row.seq_num, row.time, page.text(i));
}

/// To read a page takes less time than to take one apart: what is left of it goes into the next one.
void scan(DataPage& page, const std::atomic<bool>& needed_elsewhere) {
  for (auto i = page.scanned.size(); i < page.rows.size() && !needed_elsewhere; ++i) page.scanned.add(page.text(i));
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
  if (beamtime::is_recorded(catalog.place(), *found.lock_byte)) return RunState::live;
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
  auto& catalog = impl_->catalog();
  catalog::TableBuilder builder(info.data_keys, options.columns, options.declared_types);
  const auto add = [&](const DataPage& page) {
    for (std::size_t i = 0; i < page.rows.size(); ++i)
      if (const auto& row = page.rows[i]; !add_plain(builder, page, i))
        builder.add(row.seq_num, row.time, parse_part(std::string(page.text(i)), "data", row.seq_num, stream, uid()));
  };
  auto left = options.max_rows;
  auto page = fetch_data(catalog, info.uid, options.first_seq_num, std::min(left, kEventsPerQuery));
  while (!page.rows.empty()) {
    left -= page.rows.size();
    DataPage following;
    std::atomic<bool> added = false;
    const auto fetch_following = [&] {
      following = fetch_data(catalog, info.uid, page.rows.back().seq_num + 1, std::min(left, kEventsPerQuery));
      scan(following, added);
    };
    if (page.rows.size() < kEventsPerQuery || left == 0)
      add(page);
    else  // read the next page while this one is taken apart
      catalog.pool()->for_each(2, [&](std::uint64_t which) {
        if (which == 0) return fetch_following();
        add(page);
        added = true;
      });
    if (options.progress) options.progress(builder.rows());
    page = std::move(following);
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
