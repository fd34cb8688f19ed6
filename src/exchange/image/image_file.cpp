// Frames of a sequence to a picture or array file, one frame in memory at a time.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

#include "base/text.hpp"
#include "exchange/image/npy.hpp"
#include "exchange/image/tiff.hpp"
#include "io/file_system.hpp"
#include "resonance/error.hpp"
#include "resonance/exchange.hpp"

namespace resonance {
namespace {

struct Range {
  const ImageSequence& images;
  std::uint64_t first;
  std::uint64_t count;
};

using FrameAction = std::function<void(const Frame&)>;

void for_each_frame(const Range& range, const Progress& progress, const FrameAction& action) {
  for (std::uint64_t i = 0; i < range.count; ++i) {
    action(range.images[range.first + i]);
    if (progress) progress(i + 1, range.count);
  }
}

void write_png(const Range& range, const ImageScaling& scaling, const Progress& progress, const ByteSink& sink) {
  for_each_frame(range, progress, [&](const Frame& frame) { sink(encode_png(frame.view(), scaling)); });
}

bool needs_big_tiff(const Range& range) {
  if (!range.images.uniform()) return true;  // sizes are known only as the frames come
  const auto [frames, height, width] = range.images.shape();
  const std::uint64_t page = image::TiffWriter::page_bytes_bound(height, width, range.images.dtype());
  return page > std::numeric_limits<std::uint32_t>::max() / range.count;
}

void write_tiff(const Range& range, const Progress& progress, io::AtomicFile& file) {
  image::TiffWriter writer(file, needs_big_tiff(range));
  for_each_frame(range, progress, [&](const Frame& frame) { writer.add_page(frame.view()); });
  writer.close();
}

void write_npy(const Range& range, const Progress& progress, const ByteSink& sink) {
  std::array<std::uint64_t, 3> shape{};
  DType dtype{};
  for_each_frame(range, progress, [&](const Frame& frame) {
    const std::array<std::uint64_t, 3> own{range.count, frame.height, frame.width};
    if (shape[0] == 0) {
      shape = own;
      dtype = frame.dtype;
      sink(image::npy_header(std::span(shape).last(range.count == 1 ? 2 : 3), dtype));
    }
    if (shape != own || dtype != frame.dtype)
      throw Error(ErrorCode::invalid_argument,
                  "frames of different shape or dtype cannot share one .npy array; write fewer frames, or a .tif");
    sink(frame.bytes);
  });
}

enum class Format { png, tiff, npy };

Format format_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (extension == ".png") return Format::png;
  if (extension == ".tif" || extension == ".tiff") return Format::tiff;
  if (extension == ".npy") return Format::npy;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("\"{}\" does not end in .png, .tif, .tiff or .npy, so its format is not known", printable(path.string(), 200)));
}

void require_range(const Range& range, Format format) {
  const std::uint64_t size = range.images.size();
  if (range.count == 0) throw Error(ErrorCode::invalid_argument, "no frames to write; ask for at least one");
  if (range.first > size || range.count > size - range.first)
    throw Error(ErrorCode::not_found, fmt::format("frames {} to {} of \"{}\" do not exist; there are {}, counted from 0", range.first,
                                                  range.first + (range.count - 1), range.images.field(), size));
  if (format == Format::png && range.count > 1)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a .png holds one frame, not {}; write them one by one, or as .tif or .npy", range.count));
}

}  // namespace

void write_image_file(const std::filesystem::path& path, const ImageSequence& images, std::uint64_t first, std::uint64_t count,
                      const ImageScaling& scaling, const Progress& progress) {
  const Format format = format_of(path);
  const Range range{images, first, count};
  require_range(range, format);
  try {
    io::AtomicFile out(path);
    const ByteSink sink = [&out](std::span<const std::byte> bytes) { out.write(bytes); };
    if (format == Format::png)
      write_png(range, scaling, progress, sink);
    else if (format == Format::tiff)
      write_tiff(range, progress, out);
    else
      write_npy(range, progress, sink);
    out.commit();
  } catch (Error& error) {
    error.add_context(fmt::format("writing {}", printable(path.string(), 200)));
    throw;
  }
}

}  // namespace resonance
