#include "resonance/image_sequence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/image_sequence_impl.hpp"
#include "resonance/error.hpp"

namespace resonance {

ImageSequence::Impl::Impl(std::filesystem::path store, std::string run_uid, std::string field)
    : store_(std::move(store)), run_uid_(std::move(run_uid)), field_(std::move(field)) {}

void ImageSequence::Impl::add(const catalog::RefRow& row) {
  const frames::Geometry geometry{row.height, row.width, parse_dtype(row.dtype)};
  auto it = arrays_.empty() || arrays_.back().group != row.zarr_group
                ? std::find_if(arrays_.begin(), arrays_.end(), [&](const Array& array) { return array.group == row.zarr_group; })
                : arrays_.end() - 1;
  if (it != arrays_.end() && !(it->geometry == geometry))
    throw Error(ErrorCode::corrupt, fmt::format("image_refs gives {} two geometries: {} and {}", row.zarr_group,
                                                frames::to_string(it->geometry), frames::to_string(geometry)));
  if (it == arrays_.end()) it = arrays_.insert(it, Array{row.zarr_group, geometry, nullptr});
  refs_.push_back({static_cast<std::uint32_t>(it - arrays_.begin()), row.number, row.seq_num});
}

const ImageSequence::Impl::Ref& ImageSequence::Impl::ref(std::uint64_t i) const {
  if (i < refs_.size()) return refs_[i];
  throw Error(ErrorCode::not_found, fmt::format("there is no frame {}: {} of run {} has {} frames", i, field_, run_uid_, refs_.size()));
}

std::string ImageSequence::Impl::doing(std::uint64_t i) const {
  return fmt::format("reading frame {} of {} in run {}", i, field_, run_uid_);
}

std::shared_ptr<const frames::FrameArrayReader> ImageSequence::Impl::reader(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  auto& array = arrays_[number];
  if (array.reader) return array.reader;
  auto reader = std::make_shared<const frames::FrameArrayReader>(store_, array.group);
  if (!(reader->geometry() == array.geometry))
    throw Error(ErrorCode::corrupt,
                fmt::format("{} holds frames of {}, but image_refs says {}", reader->folder().string(),
                            frames::to_string(reader->geometry()), frames::to_string(array.geometry)),
                {.os_errno = 0, .file = reader->folder() / "zarr.json", .offset = {}, .database = false});
  array.reader = std::move(reader);
  return array.reader;
}

void ImageSequence::Impl::require_geometry(std::uint64_t i) const {
  try {
    (void)reader(ref(i).array);
  } catch (Error& error) {
    error.add_context(doing(i));
    throw;
  }
}

void ImageSequence::Impl::read(std::uint64_t i, std::span<std::byte> out) const {
  const auto& where = ref(i);
  try {
    reader(where.array)->read(where.number, out);
  } catch (Error& error) {
    error.add_context(doing(i));
    throw;
  }
}

std::uint64_t ImageSequence::size() const noexcept { return impl_->refs().size(); }
const std::string& ImageSequence::field() const noexcept { return impl_->field(); }

std::array<std::uint64_t, 3> ImageSequence::shape() const noexcept {
  if (empty()) return {0, 0, 0};
  const auto& first = impl_->arrays().front().geometry;
  return {size(), first.height, first.width};
}

DType ImageSequence::dtype() const noexcept { return empty() ? DType::uint16 : impl_->arrays().front().geometry.dtype; }

bool ImageSequence::uniform() const noexcept {
  const auto& arrays = impl_->arrays();
  return std::all_of(arrays.begin(), arrays.end(), [&](const auto& array) { return array.geometry == arrays.front().geometry; });
}

bool ImageSequence::mappable() const noexcept {
  try {
    for (std::uint32_t i = 0; i < impl_->arrays().size(); ++i)
      if (!impl_->reader(i)->mappable()) return false;
    return !empty();
  } catch (const Error&) {  // what cannot be opened cannot be mapped
    return false;
  }
}

std::uint64_t ImageSequence::seq_num(std::uint64_t i) const { return impl_->ref(i).seq_num; }
std::string ImageSequence::zarr_group(std::uint64_t i) const { return impl_->array_of(impl_->ref(i)).group; }

Frame ImageSequence::operator[](std::uint64_t i) const {
  const auto& geometry = impl_->array_of(impl_->ref(i)).geometry;
  impl_->require_geometry(i);  // before memory is taken by what a database says
  Frame out{std::vector<std::byte>(geometry.frame_bytes()), geometry.height, geometry.width, geometry.dtype};
  impl_->read(i, out.bytes);
  return out;
}

void ImageSequence::read(std::uint64_t first, std::uint64_t count, std::span<std::byte> out) const {
  if (count > size() || first > size() - count) (void)impl_->ref(std::max(size(), first));
  if (count == 0) return;
  const auto geometry = impl_->array_of(impl_->ref(first)).geometry;
  for (auto i = first; i < first + count; ++i)
    if (!(impl_->array_of(impl_->ref(i)).geometry == geometry))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("frames {} and {} of {} have different geometries; read them one by one", first, i, field()));
  const auto frame_bytes = geometry.frame_bytes();
  if (out.size() / count != frame_bytes || out.size() % count != 0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} frames of {} need {} bytes, not {}", count, frames::to_string(geometry), count * frame_bytes, out.size()));
  for (std::uint64_t i = 0; i < count; ++i) impl_->read(first + i, out.subspan(i * frame_bytes, frame_bytes));
}

MappedFrame ImageSequence::map(std::uint64_t i) const {
  const auto& where = impl_->ref(i);
  try {
    const auto mapped = impl_->reader(where.array)->map(where.number);
    const auto& geometry = impl_->array_of(where).geometry;
    return {{mapped.bytes, geometry.height, geometry.width, geometry.dtype}, mapped.mapping};
  } catch (Error& error) {
    error.add_context(impl_->doing(i));
    throw;
  }
}

}  // namespace resonance
