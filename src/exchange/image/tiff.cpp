// A page is its directory (IFD), then its pixels as one strip, then padding to 8 bytes; the next page's directory follows.
// Uncompressed strips make all offsets known beforehand. TIFF 6.0, sections 2, 8 and 19; BigTIFF as libtiff documents it.
#include "exchange/image/tiff.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "base/checked.hpp"
#include "exchange/image/pixels.hpp"
#include "resonance/error.hpp"

namespace resonance::image {
namespace {

enum TagType : std::uint16_t { kShort = 3, kLong = 4, kLong8 = 16 };
enum SampleFormat : std::uint16_t { kUnsigned = 1, kSigned = 2, kFloat = 3 };

struct Tag {
  std::uint16_t number;
  TagType type;
  std::uint64_t value;
};
constexpr std::uint64_t kTags = 11;

constexpr std::uint64_t directory_bytes(bool big) { return big ? 8 + kTags * 20 + 8 : 2 + kTags * 12 + 4; }
constexpr std::uint64_t padded(std::uint64_t size) { return (size + 7) & ~std::uint64_t{7}; }

SampleFormat sample_format(DType dtype) noexcept {
  switch (dtype) {
    case DType::int8:
    case DType::int16:
    case DType::int32:
    case DType::int64:
      return kSigned;
    case DType::float16:
    case DType::float32:
    case DType::float64:
      return kFloat;
    default:
      return kUnsigned;
  }
}

std::uint64_t stored_item_size(DType dtype) noexcept { return dtype == DType::float16 ? 4 : item_size(dtype); }

/// Native-order bytes of numbers, put together.
class Packer {
 public:
  template <class T>
  void add(T value) {
    const auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void add_offset(std::uint64_t value, bool big) {
    if (big)
      add(value);
    else
      add(static_cast<std::uint32_t>(value));
  }
  /// The tag's one value, left-justified in a field of 4 or 8 bytes.
  void add_tag(const Tag& tag, bool big) {
    add(tag.number);
    add(static_cast<std::uint16_t>(tag.type));
    add_offset(1, big);
    const std::size_t end = bytes_.size() + (big ? 8 : 4);
    if (tag.type == kShort)
      add(static_cast<std::uint16_t>(tag.value));
    else if (tag.type == kLong)
      add(static_cast<std::uint32_t>(tag.value));
    else
      add(tag.value);
    bytes_.resize(end);
  }
  void pad_to(std::size_t size) { bytes_.resize(size); }
  [[nodiscard]] const std::vector<std::byte>& bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

std::vector<std::byte> file_header(bool big) {
  Packer header;
  header.add(std::endian::native == std::endian::little ? std::uint16_t{0x4949} : std::uint16_t{0x4D4D});
  header.add(big ? std::uint16_t{43} : std::uint16_t{42});
  if (big) {
    header.add(std::uint16_t{8});  // bytes of an offset
    header.add(std::uint16_t{0});
    header.add(std::uint64_t{16});
  } else {
    header.add(std::uint32_t{8});
  }
  return header.bytes();
}

std::vector<std::byte> directory(const FrameView& frame, bool big, std::uint64_t strip, std::uint64_t strip_bytes, std::uint64_t next) {
  const TagType offset_type = big ? kLong8 : kLong;
  const Tag tags[kTags] = {
      {254, kLong, 0},                                   // NewSubfileType: a full image
      {256, kLong, frame.width},                         // ImageWidth
      {257, kLong, frame.height},                        // ImageLength
      {258, kShort, stored_item_size(frame.dtype) * 8},  // BitsPerSample
      {259, kShort, 1},                                  // Compression: none
      {262, kShort, 1},                                  // PhotometricInterpretation: black is zero
      {273, offset_type, strip},                         // StripOffsets
      {277, kShort, 1},                                  // SamplesPerPixel
      {278, kLong, frame.height},                        // RowsPerStrip
      {279, offset_type, strip_bytes},                   // StripByteCounts
      {339, kShort, std::uint64_t{sample_format(frame.dtype)}},
  };
  Packer out;
  if (big)
    out.add(kTags);
  else
    out.add(static_cast<std::uint16_t>(kTags));
  for (const auto& tag : tags) out.add_tag(tag, big);
  out.add_offset(next, big);
  out.pad_to(padded(directory_bytes(big)));
  return out.bytes();
}

std::vector<std::byte> widened(const FrameView& frame) {
  Packer out;
  for (std::uint64_t i = 0; i < frame.bytes.size() / 2; ++i) out.add(to_float(load<Half>(frame.bytes.data(), i)));
  return out.bytes();
}

}  // namespace

TiffWriter::TiffWriter(ByteSink sink, bool big) : sink_(std::move(sink)), big_(big) {}

std::uint64_t TiffWriter::page_bytes_bound(std::uint64_t height, std::uint64_t width, DType dtype) noexcept {
  const std::uint64_t extents[] = {height, width, stored_item_size(dtype)};
  const auto pixels = checked_product(extents);
  constexpr std::uint64_t extra = 512;  // directory, padding, and the file header
  return pixels && *pixels < std::numeric_limits<std::uint64_t>::max() - extra ? *pixels + extra
                                                                               : std::numeric_limits<std::uint64_t>::max();
}

void TiffWriter::add_page(const FrameView& frame, bool last) {
  require_whole(frame);
  constexpr std::uint64_t limit = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t strip_bytes = frame.height * frame.width * stored_item_size(frame.dtype);
  if (frame.height > limit || frame.width > limit)
    throw Error(ErrorCode::invalid_argument, fmt::format("a frame of {} x {} is too large for TIFF", frame.height, frame.width));
  if (!big_ && strip_bytes + position_ + 512 > limit)
    throw Error(ErrorCode::invalid_argument, "a classic TIFF file ends at 4 GiB; write BigTIFF");
  if (position_ == 0) put(file_header(big_));
  const std::uint64_t strip = position_ + padded(directory_bytes(big_));
  const std::uint64_t next = last ? 0 : padded(strip + strip_bytes);
  put(directory(frame, big_, strip, strip_bytes, next));
  if (frame.dtype == DType::float16)
    put(widened(frame));
  else
    put(frame.bytes);
  static constexpr std::array<std::byte, 8> zeros{};
  put(std::span(zeros).first(padded(position_) - position_));
}

void TiffWriter::put(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  sink_(bytes);
  position_ += bytes.size();
}

}  // namespace resonance::image
