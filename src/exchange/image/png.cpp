// PNG through libpng, which reports errors by longjmp: nothing with a destructor lives in the function that calls setjmp.
#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "exchange/image/scaling.hpp"
#include "resonance/error.hpp"

namespace resonance {
namespace {

struct PngOutput {
  std::vector<std::byte>* bytes = nullptr;
  char message[160] = {};
};

void on_error(png_structp png, png_const_charp message) {
  auto* output = static_cast<PngOutput*>(png_get_error_ptr(png));
  std::strncpy(output->message, message, sizeof output->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_write(png_structp png, png_bytep data, std::size_t size) {
  auto* output = static_cast<PngOutput*>(png_get_io_ptr(png));
  bool enough_memory = true;
  try {
    const auto* begin = reinterpret_cast<const std::byte*>(data);
    output->bytes->insert(output->bytes->end(), begin, begin + size);
  } catch (...) {  // must not cross libpng's frames
    enough_memory = false;
  }
  if (!enough_memory) png_error(png, "out of memory");
}

/// \return false when libpng failed; output.message says why
bool write_grey(PngOutput& output, const std::uint8_t* grey, png_uint_32 width, png_uint_32 height) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &output, on_error, on_warning);
  if (png == nullptr) return false;
  png_infop info = png_create_info_struct(png);
  png_structp* const owner = &png;
  png_infop* const info_owner = &info;
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(owner, info_owner);
    return false;
  }
  png_set_write_fn(png, &output, on_write, nullptr);
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 2);  // noise does not compress: higher levels cost much and gain little
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info(png, info);
  for (png_uint_32 row = 0; row < height; ++row) png_write_row(png, grey + std::size_t{row} * width);
  png_write_end(png, info);
  png_destroy_write_struct(owner, info_owner);
  return true;
}

}  // namespace

std::vector<std::byte> encode_png(const FrameView& frame, const ImageScaling& scaling) {
  constexpr std::uint64_t limit = 0x7FFFFFFF;  // PNG specification, section 11.2.1
  if (frame.height > limit || frame.width > limit)
    throw Error(ErrorCode::invalid_argument, fmt::format("a frame of {} x {} is too large for PNG", frame.height, frame.width));
  const auto grey = image::grey_values(frame, scaling);
  std::vector<std::byte> bytes;
  bytes.reserve(grey.size() / 2 + 1024);
  PngOutput output{&bytes};
  if (!write_grey(output, grey.data(), static_cast<png_uint_32>(frame.width), static_cast<png_uint_32>(frame.height)))
    throw Error(ErrorCode::internal, fmt::format("encoding a PNG of {} x {}: libpng: {}", frame.height, frame.width,
                                                 output.message[0] != 0 ? output.message : "cannot start"));
  return bytes;
}

}  // namespace resonance
