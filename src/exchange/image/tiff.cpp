// libtiff is C: an exception of the file is kept in the TiffClient while libtiff returns, and thrown again on our side. Handlers
// are set for each handle, as the global ones belong to the program that uses us.
#include "exchange/image/tiff.hpp"

#include <fmt/format.h>
#include <tiffio.h>

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <limits>
#include <vector>

#include "base/checked.hpp"
#include "exchange/image/pixels.hpp"
#include "resonance/error.hpp"

namespace resonance::image {

/// What libtiff's callbacks work on.
struct TiffClient {
  io::AtomicFile& file;
  std::uint64_t position = 0;
  std::exception_ptr failure = nullptr;
  char message[256] = {};  // libtiff's first
};

namespace {

/// After the first failure nothing touches the file any more, as libtiff would go on and make the cause unclear.
template <class Action>
tmsize_t guarded(thandle_t handle, const Action& action) noexcept {
  auto& client = *static_cast<TiffClient*>(handle);
  if (client.failure) return -1;
  try {
    const std::size_t done = action(client);
    client.position += done;
    return static_cast<tmsize_t>(done);
  } catch (...) {
    client.failure = std::current_exception();
    return -1;
  }
}

tmsize_t on_read(thandle_t handle, void* out, tmsize_t size) {
  return guarded(handle, [&](TiffClient& client) {
    return client.file.read_at(client.position, {static_cast<std::byte*>(out), static_cast<std::size_t>(size)});
  });
}

tmsize_t on_write(thandle_t handle, void* bytes, tmsize_t size) {
  return guarded(handle, [&](TiffClient& client) {
    const std::span all(static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size));
    client.file.write_all(client.position, all);
    return all.size();
  });
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {  // a negative offset comes as its two's complement
  auto& client = *static_cast<TiffClient*>(handle);
  const std::uint64_t base = whence == SEEK_END ? client.file.size() : whence == SEEK_CUR ? client.position : 0;
  return client.position = base + offset;
}

toff_t on_size(thandle_t handle) { return static_cast<TiffClient*>(handle)->file.size(); }

int on_close(thandle_t) { return 0; }  // the file is the caller's

int on_error(TIFF*, void* user, const char* module, const char* format, va_list values) {
  auto& message = static_cast<TiffClient*>(user)->message;
  if (message[0] == '\0') {
    const int used = std::snprintf(message, sizeof message, "%.60s: ", module == nullptr ? "libtiff" : module);
    std::vsnprintf(message + used, sizeof message - static_cast<std::size_t>(used), format, values);
  }
  return 1;  // handled: the global handler, which prints, is not asked
}

int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

TIFF* open_handle(TiffClient& client, bool big) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
  if (!options) return nullptr;
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &client);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, nullptr);
  return TIFFClientOpenExt("TIFF", big ? "w8" : "w4", &client, on_read, on_write, on_seek, on_close, on_size, nullptr, nullptr,
                           options.get());
}

int sample_format(DType dtype) noexcept {
  switch (dtype) {
    case DType::int8:
    case DType::int16:
    case DType::int32:
    case DType::int64:
      return SAMPLEFORMAT_INT;
    case DType::float16:
    case DType::float32:
    case DType::float64:
      return SAMPLEFORMAT_IEEEFP;
    default:
      return SAMPLEFORMAT_UINT;
  }
}

std::uint64_t stored_item_size(DType dtype) noexcept { return dtype == DType::float16 ? 4 : item_size(dtype); }

std::vector<float> widened(const FrameView& frame) {
  std::vector<float> out(frame.bytes.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = to_float(load<Half>(frame.bytes.data(), i));
  return out;
}

}  // namespace

void TiffWriter::Closer::operator()(tiff* handle) const noexcept { TIFFClose(handle); }

TiffWriter::TiffWriter(io::AtomicFile& file, bool big) : client_(new TiffClient{file}), handle_(open_handle(*client_, big)), big_(big) {
  if (!handle_) fail("begin the file");
}

TiffWriter::~TiffWriter() = default;

std::uint64_t TiffWriter::page_bytes_bound(std::uint64_t height, std::uint64_t width, DType dtype) noexcept {
  const std::uint64_t extents[] = {height, width, stored_item_size(dtype)};
  const auto pixels = checked_product(extents);
  constexpr std::uint64_t extra = 512;  // directory, padding, and the file header
  return pixels && *pixels < std::numeric_limits<std::uint64_t>::max() - extra ? *pixels + extra
                                                                               : std::numeric_limits<std::uint64_t>::max();
}

void TiffWriter::add_page(const FrameView& frame) {
  if (!handle_) throw Error(ErrorCode::invalid_state, "the TIFF file is closed; pages are added before that");
  require_whole(frame);
  constexpr std::uint64_t limit = std::numeric_limits<std::uint32_t>::max();
  if (frame.height > limit || frame.width > limit)
    throw Error(ErrorCode::invalid_argument, fmt::format("a frame of {} x {} is too large for TIFF", frame.height, frame.width));
  const std::uint64_t used = client_->file.size(), page = page_bytes_bound(frame.height, frame.width, frame.dtype);
  if (!big_ && (page > limit || used > limit - page))
    throw Error(ErrorCode::invalid_argument, "a classic TIFF file ends at 4 GiB; write BigTIFF");
  set_tags(frame);
  if (frame.dtype == DType::float16) {
    const auto pixels = widened(frame);
    write_strip(std::as_bytes(std::span(pixels)));
  } else {
    write_strip(frame.bytes);
  }
  if (TIFFWriteDirectory(handle_.get()) != 1) fail("write a page's directory");
}

void TiffWriter::set_tags(const FrameView& frame) {
  TIFF* const out = handle_.get();
  const auto height = static_cast<std::uint32_t>(frame.height), width = static_cast<std::uint32_t>(frame.width);
  const bool all = TIFFSetField(out, TIFFTAG_SUBFILETYPE, 0) == 1 && TIFFSetField(out, TIFFTAG_IMAGEWIDTH, width) == 1 &&
                   TIFFSetField(out, TIFFTAG_IMAGELENGTH, height) == 1 &&
                   TIFFSetField(out, TIFFTAG_BITSPERSAMPLE, static_cast<int>(stored_item_size(frame.dtype) * 8)) == 1 &&
                   TIFFSetField(out, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == 1 &&
                   TIFFSetField(out, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == 1 &&
                   TIFFSetField(out, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 && TIFFSetField(out, TIFFTAG_ROWSPERSTRIP, height) == 1 &&
                   TIFFSetField(out, TIFFTAG_SAMPLEFORMAT, sample_format(frame.dtype)) == 1;
  if (!all) fail("describe a page");
}

void TiffWriter::write_strip(std::span<const std::byte> pixels) {
  auto* const bytes = const_cast<std::byte*>(pixels.data());  // libtiff only reads them
  const auto size = static_cast<tmsize_t>(pixels.size());
  if (TIFFWriteRawStrip(handle_.get(), 0, bytes, size) != size) fail("write a page's pixels");  // raw: without a copy
}

void TiffWriter::close() {
  handle_.reset();
  if (client_->failure || client_->message[0] != '\0') fail("end the file");
}

void TiffWriter::fail(std::string_view doing) const {
  if (client_->failure) std::rethrow_exception(client_->failure);
  const std::string_view cause = client_->message[0] == '\0' ? "out of memory" : client_->message;
  throw Error(ErrorCode::internal, fmt::format("libtiff did not {}: {}; write the frames as .npy instead", doing, cause));
}

}  // namespace resonance::image
