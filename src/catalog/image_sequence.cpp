#include "resonance/image_sequence.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/checked.hpp"
#include "catalog/frame_reading.hpp"
#include "catalog/image_sequence_impl.hpp"
#include "catalog/selection.hpp"
#include "resonance/error.hpp"

namespace resonance {

namespace catalog {

FrameArrays::FrameArrays(std::filesystem::path store, std::string run_uid, std::string field)
    : store_(std::move(store)), run_uid_(std::move(run_uid)), field_(std::move(field)), readers_(new Readers{::getpid(), {}, {}}) {}

FrameArrays::~FrameArrays() {
  if (const auto* readers = readers_.load(); readers->process == ::getpid()) delete readers;
}

FrameArrays::Readers& FrameArrays::readers() {
  auto* found = readers_.load();
  if (found->process == ::getpid()) return *found;
  auto fresh = std::make_unique<Readers>(::getpid());
  if (readers_.compare_exchange_strong(found, fresh.get())) return *fresh.release();
  return *found;  // another thread of the child was first
}

std::shared_ptr<const frames::FrameArrayReader> FrameArrays::reader(const std::string& group, const frames::Geometry& geometry) {
  auto& readers = this->readers();
  const std::lock_guard lock(readers.mutex);
  auto& out = readers.by_group[group];
  if (!out) out = std::make_shared<const frames::FrameArrayReader>(store_, group);
  if (out->geometry() == geometry) return out;
  throw Error(ErrorCode::corrupt,
              fmt::format("{} holds frames of {}, but image_refs says {}", out->folder().string(), frames::to_string(out->geometry()),
                          frames::to_string(geometry)),
              {.os_errno = 0, .file = out->folder() / "zarr.json", .offset = {}, .database = false});
}

}  // namespace catalog

void ImageSequence::Impl::add(const catalog::RefRow& row) {
  const frames::Geometry geometry{row.height, row.width, parse_dtype(row.dtype)};
  auto it = groups_.empty() || groups_.back().name != row.zarr_group
                ? std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.name == row.zarr_group; })
                : groups_.end() - 1;
  if (it != groups_.end() && !(it->geometry == geometry))
    throw Error(ErrorCode::corrupt, fmt::format("image_refs gives {} two geometries: {} and {}", row.zarr_group,
                                                frames::to_string(it->geometry), frames::to_string(geometry)));
  if (it == groups_.end()) it = groups_.insert(it, Group{row.zarr_group, geometry});
  if (streams_.empty() || streams_.back().second != row.stream) streams_.emplace_back(refs_.size(), row.stream);
  refs_.push_back(
      {row.number, row.seq_num, static_cast<std::uint32_t>(it - groups_.begin()), row.crc32c.has_value(), row.crc32c.value_or(0)});
}

const ImageSequence::Impl::Ref& ImageSequence::Impl::ref(std::uint64_t i) const {
  if (i < refs_.size()) return refs_[i];
  throw Error(ErrorCode::not_found,
              fmt::format("there is no frame {}: {} of run {} has {} frames", i, arrays_->field(), arrays_->run_uid(), refs_.size()));
}

const std::string& ImageSequence::Impl::stream_of(std::uint64_t i) const {
  (void)ref(i);
  return std::prev(std::upper_bound(streams_.begin(), streams_.end(), i, [](auto at, const auto& from) { return at < from.first; }))
      ->second;
}

std::string ImageSequence::Impl::doing(std::uint64_t i) const {
  return fmt::format("reading frame {} of {} in run {}", offset_ + i, arrays_->field(), arrays_->run_uid());
}

const frames::Geometry& ImageSequence::Impl::one_geometry(std::uint64_t first, std::uint64_t count, std::int64_t step) const {
  const auto& out = group_of(ref(first)).geometry;
  const catalog::FrameSteps steps{first, count, step};
  for (std::uint64_t k = 1; groups_.size() > 1 && k < count; ++k)
    if (!(group_of(ref(steps[k])).geometry == out))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("frames {} and {} of {} have different geometries; read them one by one", first, steps[k], arrays_->field()));
  return out;
}

std::shared_ptr<const frames::FrameArrayReader> ImageSequence::Impl::reader(std::uint32_t group) const {
  return arrays_->reader(groups_[group].name, groups_[group].geometry);
}

std::shared_ptr<const frames::FrameArrayReader> ImageSequence::Impl::reader_for(std::uint64_t i) const {
  try {
    return reader(ref(i).group);
  } catch (Error& error) {
    error.add_context(doing(i));
    throw;
  }
}

namespace {

void require_bytes(std::uint64_t frames, const frames::Geometry& geometry, const frames::Window& window, std::uint64_t given) {
  const std::uint64_t extents[] = {frames, window.rows.count, window.columns.count, item_size(geometry.dtype)};
  const auto needed = checked_product(extents);
  if (needed == given) return;
  const frames::Geometry shape{window.rows.count, window.columns.count, geometry.dtype};
  throw Error(ErrorCode::invalid_argument, fmt::format("{} frames of {} need {} bytes, not {}", frames, frames::to_string(shape),
                                                       needed ? fmt::to_string(*needed) : "more than 2^64", given));
}

/// \throws Error(not_found)
void require_range(const ImageSequence::Impl& images, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t size = images.refs().size();
  if (count > size || first > size - count) (void)images.ref(std::max(size, first));
}

}  // namespace

std::uint64_t ImageSequence::size() const noexcept { return impl_->refs().size(); }
const std::string& ImageSequence::field() const noexcept { return impl_->arrays().field(); }
std::uint64_t ImageSequence::offset() const noexcept { return impl_->offset(); }

std::array<std::uint64_t, 3> ImageSequence::shape() const noexcept {
  if (empty()) return {0, 0, 0};
  const auto& first = impl_->groups().front().geometry;
  return {size(), first.height, first.width};
}

DType ImageSequence::dtype() const noexcept { return empty() ? DType::uint16 : impl_->groups().front().geometry.dtype; }

bool ImageSequence::uniform() const noexcept {
  const auto& groups = impl_->groups();
  return std::all_of(groups.begin(), groups.end(), [&](const auto& group) { return group.geometry == groups.front().geometry; });
}

bool ImageSequence::mappable() const noexcept {
  try {
    for (std::uint32_t i = 0; i < impl_->groups().size(); ++i)
      if (!impl_->reader(i)->mappable()) return false;
    return !empty();
  } catch (const Error&) {  // what cannot be opened cannot be mapped
    return false;
  }
}

std::uint64_t ImageSequence::seq_num(std::uint64_t i) const { return impl_->ref(i).seq_num; }
const std::string& ImageSequence::stream(std::uint64_t i) const { return impl_->stream_of(i); }
std::string ImageSequence::zarr_group(std::uint64_t i) const { return impl_->group_of(impl_->ref(i)).name; }

Frame ImageSequence::operator[](std::uint64_t i) const {
  const auto& geometry = impl_->group_of(impl_->ref(i)).geometry;
  (void)impl_->reader_for(i);  // before memory is taken by what a database says
  Frame out{std::vector<std::byte>(geometry.frame_bytes()), geometry.height, geometry.width, geometry.dtype};
  read(i, 1, out.bytes);
  return out;
}

void ImageSequence::read(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const {
  require_range(*impl_, first, count);
  if (count == 0) return;
  const auto& geometry = impl_->one_geometry(first, count, 1);
  const auto window = frames::whole_of(geometry);
  require_bytes(count, geometry, window, out.size());
  catalog::read_frames(*impl_, {first, count, 1}, window, frames::Check::usual, out);
}

void ImageSequence::read(const FrameSelection& selection, std::span<std::byte> out) const {
  const auto selected = catalog::select(*impl_, selection);
  require_bytes(selected.frames.count, selected.geometry, selected.window, out.size());
  catalog::read_frames(*impl_, selected.frames, selected.window, frames::Check::usual, out);
}

std::array<std::uint64_t, 3> ImageSequence::shape_of(const FrameSelection& selection) const {
  const auto selected = catalog::select(*impl_, selection);
  return {selected.frames.count, selected.window.rows.count, selected.window.columns.count};
}

MappedFrame ImageSequence::map(std::uint64_t i) const {
  const auto& where = impl_->ref(i);
  try {
    auto mapped = impl_->reader(where.group)->map(where.number);
    const auto& geometry = impl_->group_of(where).geometry;
    return {{mapped.bytes, geometry.height, geometry.width, geometry.dtype}, std::move(mapped.keep)};
  } catch (Error& error) {
    error.add_context(impl_->doing(i));
    throw;
  }
}

namespace {

/// Frames that follow each other in one file, or that no file holds.
struct Piece {
  frames::FrameExtent extent;
  std::shared_ptr<const frames::FrameArrayReader> reader;
};

/// Pieces that hold frames [first, first + count) one behind the other.
std::vector<Piece> pieces_of(const ImageSequence::Impl& images, std::uint64_t first, std::uint64_t count) {
  std::vector<Piece> out;
  const auto& refs = images.refs();
  for (auto i = first; i < first + count;) {
    std::uint64_t in_order = 1;
    while (i + in_order < first + count && refs[i + in_order].group == refs[i].group &&
           refs[i + in_order].number == refs[i].number + in_order)
      ++in_order;
    auto reader = images.reader_for(i);
    try {
      auto extent = reader->extent(refs[i].number, in_order);
      i += extent.frames;
      out.push_back({std::move(extent), std::move(reader)});
    } catch (Error& error) {
      error.add_context(images.doing(i));
      throw;
    }
  }
  return out;
}

/// Lays pieces side by side as the parts of a stack.
class StackBuilder {
 public:
  explicit StackBuilder(MappedStack& stack) : stack_(stack) {}

  void add_files(std::span<const Piece> pieces, std::uint64_t frame_bytes) {
    std::vector<io::FileRange> ranges;
    for (const auto& piece : pieces) ranges.push_back(piece.extent.range);
    const auto mapped = std::make_shared<const io::MappedRanges>(ranges);
    for (const auto& part : mapped->parts()) add_part(part.bytes.size() / frame_bytes, part.bytes);
    keep_->push_back(mapped);
  }

  /// All share the memory of one frame, so a sparse array costs no more than that.
  void add_fill(const Piece& piece) {
    const auto fill = piece.reader->fill_frame();
    for (std::uint64_t i = 0; i < piece.extent.frames; ++i) add_part(1, fill.bytes);
    keep_->push_back(fill.keep);
  }

  void finish() { stack_.keep = keep_; }

 private:
  void add_part(std::uint64_t frames, std::span<const std::byte> bytes) {
    stack_.parts.push_back({next_, frames, bytes});
    next_ += frames;
  }

  MappedStack& stack_;
  std::uint64_t next_ = 0;
  std::shared_ptr<std::vector<std::shared_ptr<const void>>> keep_ = std::make_shared<std::vector<std::shared_ptr<const void>>>();
};

}  // namespace

MappedStack ImageSequence::map(std::uint64_t first, std::uint64_t count) const {
  require_range(*impl_, first, count);
  MappedStack out;
  if (count == 0) return out;
  const auto& geometry = impl_->one_geometry(first, count, 1);
  const auto pieces = pieces_of(*impl_, first, count);
  StackBuilder builder(out);
  for (auto at = pieces.begin(); at != pieces.end();) {
    const auto end = std::find_if(at, pieces.end(), [](const Piece& piece) { return !piece.extent.file; });
    if (end != at) builder.add_files({at, end}, geometry.frame_bytes());
    if (end != pieces.end()) builder.add_fill(*end);
    at = end == pieces.end() ? end : end + 1;
  }
  out.count = count;
  out.height = geometry.height;
  out.width = geometry.width;
  out.dtype = geometry.dtype;
  builder.finish();
  return out;
}

bool ImageSequence::verify(std::uint64_t i) const {
  const auto& where = impl_->ref(i);
  const auto& geometry = impl_->group_of(where).geometry;
  (void)impl_->reader_for(i);  // before memory is taken by what a database says
  std::vector<std::byte> pixels(geometry.frame_bytes());
  catalog::read_frames(*impl_, {i, 1, 1}, frames::whole_of(geometry), frames::Check::always, pixels);
  return where.has_crc32c;
}

}  // namespace resonance
